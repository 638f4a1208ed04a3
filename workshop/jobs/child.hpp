// A job's process: begun with its task on stdin, seen by a descriptor that becomes readable at its end.
#pragma once

#include "workshop/models/model_error.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>
#include <unistd.h>

namespace layerline::workshop {

// A descriptor that ends with its owner.
class owned_descriptor {
public:
    explicit owned_descriptor(int number = -1) : number_(number) {}
    owned_descriptor(owned_descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    owned_descriptor& operator=(owned_descriptor&& other) noexcept
    {
        std::swap(number_, other.number_);
        return *this;
    }
    owned_descriptor(const owned_descriptor&) = delete;
    owned_descriptor& operator=(const owned_descriptor&) = delete;
    ~owned_descriptor()
    {
        if (number_ >= 0) ::close(number_);
    }
    int get() const { return number_; }
    int release() { return std::exchange(number_, -1); }

private:
    int number_;
};

struct child {
    pid_t pid = -1;
    owned_descriptor end;    // readable once it has ended
    owned_descriptor output; // what it says on stdout
};

// How it ended.
struct child_end {
    std::optional<int> exit_code, signal; // one of them
};

// Begins `argv` in a process group of its own, at low priority, with `input` (at most 48 KiB) on its stdin,
// its stderr the service's. 70 if that fails.
model_result<child> begin_child(const std::vector<std::string>& argv, const std::string& input);
// Of a child that has ended: its status, and whatever was left of its group is killed.
// All its threads, and those that they begin, from now on: on one core, behind everything else.
void keep_to_one_core(pid_t process);

child_end reap(const child& process);

} // namespace layerline::workshop
