#include "workshop/models/model_file.hpp"

#include "workshop/models/model_words.hpp"
#include "workshop/models/shares.hpp"
#include "workshop/models/stl.hpp"
#include "workshop/models/units.hpp"
#include "workshop/models/weld.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace layerline::workshop {

namespace {

class descriptor {
public:
    explicit descriptor(int number) : number_(number) {}
    ~descriptor()
    {
        if (number_ >= 0) ::close(number_);
    }
    descriptor(descriptor&& from) noexcept : number_(std::exchange(from.number_, -1)) {}
    descriptor& operator=(descriptor&&) = delete;
    int number() const { return number_; }
    // False if what was written may not be there.
    bool close() { return ::close(std::exchange(number_, -1)) == 0; }

private:
    int number_;
};

std::string reason()
{
    return std::generic_category().message(errno);
}

bool write_all(int to, std::string_view bytes, std::uint64_t offset)
{
    while (!bytes.empty()) {
        const auto put = ::pwrite(to, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(put));
        offset += static_cast<std::uint64_t>(put);
    }
    return true;
}

// How many bytes there were, at most as many as `into` has; nothing if they cannot be read.
std::optional<std::size_t> read_from(int from, std::uint64_t offset, std::span<char> into)
{
    std::size_t have = 0;
    while (have < into.size()) {
        const auto got =
            ::pread(from, into.data() + have, into.size() - have, static_cast<off_t>(offset + have));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::nullopt;
        if (got == 0) break;
        have += static_cast<std::size_t>(got);
    }
    return have;
}

// A file that is there, and its size.
class opened_file {
public:
    static model_result<opened_file> open(const std::filesystem::path& file, std::size_t most)
    {
        opened_file made(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        struct stat about {};
        if (made.number() < 0 || ::fstat(made.number(), &about) != 0)
            return model_failure{model_errc::file_not_found, file.string() + ": " + reason() + "."};
        if (!S_ISREG(about.st_mode))
            return model_failure{model_errc::file_not_found, file.string() + " is no file."};
        made.size_ = static_cast<std::size_t>(about.st_size);
        if (made.size_ > most)
            return model_failure{model_errc::file_too_big,
                                 file.string() + " has " + std::to_string(made.size_) + " bytes; at most " +
                                     std::to_string(most) + " are taken."};
        return made;
    }
    int number() const { return from_.number(); }
    std::size_t size() const { return size_; }

    model_result<std::string> all(const std::filesystem::path& name) const
    {
        std::string bytes(size_, '\0');
        const auto have = read_from(number(), 0, bytes);
        if (!have) return model_failure{model_errc::server_error, name.string() + ": " + reason() + "."};
        bytes.resize(*have); // it may have become shorter meanwhile
        return bytes;
    }

private:
    explicit opened_file(int number) : from_(number) {}
    descriptor from_;
    std::size_t size_ = 0;
};

// Puts what `write` writes at `file`; that is asked with the descriptor.
template <class Write>
model_result<void> write_whole(const std::filesystem::path& file, durability how, const Write& write)
{
    auto temporary = file.string() + ".XXXXXX";
    descriptor to(::mkostemp(temporary.data(), O_CLOEXEC));
    const auto failed = [&]() -> model_failure {
        auto why = file.string() + " cannot be written: " + reason() + ".";
        if (to.number() >= 0) ::unlink(temporary.c_str());
        return {model_errc::server_error, std::move(why)};
    };
    if (to.number() < 0) return failed();
    if (!write(to.number()) || ::fchmod(to.number(), usual_mode()) != 0 ||
        (how == durability::lasting && ::fsync(to.number()) != 0) ||
        ::rename(temporary.c_str(), file.c_str()) != 0)
        return failed();
    if (!to.close()) return model_failure{model_errc::server_error, file.string() + ": " + reason() + "."};
    return {};
}

// In pieces, each as soon as it is made: the whole file's bytes are nowhere at once.
bool write_binary_stl(int to, const mesh& model, unsigned threads)
{
    constexpr std::size_t triangles_a_share = 8192; // some 400 KB
    constexpr auto share_bytes = triangles_a_share * stl_triangle_bytes;
    const auto count = model.triangles.size();
    const auto head = binary_stl_head(count);
    if (!write_all(to, {head.data(), head.size()}, 0)) return false;
    std::vector<char> buffers(meant(threads) * std::min(share_bytes, count * stl_triangle_bytes));
    std::atomic<int> fault{0};
    in_shares(count, triangles_a_share, threads, [&](std::size_t first, std::size_t end, unsigned worker) {
        const std::span rows(buffers.data() + worker * share_bytes, (end - first) * stl_triangle_bytes);
        if (fault != 0) return;
        put_binary_stl(model, first, rows);
        if (!write_all(to, {rows.data(), rows.size()}, stl_head_bytes + first * stl_triangle_bytes))
            fault = errno != 0 ? errno : EIO;
    });
    errno = fault;
    return fault == 0;
}

// Binary STL is read in pieces; with `welded` its points become one at once where they are in mm already.
std::optional<model_result<mesh>> read_in_pieces(const opened_file& from, double unit, unsigned threads,
                                                 bool welded)
{
    std::array<char, stl_head_bytes> head{};
    if (read_from(from.number(), 0, head) != head.size() || !is_binary_stl(head, from.size()))
        return std::nullopt;
    const auto read = [&from](std::uint64_t offset, std::span<char> into) {
        return read_from(from.number(), offset, into) == into.size();
    };
    if (welded && unit == 1)
        if (auto model = welded_binary_stl(head, read, {}, threads)) return *std::move(model);
    auto model = read_binary_stl(head, read, {}, threads);
    if (model.has_value())
        if (auto scaled = scale_to_millimetres(*model, unit); scaled.has_error()) return scaled.error();
    if (model.has_value() && welded) weld_equal(*model, threads);
    return model;
}

model_result<mesh> loaded(const std::filesystem::path& file, std::string_view units, std::size_t most,
                          unsigned threads, bool welded)
{
    const auto unit = millimetres(units);
    if (unit.has_error()) return unit.error();
    const auto from = opened_file::open(file, most);
    if (from.has_error()) return from.error();
    if (auto model = read_in_pieces(*from, *unit, threads, welded)) return *std::move(model);
    const auto bytes = from->all(file);
    if (bytes.has_error()) return bytes.error();
    auto model = read_model(*bytes);
    if (model.has_error()) return model;
    if (!tells_its_unit(*bytes))
        if (auto scaled = scale_to_millimetres(*model, *unit); scaled.has_error()) return scaled.error();
    // Some formats may have points that no triangle uses.
    if (welded || model->points.size() != 3 * model->triangles.size()) weld_equal(*model, threads);
    return model;
}

} // namespace

model_result<std::string> read_model_file(const std::filesystem::path& file, std::size_t most)
{
    const auto from = opened_file::open(file, most);
    if (from.has_error()) return from.error();
    return from->all(file);
}

model_result<mesh> load_triangles(const std::filesystem::path& file, std::string_view units, std::size_t most,
                                  unsigned threads)
{
    return loaded(file, units, most, threads, false);
}

model_result<mesh> load_model(const std::filesystem::path& file, std::string_view units, std::size_t most,
                              unsigned threads)
{
    return loaded(file, units, most, threads, true);
}

model_result<void> write_model_file(const std::filesystem::path& file, std::string_view bytes, durability how)
{
    return write_whole(file, how, [bytes](int to) { return write_all(to, bytes, 0); });
}

model_result<void> write_model(const std::filesystem::path& file, const mesh& model, std::string_view format,
                               unsigned threads)
{
    if (same_word(format, "stl"))
        return write_whole(file, durability::lasting,
                           [&](int to) { return write_binary_stl(to, model, threads); });
    const auto bytes = exported(model, format);
    if (bytes.has_error()) return bytes.error();
    return write_model_file(file, *bytes);
}

} // namespace layerline::workshop
