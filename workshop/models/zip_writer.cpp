#include "workshop/models/zip_writer.hpp"

#include <zlib.h>

#include <limits>

namespace layerline::workshop {

namespace {

using namespace std::string_view_literals; // NOLINT(google-build-using-namespace): of literals only

constexpr std::string_view local_mark = "PK\x03\x04"sv, directory_mark = "PK\x01\x02"sv,
                           end_mark = "PK\x05\x06"sv;
constexpr std::size_t most_entries = 65'535;
constexpr std::uint64_t most_bytes = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint16_t stored = 0, deflated = 8;

void append(std::string& to, std::uint64_t value, std::size_t size)
{
    for (std::size_t i = 0; i < size; ++i)
        to += static_cast<char>(value >> 8 * i & 0xffU);
}

std::string deflated_bytes(std::string_view bytes, packing how)
{
    z_stream stream{};
    if (deflateInit2(&stream, static_cast<int>(how), Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return {};
    std::string packed(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data())); // NOLINT: it only reads
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

} // namespace

bool zip_writer::put(std::string_view bytes)
{
    written_ += bytes.size();
    good_ = good_ && written_ <= most_bytes && take_(bytes);
    return good_;
}

bool zip_writer::add(std::string_view name, std::string_view bytes, packing how)
{
    if (!good_ || entries_ == most_entries || bytes.size() > most_bytes) return good_ = false;
    const bool as_it_is = how == packing::none;
    const auto deflated_now = as_it_is ? std::string() : deflated_bytes(bytes, how);
    const std::string_view packed = as_it_is ? bytes : std::string_view(deflated_now);
    const auto checksum =
        ::crc32_z(::crc32(0, nullptr, 0), reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    std::string about;
    append(about, 20, 2); // version of the format
    append(about, 0, 2);
    append(about, as_it_is ? stored : deflated, 2);
    append(about, 0, 2);
    append(about, 0x21, 2); // the first of January 1980: the same bytes each time
    append(about, checksum, 4);
    append(about, packed.size(), 4);
    append(about, bytes.size(), 4);
    append(about, name.size(), 2);
    append(about, 0, 2);
    directory_ += directory_mark;
    append(directory_, 20, 2);
    directory_ += about;
    append(directory_, 0, 8); // no comment, one disk, no attributes
    append(directory_, 0, 2);
    append(directory_, written_, 4);
    directory_ += name;
    ++entries_;
    return put(local_mark) && put(about) && put(name) && put(packed);
}

bool zip_writer::finish()
{
    const auto at = written_;
    std::string end(end_mark);
    append(end, 0, 4);
    append(end, entries_, 2);
    append(end, entries_, 2);
    append(end, directory_.size(), 4);
    append(end, at, 4);
    append(end, 0, 2);
    return put(directory_) && put(end);
}

} // namespace layerline::workshop
