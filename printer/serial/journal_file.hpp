// The memory that a print's journal lies in: a file of a file system that has no disk (/dev/shm), mapped, so
// that it outlives the process, costs no write anywhere, and never makes the wire's thread wait.
#pragma once

#include "printer/printer_error.hpp"

#include <cstddef>
#include <span>
#include <string>

namespace layerline::printer::serial {

class journal_file {
public:
    // Opens FOLDER/layerline-<hash of the state folder> or makes it. Refused: a folder on a disk, a file that
    // somebody else could write. The state folder must be locked by this process.
    static printer_result<journal_file> open(const std::string& folder, const std::string& state_folder,
                                             std::size_t size);
    journal_file(journal_file&& other) noexcept;
    journal_file& operator=(journal_file&&) = delete;
    journal_file(const journal_file&) = delete;
    journal_file& operator=(const journal_file&) = delete;
    ~journal_file();

    std::span<std::byte> bytes() const { return {bytes_, size_}; }
    // After a print host that ended in order nothing is to be taken over.
    void remove();

private:
    journal_file(std::byte* bytes, std::size_t size, std::string path)
        : bytes_(bytes), size_(size), path_(std::move(path))
    {
    }
    std::byte* bytes_;
    std::size_t size_;
    std::string path_;
};

} // namespace layerline::printer::serial
