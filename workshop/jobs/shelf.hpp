// The folder of uploads and results: each file has its id as its name and is there whole or not at all.
// Blocking calls; run what takes long on a disk thread.
#pragma once

#include "workshop/jobs/child.hpp"
#include "workshop/models/model_error.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::workshop {

// "f-", "r-", "o-" or "s-" and 26 characters of a-z and 2-7: 128 random bits.
std::string new_id(char kind);
bool is_id(std::string_view text);

// An upload on its way: vanishes unless commit() gave it its name.
class arriving_file {
public:
    arriving_file(owned_descriptor to, std::filesystem::path temporary, std::filesystem::path named)
        : to_(std::move(to)), temporary_(std::move(temporary)), named_(std::move(named))
    {
    }
    ~arriving_file();
    arriving_file(const arriving_file&) = delete;
    arriving_file& operator=(const arriving_file&) = delete;

    // 10 if the disk does not take it.
    model_result<void> append(std::string_view bytes);
    // On the disk for good under its name.
    model_result<void> commit();
    std::uint64_t bytes() const { return bytes_; }

private:
    owned_descriptor to_;
    std::filesystem::path temporary_, named_;
    std::uint64_t bytes_ = 0;
    bool committed_ = false;
};

class shelf {
public:
    // Makes the folders `files` and `work` in `state`, and empties `work` and what uploads left behind.
    static model_result<std::unique_ptr<shelf>> open(const std::filesystem::path& state);

    std::filesystem::path path_of(const std::string& id) const { return files_ / id; }
    // Room for an upload under this id.
    model_result<std::shared_ptr<arriving_file>> begin(const std::string& id) const;
    void remove(const std::string& id) const;
    // Removes what no record names: left by a crash between a file and its record.
    void remove_all_but(std::vector<std::string> known) const;

    // A folder for one attempt at a job; 70 if there is none to be had.
    model_result<std::filesystem::path> make_work_folder(const std::string& job, std::uint32_t attempt) const;
    // A job's output becomes a file; its bytes.
    model_result<std::uint64_t> take_in(const std::filesystem::path& output, const std::string& id) const;

private:
    explicit shelf(const std::filesystem::path& state) : files_(state / "files"), work_(state / "work") {}
    std::filesystem::path files_, work_;
};

} // namespace layerline::workshop
