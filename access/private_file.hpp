// Small files that only their owner may read, written so that a power cut leaves the old or the new one.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace layerline::access {

struct private_file {
    std::string content;
    bool exposed = false; // group or others have any right to it
};

// errc::no_such_file_or_directory if there is none; errc::file_too_large past `limit` bytes.
boost::system::result<private_file> read_private_file(const std::filesystem::path& file, std::size_t limit);
// Mode 0600, under a temporary name first, then fsync, rename, and fsync of the folder.
boost::system::error_code write_private_file(const std::filesystem::path& file, std::string_view content);

// A file descriptor that closes itself.
class descriptor {
public:
    explicit descriptor(int number) : number_(number) {}
    ~descriptor();
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    descriptor(descriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
    descriptor& operator=(descriptor&& other) noexcept;
    int number() const { return number_; }
    bool open() const { return number_ >= 0; }

private:
    int number_;
};

// The error that errno holds now.
boost::system::error_code last_system_error();
// All bytes, or why not.
boost::system::error_code write_fully(int file, std::string_view bytes);

} // namespace layerline::access
