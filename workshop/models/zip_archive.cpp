#include "workshop/models/zip_archive.hpp"

#include "workshop/models/import_limits.hpp"
#include "workshop/models/model_words.hpp"
#include "workshop/models/zip_writer.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <initializer_list>

namespace layerline::workshop {

namespace {

using namespace std::string_view_literals; // NOLINT(google-build-using-namespace): of literals only

constexpr std::string_view local_mark = "PK\x03\x04"sv, directory_mark = "PK\x01\x02"sv,
                           end_mark = "PK\x05\x06"sv;
constexpr std::size_t local_size = 30, directory_size = 46, end_size = 22, longest_comment = 65535;
constexpr std::uint64_t elsewhere = 0xffffffff; // the number stands in the extra field
constexpr std::uint16_t stored = 0, deflated = 8, encrypted_flag = 1, long_numbers = 1;

// Little-endian; 0 beyond the end.
std::uint64_t number(std::string_view bytes, std::size_t at, std::size_t size)
{
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size && at + i < bytes.size(); ++i)
        value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[at + i])) << 8 * i;
    return value;
}

// Of the numbers that do not fit in 32 bits, in the order in which they are missing.
void take_long_numbers(std::string_view extra, std::initializer_list<std::uint64_t*> numbers)
{
    while (extra.size() >= 4) {
        const auto size = static_cast<std::size_t>(number(extra, 2, 2));
        if (number(extra, 0, 2) == long_numbers) {
            std::size_t at = 4;
            for (auto* const one : numbers)
                if (*one == elsewhere && at + 8 <= std::min(extra.size(), 4 + size)) {
                    *one = number(extra, at, 8);
                    at += 8;
                }
            return;
        }
        extra.remove_prefix(std::min(extra.size(), 4 + size));
    }
}

class inflater {
public:
    inflater() { good_ = inflateInit2(&stream_, -MAX_WBITS) == Z_OK; }
    ~inflater() { inflateEnd(&stream_); }
    inflater(const inflater&) = delete;
    inflater& operator=(const inflater&) = delete;

    // The next piece; empty at the end, nothing where the data is damaged.
    std::optional<std::string_view> next(std::string_view& packed)
    {
        if (!good_ || ended_) return good_ ? std::optional<std::string_view>("") : std::nullopt;
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data())); // NOLINT: it only reads
        stream_.avail_in = static_cast<uInt>(std::min<std::size_t>(packed.size(), 1U << 30U));
        const auto before = stream_.avail_in;
        stream_.next_out = reinterpret_cast<Bytef*>(buffer_.data());
        stream_.avail_out = static_cast<uInt>(buffer_.size());
        const auto state = inflate(&stream_, Z_NO_FLUSH);
        packed.remove_prefix(before - stream_.avail_in);
        ended_ = state == Z_STREAM_END;
        const auto made = buffer_.size() - stream_.avail_out;
        if (state != Z_OK && !ended_) return std::nullopt;
        if (made == 0 && !ended_) return std::nullopt; // cut off
        return std::string_view(buffer_.data(), made);
    }

private:
    z_stream stream_{};
    bool good_ = false, ended_ = false;
    std::array<char, 65536> buffer_{};
};

