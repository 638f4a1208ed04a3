// PNG and JPEG, row by row to a file that is open.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>

namespace layerline::workshop {

class picture_encoder {
public:
    picture_encoder() = default;
    virtual ~picture_encoder() = default;
    picture_encoder(const picture_encoder&) = delete;
    picture_encoder& operator=(const picture_encoder&) = delete;
    // Red, green, blue and opacity of each pixel. False if it could not be written: no more is taken then.
    virtual bool row(std::span<const std::uint8_t> pixels) = 0;
    virtual bool finish() = 0;
};

// Only PNG has transparency.
std::unique_ptr<picture_encoder> png_encoder(std::FILE* to, std::uint32_t width, std::uint32_t height,
                                             bool transparent);
std::unique_ptr<picture_encoder> jpeg_encoder(std::FILE* to, std::uint32_t width, std::uint32_t height);

} // namespace layerline::workshop
