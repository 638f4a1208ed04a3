// How files are made.
#pragma once

#include <cstdint>

#include <sys/stat.h>

namespace layerline::workshop {

// Whether a file has to be there after a power cut, too: what parts of a job hand to each other has not, and
// each wait for a memory card is tens of milliseconds.
enum class durability : std::uint8_t { lasting, passing };

// The mode of a file that a person asked for: as open() with 0666 would give it; mkostemp() gives 0600. The
// process's mask is read once, since to read it sets it for a moment: the first call has to come before
// another thread makes a file.
inline mode_t usual_mode()
{
    static const mode_t mode = [] {
        const auto mask = ::umask(0);
        ::umask(mask);
        return static_cast<mode_t>(0666 & ~mask);
    }();
    return mode;
}

} // namespace layerline::workshop
