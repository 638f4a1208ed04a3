#include "workshop/models/picture_encoder.hpp"

#include <png.h>

#include <new>
#include <vector>

namespace layerline::workshop {

namespace {

constexpr int quick = 3; // of zlib's nine levels

// What the library says goes through it as this; it is built with tables for that.
struct png_trouble {};

[[noreturn]] void trouble(png_structp, png_const_charp)
{
    throw png_trouble();
}

void quiet(png_structp, png_const_charp) {}

class png final : public picture_encoder {
public:
    png(std::FILE* to, std::uint32_t width, std::uint32_t height, bool transparent)
        : transparent_(transparent), plain_(transparent ? 0 : 3UL * width)
    {
        writer_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, &trouble, &quiet);
        if (writer_ == nullptr) throw std::bad_alloc();
        about_ = png_create_info_struct(writer_);
        good_ = about_ != nullptr && guarded([&] {
                    png_init_io(writer_, to);
                    png_set_IHDR(writer_, about_, width, height, 8,
                                 transparent ? PNG_COLOR_TYPE_RGB_ALPHA : PNG_COLOR_TYPE_RGB,
                                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
                    png_set_compression_level(writer_, quick);
                    png_set_filter(writer_, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
                    png_write_info(writer_, about_);
                });
    }
    ~png() override { png_destroy_write_struct(&writer_, &about_); }
    png(const png&) = delete;
    png& operator=(const png&) = delete;

    bool row(std::span<const std::uint8_t> pixels) override
    {
        for (std::size_t i = 0; i < plain_.size(); ++i)
            plain_[i] = pixels[i / 3 * 4 + i % 3];
        const auto* const bytes = transparent_ ? pixels.data() : plain_.data();
        good_ = good_ && guarded([&] { png_write_row(writer_, bytes); });
        return good_;
    }

    bool finish() override
    {
        return good_ && guarded([&] { png_write_end(writer_, nullptr); });
    }

private:
    template <class Work>
    static bool guarded(Work work)
    {
        try {
            work();
            return true;
        } catch (const png_trouble&) {
            return false;
        }
    }

    png_structp writer_ = nullptr;
    png_infop about_ = nullptr;
    bool transparent_, good_ = false;
    std::vector<std::uint8_t> plain_;
};

} // namespace

std::unique_ptr<picture_encoder> png_encoder(std::FILE* to, std::uint32_t width, std::uint32_t height,
                                             bool transparent)
{
    return std::make_unique<png>(to, width, height, transparent);
}

} // namespace layerline::workshop
