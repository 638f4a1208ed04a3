// The agent's state folder: made private, and held by one agent at a time.
#pragma once

#include "transport/net.hpp"

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace layerline::agent {

class state_folder {
public:
    // Makes the folder (0700; parents as the umask says) and takes its lock. resource_unavailable_try_again
    // when another agent holds it.
    static transport::result<state_folder> open(const std::filesystem::path& path);
    state_folder(state_folder&& other) noexcept;
    state_folder& operator=(state_folder&&) = delete;
    ~state_folder();

private:
    explicit state_folder(int lock) : lock_(lock) {}
    int lock_; // released by the kernel however the agent ends
};

// Lets this process open up to `wanted` files and sockets if the hard limit allows; says how many it may.
std::size_t raise_open_files(std::size_t wanted);

// Writes the text whole: a temporary name in the same folder, then a rename.
transport::result<void> write_whole(const std::filesystem::path& file, std::string_view text);

} // namespace layerline::agent
