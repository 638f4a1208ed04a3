#include "workshop/service/chunked_uploads.hpp"

#include "workshop/jobs/embedded_queue.hpp"
#include "workshop/operations/parameters.hpp"
#include "workshop/service/chunk_plan.hpp"
#include "workshop/service/upload_quota.hpp"
#include "workshop/service/upload_reader.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <utility>
#include <vector>

namespace layerline::workshop {

namespace net = transport::net;
using nlohmann::json;
using transport::task;

namespace {

constexpr std::size_t block_bytes = 256UL * 1024, most_request = 4096;

model_failure too_big(const std::string& why)
{
    return {model_errc::chunk_too_big, "Chunk is too big: " + why};
}

json upload_json(const upload_record& upload, const std::vector<chunk>& there, std::uint64_t most_chunk)
{
    auto all = json::array();
    std::uint64_t received = 0;
    for (const auto& one : there) {
        all.push_back({{"number", one.number}, {"bytes", one.bytes}});
        received += one.bytes;
    }
    auto told = json::object();
    told["fileId"] = upload.id;
    told["name"] = upload.name;
    told["bytes"] = upload.bytes;
    told["received"] = received;
    told["chunks"] = std::move(all);
    told["maxChunkBytes"] = most_chunk;
    told["expires"] = upload.expires_unix;
    return told;
}

// Takes no chunk for as long as it lives.
class commit_mark {
public:
    commit_mark(std::set<std::string>& all, const std::string& id) : all_(all), id_(id) { all_.insert(id_); }
    ~commit_mark() { all_.erase(id_); }
    commit_mark(const commit_mark&) = delete;
    commit_mark& operator=(const commit_mark&) = delete;

private:
    std::set<std::string>& all_;
    std::string id_;
};

model_failure under_way(const std::string& id)
{
    return {model_errc::commit_failed, "The upload " + id + " is being committed."};
}

} // namespace

chunked_uploads::chunked_uploads(ledger_thread& kept, const chunk_shelf& chunks, const shelf& files,
                                 std::shared_ptr<commands::disk_threads> disk, service_limits limits)
    : kept_(kept), chunks_(chunks), files_(files), disk_(std::move(disk)), limits_(limits)
{
}

task<model_answer> chunked_uploads::create(transport::exchange& call, std::string owner,
                                           std::uint64_t most_a_month)
{
    const auto body = call.body();
    auto text = co_await transport::read_all(*body, most_request);
    if (text.has_error()) co_return refusal(invalid_parameter("body"));
    auto wish = parse_upload_wish(*text, limits_.max_upload_bytes);
    if (wish.has_error()) co_return refusal(wish.error());
    auto room = co_await upload_allowed(kept_, owner, most_a_month);
    if (room.has_error()) co_return refusal(room.error());
    upload_record upload;
    upload.id = wish->id.empty() ? new_id('f') : wish->id;
    upload.owner = std::move(owner);
    upload.name = wish->name;
    upload.bytes = wish->bytes;
    upload.sha256 = wish->sha256;
    upload.created_unix = unix_now();
    upload.expires_unix = upload.created_unix + limits_.kept.count();
    auto record = [upload, most = limits_.open_uploads](ledger& kept) {
        return kept.add_upload(upload, most);
    };
    auto recorded = co_await kept_.ask(std::move(record));
    if (recorded.has_error()) co_return refusal(recorded.error());
    auto make = [this, id = upload.id] { return chunks_.make(id); };
    auto made = co_await disk_->run(std::move(make));
    if (made.has_error()) co_return refusal(made.error());
    co_return success(201, upload_json(upload, {}, limits_.max_chunk_bytes));
}

task<model_result<upload_record>> chunked_uploads::find(std::string owner, std::string id)
{
    const model_failure none{model_errc::file_not_found,
                             "File was not found or you are not the owner of the file. File id " +
                                 id.substr(0, 64)};
    if (!is_id(id)) co_return none;
    auto look = [id](ledger& kept) { return kept.find_upload(id); };
    auto found = co_await kept_.ask(std::move(look));
    if (found.has_error()) co_return found.error();
    if (*found && (*found)->owner == owner) co_return **std::move(found);
    auto look_file = [id](ledger& kept) { return kept.find_file(id); };
    auto file = co_await kept_.ask(std::move(look_file));
    if (file.has_error()) co_return file.error();
    if (*file && (*file)->owner == owner)
        co_return model_failure{model_errc::file_exists, "File with id " + id + " already exists."};
    co_return none;
}

task<model_result<std::vector<chunk>>> chunked_uploads::chunks_of(std::string id)
{
    auto list = [this, id = std::move(id)] { return chunks_.chunks(id); };
    co_return co_await disk_->run(std::move(list));
}

task<model_result<void>> chunked_uploads::take_in(transport::exchange& call,
                                                  std::shared_ptr<arriving_file> file)
{
    const auto body = call.body();
    const auto most = limits_.max_chunk_bytes;
    if (body->remaining().value_or(0) > most)
        co_return too_big("more than " + std::to_string(most) + " bytes.");
    const auto block = std::make_shared<std::vector<char>>(block_bytes);
    for (;;) {
        const auto got = co_await body->read_some(net::buffer(*block));
        if (!got)
            co_return model_failure{model_errc::invalid_parameter, "The chunk broke off before its end (" +
                                                                       got.error().message() +
                                                                       "); nothing of it was kept."};
        if (*got == 0) break;
        if (file->bytes() + *got > most) co_return too_big("more than " + std::to_string(most) + " bytes.");
        auto write = [file, block, count = *got] { return file->append({block->data(), count}); };
        auto written = co_await disk_->run(std::move(write));
        if (written.has_error()) co_return written.error();
    }
    if (file->bytes() == 0) co_return model_failure{model_errc::chunk_empty, "Chunk is empty."};
    co_return model_result<void>();
}

task<model_answer> chunked_uploads::put(transport::exchange& call, std::string owner, std::string id,
                                        std::string number)
{
    const auto at = parse_chunk_number(number);
    if (!at) co_return refusal(invalid_parameter("chunk"));
    auto upload = co_await find(std::move(owner), id);
    if (upload.has_error()) co_return refusal(upload.error());
    if (committing_.contains(id)) co_return refusal(under_way(id));
    auto begun = chunks_.begin(id, *at);
    if (begun.has_error()) co_return refusal(begun.error());
    const auto arriving = *begun;
    auto taken = co_await take_in(call, arriving);
    if (taken.has_error()) co_return refusal(taken.error());
    auto there = co_await chunks_of(id);
    if (there.has_error()) co_return refusal(there.error());
    std::uint64_t sum = arriving->bytes();
    for (const auto& one : *there)
        if (one.number != *at) sum += one.bytes;
    if (sum > upload->bytes)
        co_return refusal(too_big("with it the upload has " + std::to_string(sum) + " bytes, of " +
                                  std::to_string(upload->bytes) + " that were announced."));
    if (committing_.contains(id)) co_return refusal(under_way(id));
    auto commit = [arriving] { return arriving->commit(); };
    auto committed = co_await disk_->run(std::move(commit));
    if (committed.has_error()) co_return refusal(committed.error());
    auto told = json::object();
    told["fileId"] = id;
    told["chunk"] = *at;
    told["bytes"] = arriving->bytes();
    told["received"] = sum;
    co_return success(200, told);
}

task<model_answer> chunked_uploads::look(std::string owner, std::string id)
{
    auto upload = co_await find(std::move(owner), id);
    if (upload.has_error()) co_return refusal(upload.error());
    auto there = co_await chunks_of(id);
    if (there.has_error()) co_return refusal(there.error());
    co_return success(200, upload_json(*upload, *there, limits_.max_chunk_bytes));
}

task<model_result<file_record>> chunked_uploads::join(upload_record upload, std::string sha256)
{
    auto there = co_await chunks_of(upload.id);
    if (there.has_error()) co_return there.error();
    auto whole = check_whole(*there, upload.bytes);
    if (whole.has_error()) co_return whole.error();
    auto begun = files_.begin(upload.id);
    if (begun.has_error()) co_return begun.error();
    const auto arriving = *begun;
    auto put = [this, id = upload.id, all = *std::move(there), arriving] {
        return chunks_.join(id, all, *arriving);
    };
    auto joined = co_await disk_->run(std::move(put));
    if (joined.has_error()) co_return joined.error();
    if (joined->sha256 != sha256)
        co_return model_failure{model_errc::commit_failed, "The chunks have the SHA-256 " + joined->sha256 +
                                                               ", which is not the one that was given."};
    if (auto other = refused_as_no_model(joined->head)) co_return *std::move(other);
    auto commit = [arriving] { return arriving->commit(); };
    auto committed = co_await disk_->run(std::move(commit));
    if (committed.has_error()) co_return committed.error();
    file_record file;
    file.id = upload.id;
    file.owner = upload.owner;
    file.name = upload.name;
    file.bytes = arriving->bytes();
    file.created_unix = unix_now();
    file.expires_unix = file.created_unix + limits_.kept.count();
    co_return file;
}

task<model_answer> chunked_uploads::commit(transport::exchange& call, std::string owner, std::string id,
                                           std::uint64_t most_a_month)
{
    auto upload = co_await find(std::move(owner), id);
    if (upload.has_error()) co_return refusal(upload.error());
    const auto body = call.body();
    auto text = co_await transport::read_all(*body, most_request);
    if (text.has_error()) co_return refusal(invalid_parameter("body"));
    auto sha256 = parse_commit(*text, upload->sha256);
    if (sha256.has_error()) co_return refusal(sha256.error());
    if (committing_.contains(id)) co_return refusal(under_way(id));
    const commit_mark mark(committing_, id);
    auto file = co_await join(*upload, *std::move(sha256));
    if (file.has_error()) co_return refusal(file.error());
    auto record = [file = *file, most = most_a_month](ledger& kept) -> model_result<bool> {
        if (auto counted = kept.count_upload(file.owner, month_of(file.created_unix), most);
            counted.has_error())
            return counted.error();
        return kept.finish_upload(file);
    };
    auto recorded = co_await kept_.ask(std::move(record));
    if (recorded.has_error() || !*recorded) files_.remove(id);
    if (recorded.has_error()) co_return refusal(recorded.error());
    if (!*recorded) co_return refusal({model_errc::commit_failed, "The upload was deleted meanwhile."});
    auto clean = [this, id] {
        chunks_.remove(id);
        return true;
    };
    (void)co_await disk_->run(std::move(clean));
    co_return success(201, file_json(*file));
}

task<model_answer> chunked_uploads::drop(std::string owner, std::string id)
{
    auto upload = co_await find(std::move(owner), id);
    if (upload.has_error()) co_return refusal(upload.error());
    if (committing_.contains(id)) co_return refusal(under_way(id));
    auto drop = [id](ledger& kept) { return kept.drop_upload(id); };
    auto dropped = co_await kept_.ask(std::move(drop));
    if (dropped.has_error()) co_return refusal(dropped.error());
    auto clean = [this, id] {
        chunks_.remove(id);
        return true;
    };
    (void)co_await disk_->run(std::move(clean));
    auto told = json::object();
    told["deleted"] = id;
    co_return success(200, told);
}

task<void> chunked_uploads::sweep()
{
    auto drop = [](ledger& kept) { return kept.drop_expired_uploads(unix_now()); };
    auto gone = co_await kept_.ask(std::move(drop));
    if (gone.has_error()) {
        spdlog::error("old uploads: {}", text_of(gone.error()));
        co_return;
    }
    if (gone->empty()) co_return;
    auto clean = [this, all = *std::move(gone)] {
        for (const auto& id : all)
            chunks_.remove(id);
        return true;
    };
    (void)co_await disk_->run(std::move(clean));
}

} // namespace layerline::workshop
