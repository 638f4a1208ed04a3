#include "commands/descriptor.hpp"

#include <unistd.h>

namespace layerline::commands {

descriptor& descriptor::operator=(descriptor&& other) noexcept
{
    std::swap(fd_, other.fd_);
    return *this;
}

descriptor::~descriptor()
{
    if (fd_ >= 0) ::close(fd_);
}

} // namespace layerline::commands
