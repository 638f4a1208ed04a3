#include "tests/workshop/shapes.hpp"
#include "workshop/models/picture_file.hpp"

#include <catch2/catch.hpp>
#include <png.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <jpeglib.h> // takes for granted that <cstdio> came before it
#include <unistd.h>

using namespace layerline::workshop;

namespace {

struct picture {
    std::size_t width = 0, height = 0;
    std::vector<std::uint8_t> pixels;
    std::uint8_t at(std::size_t x, std::size_t y, std::size_t part) const
    {
        return pixels.at(4 * (y * width + x) + part);
    }
    double opaque() const // pixels
    {
        double sum = 0;
        for (std::size_t i = 3; i < pixels.size(); i += 4)
            sum += pixels[i] / 255.0;
        return sum;
    }
};

picture drawn(const mesh& model, const raster_options& options)
{
    picture all{options.width, options.height, {}};
    REQUIRE(draw(model, options, [&all](std::span<const std::uint8_t> row) {
        all.pixels.insert(all.pixels.end(), row.begin(), row.end());
        return true;
    }));
    REQUIRE(all.pixels.size() == 4 * options.width * options.height);
    return all;
}

struct temporary_folder {
    std::string name = "/tmp/thumbnail_test.XXXXXX";
    temporary_folder() { REQUIRE(::mkdtemp(name.data()) != nullptr); }
    ~temporary_folder() { std::filesystem::remove_all(name); }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
};

} // namespace

TEST_CASE("a picture is the same on any number of threads, in one band and in several", "[thumbnail]")
{
    const auto model = shapes::torus(20, 8, 60);
    for (const std::size_t height : {std::size_t{50}, std::size_t{3000}}) {
        raster_options one;
        one.width = 700; // with 3000 rows more samples than a band has
        one.height = height;
        one.angles = {-30, 10, 45};
        one.threads = 1;
        auto many = one;
        many.threads = 5;
        CHECK(drawn(model, one).pixels == drawn(model, many).pixels);
    }
}

TEST_CASE("a sphere is drawn as a disc of the right area, from every side", "[thumbnail]")
{
    const auto sphere = shapes::sphere(10, 5);
    for (const auto& angles : {camera_angles{}, camera_angles{-30, 0, 45}, camera_angles{180, -90, 17}}) {
        const auto seen = drawn(sphere, {.width = 300, .height = 200, .angles = angles});
        const auto radius = 0.92 * 200 / 2;
        CHECK(seen.opaque() == Approx(3.14159265 * radius * radius).epsilon(0.005));
        CHECK(seen.at(150, 100, 3) == 255);
        CHECK(seen.at(0, 0, 3) == 0);
    }
}

TEST_CASE("a camera turns about X, then Y, then Z, from the front", "[thumbnail]")
{
    // Twice as long along X as along Y, three times as long along Z.
    const auto box = shapes::box(2, 1, 3);
    const auto shape = [&box](camera_angles angles) {
        const auto seen = drawn(box, {.width = 100, .height = 100, .angles = angles});
        return seen.opaque() / 92 / 92;
    };
    CHECK(shape({}) == Approx(2 / 3.0).epsilon(0.02));          // X and Z
    CHECK(shape({0, 0, 90}) == Approx(1 / 3.0).epsilon(0.02));  // Y and Z
    CHECK(shape({-90, 0, 0}) == Approx(1 / 2.0).epsilon(0.02)); // X and Y
    CHECK(shape({-90, 90, 0}) == Approx(1 / 3.0).epsilon(0.02));
    // From above, a post at the back is farther up; from the right, it is farther right.
    auto post = shapes::box(1, 1, 1);
    for (auto& at : post.points)
        at.y += 8;
    const auto both = shapes::together(shapes::box(4, 1, 1), post);
    const auto above = drawn(both, {.width = 90, .height = 90, .angles = {-90, 0, 0}});
    CHECK(above.at(31, 8, 3) == 255);
    CHECK(above.at(55, 8, 3) == 0);
    CHECK(above.at(55, 82, 3) == 255);
    const auto right = drawn(both, {.width = 90, .height = 90, .angles = {0, 0, 90}});
    CHECK(right.at(80, 45, 3) == 255);
    CHECK(right.at(45, 45, 3) == 0);
}

TEST_CASE("what is nearer hides what is behind it, and bands join without a seam", "[thumbnail]")
{
    // Many bands: a picture that is much wider than 64 MB allow at once.
    const auto sphere = shapes::sphere(10, 3);
    const auto seen = drawn(sphere, {.width = 10, .height = 10000});
    CHECK(seen.at(5, 5000, 3) == 255);
    const auto wide = drawn(sphere, {.width = 10000, .height = 500});
    const auto radius = 0.92 * 250;
    for (std::size_t y = 250 - 200; y < 250 + 200; ++y)
        REQUIRE(wide.at(5000, y, 3) == 255);
    CHECK(wide.opaque() == Approx(3.14159265 * radius * radius).epsilon(0.03));
    const auto front = drawn(shapes::box(10, 10, 10), {.width = 60, .height = 60});
    for (std::size_t part = 0; part < 3; ++part)
        CHECK(front.at(20, 20, part) == front.at(40, 40, part)); // one flat face is all there is to see
}

TEST_CASE("pictures are written as PNG and as JPEG, with the background that was asked for", "[thumbnail]")
{
    const temporary_folder folder;
    const auto sphere = shapes::sphere(10, 3);
    const auto quiet = [](double) {};
    const auto png = folder.name + "/a.png";
    REQUIRE(write_picture(png, sphere, {.width = 64, .height = 48}, "png", quiet).has_value());
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    REQUIRE(png_image_begin_read_from_file(&image, png.c_str()) != 0);
    image.format = PNG_FORMAT_RGBA;
    CHECK(image.width == 64);
    CHECK(image.height == 48);
    std::vector<std::uint8_t> pixels(PNG_IMAGE_SIZE(image));
    REQUIRE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr) != 0);
    CHECK(pixels == drawn(sphere, {.width = 64, .height = 48}).pixels);

    const auto jpeg = folder.name + "/a.jpg";
    REQUIRE(write_picture(jpeg, sphere, {.width = 64, .height = 48, .background = background_of("grey")},
                          "jpeg", quiet)
                .has_value());
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> from(std::fopen(jpeg.c_str(), "rb"), &std::fclose);
    REQUIRE(from);
    jpeg_decompress_struct reader{};
    jpeg_error_mgr errors{};
    reader.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&reader);
    jpeg_stdio_src(&reader, from.get());
    REQUIRE(jpeg_read_header(&reader, TRUE) == JPEG_HEADER_OK);
    jpeg_start_decompress(&reader);
    CHECK(reader.output_width == 64);
    CHECK(reader.output_height == 48);
    std::vector<std::uint8_t> row(3 * 64);
    JSAMPROW into = row.data();
    REQUIRE(jpeg_read_scanlines(&reader, &into, 1) == 1);
    CHECK(std::abs(row[0] - 128) < 4);
    jpeg_destroy_decompress(&reader);

    CHECK(write_picture(folder.name + "/none/a.png", sphere, {.width = 64, .height = 48}, "png", quiet)
              .error()
              .code == model_errc::server_error);
    std::size_t files = 0;
    for (const auto& each : std::filesystem::directory_iterator(folder.name))
        files += each.is_regular_file() ? 1 : 0;
    CHECK(files == 2);
}
