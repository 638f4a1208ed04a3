// A folder of a test's own that vanishes with it.
#pragma once

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace layerline::fakes {

struct scratch_folder {
    std::filesystem::path at;

    scratch_folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "layerline-test-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()));
        at = name;
    }
    ~scratch_folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(at, ignored);
    }
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;

    std::size_t files_in(const std::string& below) const
    {
        std::size_t count = 0;
        for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator(at / below))
            ++count;
        return count;
    }
    void put(const std::string& below, const std::string& text) const
    {
        std::ofstream(at / below, std::ios::binary | std::ios::trunc) << text;
    }
    std::string text_of(const std::string& below) const
    {
        std::ifstream in(at / below, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
};

} // namespace layerline::fakes
