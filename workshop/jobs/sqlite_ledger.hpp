// The ledger in SQLite. Its statements are grouped as its records are: files, uploads and sessions, jobs.
#pragma once

#include "workshop/jobs/ledger.hpp"

#include <soci/soci.h>

#include <exception>

namespace layerline::workshop {

class sqlite_ledger final : public ledger {
public:
    void open(const std::filesystem::path& file);
    model_result<void> add_file(const file_record& file) override;
    model_result<std::optional<file_record>> find_file(const std::string& id) override;
    model_result<bool> drop_file(const std::string& id) override;
    model_result<std::vector<std::string>> all_files() override;
    model_result<void> add_job(const job_record& job, std::size_t most_waiting) override;
    model_result<std::optional<job_record>> find_job(const std::string& id) override;
    model_result<std::optional<job_record>> take_job() override;
    model_result<bool> finish_job(const std::string& id, std::uint32_t attempt, const job_outcome& outcome,
                                  std::int64_t now_unix) override;
    model_result<bool> give_job_back(const std::string& id, std::uint32_t attempt, bool died) override;
    model_result<bool> cancel_job(const std::string& id, std::int64_t now_unix) override;
    model_result<std::size_t> recover_jobs() override;
    model_result<std::vector<std::string>> drop_expired(std::int64_t now_unix) override;
    model_result<std::optional<job_record>> job_to_tell(std::int64_t now_unix) override;
    model_result<void> job_told(const std::string& id, std::int64_t again_at_unix) override;
    model_result<void> add_upload(const upload_record& upload, std::size_t most_open) override;
    model_result<std::optional<upload_record>> find_upload(const std::string& id) override;
    model_result<bool> drop_upload(const std::string& id) override;
    model_result<bool> finish_upload(const file_record& file) override;
    model_result<std::vector<std::string>> all_uploads() override;
    model_result<std::vector<std::string>> drop_expired_uploads(std::int64_t now_unix) override;
    model_result<std::uint64_t> uploads_made(const std::string& owner, const std::string& month) override;
    model_result<void> count_upload(const std::string& owner, const std::string& month,
                                    std::uint64_t most) override;
    model_result<void> add_session(const session_record& session, std::size_t most_of_token) override;
    model_result<std::optional<session_record>> find_session(const std::string& hash) override;
    model_result<void> drop_expired_sessions(std::int64_t now_unix) override;
    model_result<job_counts> count_jobs() override;

private:
    template <class Work>
    auto guarded(Work work) -> decltype(work())
    {
        try {
            return work();
        } catch (const std::exception& thrown) {
            return model_failure{model_errc::server_error,
                                 std::string("The workshop's database failed: ") + thrown.what()};
        }
    }
    void insert(const file_record& file);
    // The chain's next step waits at the job's old place, which makes it the next one to be taken.
    void begin_step(const job_record& next, const std::string& fields);
    std::optional<job_record> find(const std::string& id);
    std::vector<std::string> ids(const std::string& query);
    std::size_t changes();
    bool changed() { return changes() > 0; }

    soci::session sql_;
};

} // namespace layerline::workshop
