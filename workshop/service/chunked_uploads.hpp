// Uploads in chunks: begun, filled in any order, put together and checked; what is there survives a restart.
#pragma once

#include "transport/exchange.hpp"
#include "workshop/jobs/chunk_shelf.hpp"
#include "workshop/jobs/ledger_thread.hpp"
#include "workshop/service/model_answer.hpp"
#include "workshop/service/service_limits.hpp"

#include <memory>
#include <set>
#include <string>

namespace layerline::workshop {

// Used from one io_context. `owner` is whose request it is; uploads of others do not exist.
class chunked_uploads {
public:
    // All must outlive it.
    chunked_uploads(ledger_thread& kept, const chunk_shelf& chunks, const shelf& files,
                    std::shared_ptr<commands::disk_threads> disk, service_limits limits);

    transport::task<model_answer> create(transport::exchange& call, std::string owner,
                                         std::uint64_t most_a_month);
    // 54 for a chunk past the limit, or past what was announced, 56 for an empty one, 57 for one of a file.
    transport::task<model_answer> put(transport::exchange& call, std::string owner, std::string id,
                                      std::string number);
    transport::task<model_answer> look(std::string owner, std::string id);
    // 55 if the chunks do not make the file that was announced; they stay then.
    transport::task<model_answer> commit(transport::exchange& call, std::string owner, std::string id,
                                         std::uint64_t most_a_month);
    transport::task<model_answer> drop(std::string owner, std::string id);
    // Gives up those whose time is over.
    transport::task<void> sweep();

private:
    // 52 if there is none of this owner, 57 if it is a file already.
    transport::task<model_result<upload_record>> find(std::string owner, std::string id);
    transport::task<model_result<std::vector<chunk>>> chunks_of(std::string id);
    transport::task<model_result<file_record>> join(upload_record upload, std::string sha256);
    transport::task<model_result<void>> take_in(transport::exchange& call,
                                                std::shared_ptr<arriving_file> file);

    ledger_thread& kept_;
    const chunk_shelf& chunks_;
    const shelf& files_;
    std::shared_ptr<commands::disk_threads> disk_;
    service_limits limits_;
    std::set<std::string> committing_; // takes no chunk meanwhile
};

} // namespace layerline::workshop
