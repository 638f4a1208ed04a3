// Which files a job's process may open at all: its source, its own folder, and the system's libraries. By the
// kernel's Landlock, so that a fault in a reader of models opens no other file of the service's user.
#pragma once

#include <filesystem>
#include <span>
#include <string>

namespace layerline::workshop {

enum class confinement { confined, not_in_this_kernel };

struct confinement_result {
    confinement how = confinement::confined;
    std::string refused; // not empty: what the kernel refused
};

// For good, for this thread and those that it starts: `sources` and /usr may be read, in `folder` files be
// made, read, written, renamed and deleted. A kernel without Landlock (before 5.13, or switched off) leaves
// all as it was. What is open stays open. All paths must be there.
confinement_result confine_files(std::span<const std::filesystem::path> sources,
                                 const std::filesystem::path& folder);

// For a program that is to be begun: it may read and run what is in /usr, read a few files of the system that
// its libraries ask for, and do as it likes in `folder`.
confinement_result confine_program(const std::filesystem::path& folder);

} // namespace layerline::workshop
