#include "workshop/models/picture_file.hpp"

#include "workshop/models/picture_encoder.hpp"

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace layerline::workshop {

namespace {

constexpr colour white{255, 255, 255}, grey{128, 128, 128}, black{0, 0, 0};

bool drawn(std::FILE* to, const mesh& model, const raster_options& options, std::string_view format,
           const std::function<void(double)>& progress)
{
    const auto width = static_cast<std::uint32_t>(options.width),
               height = static_cast<std::uint32_t>(options.height);
    const auto encoder = format == "jpeg" ? jpeg_encoder(to, width, height)
                                          : png_encoder(to, width, height, !options.background);
    std::size_t rows = 0;
    const auto take = [&](std::span<const std::uint8_t> pixels) {
        if (++rows % 64 == 0) progress(static_cast<double>(rows) / static_cast<double>(options.height));
        return encoder->row(pixels);
    };
    return draw(model, options, take) && encoder->finish();
}

} // namespace

std::optional<colour> background_of(std::string_view name)
{
    if (name == "white") return white;
    if (name == "grey") return grey;
    if (name == "black") return black;
    return std::nullopt;
}

model_result<void> write_picture(const std::filesystem::path& file, const mesh& model, raster_options options,
                                 std::string_view format, const std::function<void(double)>& progress,
                                 durability how)
{
    if (format == "jpeg" && !options.background) options.background = white;
    auto temporary = file.string() + ".XXXXXX";
    const int number = ::mkostemp(temporary.data(), O_CLOEXEC);
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> to(number >= 0 ? ::fdopen(number, "wb") : nullptr,
                                                       &std::fclose);
    if (to && drawn(to.get(), model, options, format, progress) && std::fflush(to.get()) == 0 &&
        ::fchmod(number, usual_mode()) == 0 && (how == durability::passing || ::fsync(number) == 0) &&
        std::fclose(to.release()) == 0 && ::rename(temporary.c_str(), file.c_str()) == 0)
        return {};
    auto why = file.string() + " cannot be written: " + std::generic_category().message(errno) + ".";
    if (number >= 0) ::unlink(temporary.c_str());
    return model_failure{model_errc::server_error, std::move(why)};
}

} // namespace layerline::workshop