std::uint32_t checksum_of(std::uint32_t so_far, std::string_view bytes)
{
    return static_cast<std::uint32_t>(
        crc32_z(so_far, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

model_failure explodes(const std::string& what)
{
    return {model_errc::not_convertible, "The archive is too large unpacked: " + what};
}

} // namespace

bool looks_like_zip(std::string_view bytes)
{
    return bytes.starts_with(local_mark) || bytes.starts_with(end_mark);
}

model_result<zip_archive> zip_archive::open(std::string_view bytes, const zip_limits& limits)
{
    const auto tail =
        bytes.size() > end_size + longest_comment ? bytes.size() - end_size - longest_comment : 0;
    const auto end = bytes.rfind(end_mark);
    if (end == std::string_view::npos || end < tail || bytes.size() - end < end_size)
        return unreadable("The archive has no directory at its end. It may be cut off.");
    const auto count = number(bytes, end + 10, 2);
    if (count > limits.entries)
        return model_failure{model_errc::not_convertible, "The archive has " + std::to_string(count) +
                                                              " entries; at most " +
                                                              std::to_string(limits.entries) + " are taken."};
    zip_archive found;
    found.bytes_ = bytes;
    found.limits_ = limits;
    auto at = number(bytes, end + 16, 4);
    for (std::uint64_t i = 0; i < count; ++i) {
        if (at > bytes.size() || bytes.size() - at < directory_size ||
            bytes.substr(at, directory_mark.size()) != directory_mark)
            return unreadable("The archive's directory breaks off at entry " + std::to_string(i + 1) +
                              " of " + std::to_string(count) + ".");
        const auto head = bytes.substr(at);
        const auto name_size = number(head, 28, 2), extra_size = number(head, 30, 2),
                   text_size = number(head, 32, 2);
        if (head.size() < directory_size + name_size + extra_size + text_size)
            return unreadable("The archive's directory is cut off.");
        entry one;
        one.flags = static_cast<std::uint16_t>(number(head, 8, 2));
        one.method = static_cast<std::uint16_t>(number(head, 10, 2));
        one.checksum = static_cast<std::uint32_t>(number(head, 16, 4));
        one.packed = number(head, 20, 4);
        one.unpacked = number(head, 24, 4);
        one.at = number(head, 42, 4);
        take_long_numbers(head.substr(directory_size + name_size, extra_size),
                          {&one.unpacked, &one.packed, &one.at});
        found.entries_.try_emplace(std::string(head.substr(directory_size, name_size)), one);
        at += directory_size + name_size + extra_size + text_size;
    }
    return found;
}

std::optional<std::string> zip_archive::ending_with(std::string_view lower) const
{
    for (const auto& [name, about] : entries_)
        if (name.size() >= lower.size() &&
            same_word(std::string_view(name).substr(name.size() - lower.size()), lower))
            return name;
    return std::nullopt;
}

model_result<void> zip_archive::read(const std::string& name,
                                     const std::function<model_result<void>(std::string_view)>& take)
{
    const auto found = entries_.find(name);
    if (found == entries_.end()) return unreadable("The archive has no \"" + name.substr(0, 200) + "\".");
    const auto& one = found->second;
    const auto damaged = [&name] {
        return unreadable("\"" + name.substr(0, 200) + "\" in the archive is damaged.");
    };
    if ((one.flags & encrypted_flag) != 0) return unreadable("The archive is encrypted.");
    if (one.method != stored && one.method != deflated)
        return unreadable("The archive is packed in a way that is not known here.");
    if (one.at > bytes_.size() || bytes_.size() - one.at < local_size ||
        bytes_.substr(one.at, local_mark.size()) != local_mark)
        return damaged();
    const auto begin = one.at + local_size + number(bytes_, one.at + 26, 2) + number(bytes_, one.at + 28, 2);
    if (begin > bytes_.size() || bytes_.size() - begin < one.packed) return damaged();
    auto packed = bytes_.substr(begin, one.packed);
    std::uint64_t unpacked = 0;
    auto checksum = checksum_of(0, {});
    // Sizes are counted, not believed.
    const auto piece = [&](std::string_view bytes) -> model_result<void> {
        unpacked += bytes.size();
        read_ += bytes.size();
        if (read_ > limits_.bytes) return explodes("over " + std::to_string(limits_.bytes) + " bytes.");
        if (unpacked > limits_.any_ratio && unpacked / limits_.ratio > one.packed)
            return explodes("over " + std::to_string(limits_.ratio) + " times as much as packed.");
        checksum = checksum_of(checksum, bytes);
        return take(bytes);
    };
    if (one.method == stored) {
        if (const auto done = piece(packed); done.has_error()) return done.error();
    } else {
        inflater unpacker;
        for (;;) {
            const auto bytes = unpacker.next(packed);
            if (!bytes) return damaged();
            if (bytes->empty()) break;
            if (const auto done = piece(*bytes); done.has_error()) return done.error();
        }
    }
    if (unpacked != one.unpacked || checksum != one.checksum) return damaged();
    return {};
}

std::string zipped(const std::vector<zip_part>& parts)
{
    std::string out;
    zip_writer writer([&out](std::string_view bytes) {
        out += bytes;
        return true;
    });
    for (const auto& part : parts)
        writer.add(part.name, part.bytes);
    writer.finish();
    return out;
}

} // namespace layerline::workshop
