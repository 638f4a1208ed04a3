// A disk of 2 MiB over a folder, to be filled. Only root can mount one.
#pragma once

#include <filesystem>

#include <sys/types.h>

namespace layerline::tests {

// Gone at the end of the scope, also when programs still use it; and with the test's process, since it is
// mounted in a namespace of its own.
class small_disk {
public:
    small_disk(std::filesystem::path folder, uid_t owner);
    ~small_disk();
    small_disk(const small_disk&) = delete;
    small_disk& operator=(const small_disk&) = delete;
    bool there() const { return there_; } // false: mounting is not allowed here
    // To the last byte.
    void fill() const;
    void make_room() const;

private:
    std::filesystem::path folder_;
    bool there_ = false;
};

} // namespace layerline::tests
