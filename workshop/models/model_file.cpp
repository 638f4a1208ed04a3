#include "workshop/models/model_file.hpp"

#include "workshop/models/units.hpp"
#include "workshop/models/weld.hpp"

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

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
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
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

bool write_all(int to, std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto put = ::write(to, bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
}

} // namespace

model_result<std::string> read_model_file(const std::filesystem::path& file, std::size_t most)
{
    const descriptor from(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat about {};
    if (from.number() < 0 || ::fstat(from.number(), &about) != 0)
        return model_failure{model_errc::file_not_found, file.string() + ": " + reason() + "."};
    if (!S_ISREG(about.st_mode))
        return model_failure{model_errc::file_not_found, file.string() + " is no file."};
    if (static_cast<std::size_t>(about.st_size) > most)
        return model_failure{model_errc::file_too_big,
                             file.string() + " has " + std::to_string(about.st_size) + " bytes; at most " +
                                 std::to_string(most) + " are taken."};
    std::string bytes(static_cast<std::size_t>(about.st_size), '\0');
    std::size_t have = 0;
    while (have < bytes.size()) {
        const auto got = ::read(from.number(), bytes.data() + have, bytes.size() - have);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return model_failure{model_errc::server_error, file.string() + ": " + reason() + "."};
        if (got == 0) break; // it became shorter meanwhile
        have += static_cast<std::size_t>(got);
    }
    bytes.resize(have);
    return bytes;
}

model_result<mesh> load_triangles(const std::filesystem::path& file, std::string_view units, std::size_t most)
{
    const auto size = millimetres(units);
    if (size.has_error()) return size.error();
    const auto bytes = read_model_file(file, most);
    if (bytes.has_error()) return bytes.error();
    auto model = read_model(*bytes);
    if (model.has_error()) return model;
    if (!tells_its_unit(*bytes))
        if (auto scaled = scale_to_millimetres(*model, *size); scaled.has_error()) return scaled.error();
    // Others may have points that no triangle uses.
    if (model->points.size() != 3 * model->triangles.size()) weld_equal(*model);
    return model;
}

model_result<mesh> load_model(const std::filesystem::path& file, std::string_view units, std::size_t most)
{
    auto model = load_triangles(file, units, most);
    if (model.has_value() && model->points.size() == 3 * model->triangles.size()) weld_equal(*model);
    return model;
}

model_result<void> write_model_file(const std::filesystem::path& file, std::string_view bytes)
{
    auto temporary = file.string() + ".XXXXXX";
    descriptor to(::mkostemp(temporary.data(), O_CLOEXEC));
    const auto failed = [&]() -> model_failure {
        auto why = file.string() + " cannot be written: " + reason() + ".";
        if (to.number() >= 0) ::unlink(temporary.c_str());
        return {model_errc::server_error, std::move(why)};
    };
    if (to.number() < 0) return failed();
    const auto mask = ::umask(0); // mkostemp() gives 0600; a file that a person asked for has the usual mode
    ::umask(mask);
    if (!write_all(to.number(), bytes) || ::fchmod(to.number(), 0666 & ~mask) != 0 ||
        ::fsync(to.number()) != 0 || ::rename(temporary.c_str(), file.c_str()) != 0)
        return failed();
    if (!to.close()) return model_failure{model_errc::server_error, file.string() + ": " + reason() + "."};
    return {};
}

} // namespace layerline::workshop
