#include "workshop/models/picture_encoder.hpp"

#include <cstddef>
#include <vector>

#include <jpeglib.h> // takes for granted that <cstdio> came before it

namespace layerline::workshop {

namespace {

constexpr int quality = 90; // of 100

// What the library says goes through it as this; it is built with tables for that.
struct jpeg_trouble {};

[[noreturn]] void trouble(j_common_ptr)
{
    throw jpeg_trouble();
}

void quiet(j_common_ptr) {}

class jpeg final : public picture_encoder {
public:
    jpeg(std::FILE* to, std::uint32_t width, std::uint32_t height) : plain_(3UL * width)
    {
        writer_.err = jpeg_std_error(&errors_);
        errors_.error_exit = &trouble;
        errors_.output_message = &quiet;
        good_ = guarded([&] {
            jpeg_create_compress(&writer_);
            jpeg_stdio_dest(&writer_, to);
            writer_.image_width = width;
            writer_.image_height = height;
            writer_.input_components = 3;
            writer_.in_color_space = JCS_RGB;
            jpeg_set_defaults(&writer_);
            jpeg_set_quality(&writer_, quality, TRUE);
            jpeg_start_compress(&writer_, TRUE);
        });
    }
    ~jpeg() override { jpeg_destroy_compress(&writer_); }
    jpeg(const jpeg&) = delete;
    jpeg& operator=(const jpeg&) = delete;

    bool row(std::span<const std::uint8_t> pixels) override
    {
        for (std::size_t i = 0; i < plain_.size(); ++i)
            plain_[i] = pixels[i / 3 * 4 + i % 3];
        JSAMPROW bytes = plain_.data();
        good_ = good_ && guarded([&] { jpeg_write_scanlines(&writer_, &bytes, 1); });
        return good_;
    }

    bool finish() override
    {
        return good_ && guarded([&] { jpeg_finish_compress(&writer_); });
    }

private:
    template <class Work>
    static bool guarded(Work work)
    {
        try {
            work();
            return true;
        } catch (const jpeg_trouble&) {
            return false;
        }
    }

    jpeg_compress_struct writer_{};
    jpeg_error_mgr errors_{};
    bool good_ = false;
    std::vector<std::uint8_t> plain_;
};

} // namespace

std::unique_ptr<picture_encoder> jpeg_encoder(std::FILE* to, std::uint32_t width, std::uint32_t height)
{
    return std::make_unique<jpeg>(to, width, height);
}

} // namespace layerline::workshop
