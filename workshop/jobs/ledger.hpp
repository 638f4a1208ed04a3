// The workshop's database: which files and jobs there are. SQLite through SOCI; blocking calls of one thread.
// Whatever was answered is on the disk. Every failure is code 10 with the reason.
#pragma once

#include "workshop/jobs/job.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace layerline::workshop {

class ledger {
public:
    virtual ~ledger() = default;

    virtual model_result<void> add_file(const file_record& file) = 0;
    virtual model_result<std::optional<file_record>> find_file(const std::string& id) = 0;
    // False if there was none.
    virtual model_result<bool> drop_file(const std::string& id) = 0;
    virtual model_result<std::vector<std::string>> all_files() = 0;

    // 11 if `most_waiting` jobs are queued already.
    virtual model_result<void> add_job(const job_record& job, std::size_t most_waiting) = 0;
    virtual model_result<std::optional<job_record>> find_job(const std::string& id) = 0;
    // The oldest queued job, now running under its next attempt.
    virtual model_result<std::optional<job_record>> take_job() = 0;
    // Takes the result of this attempt, once: false, with nothing changed, if the job was cancelled, taken
    // anew or finished meanwhile.
    virtual model_result<bool> finish_job(const std::string& id, std::uint32_t attempt,
                                          const job_outcome& outcome, std::int64_t now_unix) = 0;
    // Back into the queue, at its old place; false as above. `died`: its process ended without an answer.
    virtual model_result<bool> give_job_back(const std::string& id, std::uint32_t attempt, bool died) = 0;
    // False if it is over already, or unknown.
    virtual model_result<bool> cancel_job(const std::string& id, std::int64_t now_unix) = 0;
    // Jobs whose service died go back into the queue; how many. Once, before the first take_job().
    virtual model_result<std::size_t> recover_jobs() = 0;

    // Of a job with a callback that is over: one that is to be told of by now, if there is one; told, with
    // the time of the next try or 0 for none.
    virtual model_result<std::optional<job_record>> job_to_tell(std::int64_t now_unix) = 0;
    virtual model_result<void> job_told(const std::string& id, std::int64_t again_at_unix) = 0;
    virtual model_result<job_counts> count_jobs() = 0;

    // Uploads in chunks. 57 if there is a file or an upload of that id, 11 if the owner has `most_open` open.
    virtual model_result<void> add_upload(const upload_record& upload, std::size_t most_open) = 0;
    virtual model_result<std::optional<upload_record>> find_upload(const std::string& id) = 0;
    virtual model_result<bool> drop_upload(const std::string& id) = 0;
    // The upload becomes a file; false if it is gone.
    virtual model_result<bool> finish_upload(const file_record& file) = 0;
    virtual model_result<std::vector<std::string>> all_uploads() = 0;
    virtual model_result<std::vector<std::string>> drop_expired_uploads(std::int64_t now_unix) = 0;

    // Uploads that an owner made in a month ("2026-11"). count_upload() counts one more: 61, with nothing
    // counted, if that is more than `most`; 0: any.
    virtual model_result<std::uint64_t> uploads_made(const std::string& owner, const std::string& month) = 0;
    virtual model_result<void> count_upload(const std::string& owner, const std::string& month,
                                            std::uint64_t most) = 0;

    // Sessions; a token's oldest ones go when there are more than `most_of_token`.
    virtual model_result<void> add_session(const session_record& session, std::size_t most_of_token) = 0;
    virtual model_result<std::optional<session_record>> find_session(const std::string& hash) = 0;
    virtual model_result<void> drop_expired_sessions(std::int64_t now_unix) = 0;

    // Forgets the jobs that are over and whose time has come, and gives the files whose time has come and
    // that no job waits for; their records are gone, the files are the caller's to remove.
    virtual model_result<std::vector<std::string>> drop_expired(std::int64_t now_unix) = 0;
};

// Opens or makes it; `file`'s folder must exist.
model_result<std::unique_ptr<ledger>> open_ledger(const std::filesystem::path& file);

} // namespace layerline::workshop
