// Uploads and downloads: bodies streamed, never held whole.
#include "transport/error.hpp"
#include "workshop/jobs/embedded_queue.hpp"
#include "workshop/operations/parameters.hpp"
#include "workshop/service/file_download.hpp"
#include "workshop/service/model_service.hpp"
#include "workshop/service/upload_quota.hpp"
#include "workshop/service/upload_reader.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace layerline::workshop {

namespace net = transport::net;
using nlohmann::json;
using transport::task;

namespace {

constexpr std::size_t part_bytes = 256UL * 1024;

model_failure broken_off(const transport::error_code& why)
{
    return {model_errc::invalid_parameter,
            "The upload broke off before its end (" + why.message() + "); nothing was kept."};
}

} // namespace

task<model_answer> model_service::upload(transport::exchange& call, caller who, std::string query)
{
    const auto told = call.body()->remaining();
    // A form has its boundaries beside the file.
    if (told.value_or(0) > limits_.max_upload_bytes + part_bytes)
        co_return refusal({model_errc::file_too_big, "File is too big: more than " +
                                                         std::to_string(limits_.max_upload_bytes) +
                                                         " bytes. File was not saved."});
    const auto most = who.uploads_per_month.value_or(limits_.uploads_per_month);
    auto room = co_await upload_allowed(kept_, who.owner, most);
    if (room.has_error()) co_return refusal(room.error());
    file_record file;
    file.id = new_id('f');
    file.owner = std::move(who.owner);
    auto begun = files_.begin(file.id);
    if (begun.has_error()) co_return refusal(begun.error());
    const auto arriving = *begun;
    auto taken = co_await take_in(call, arriving, std::move(query), file.name);
    if (taken.has_error()) co_return refusal(taken.error());
    auto commit = [arriving] { return arriving->commit(); };
    auto committed = co_await disk_->run(std::move(commit));
    if (committed.has_error()) co_return refusal(committed.error());
    file.bytes = arriving->bytes();
    file.created_unix = unix_now();
    file.expires_unix = file.created_unix + limits_.kept.count();
    auto record = [file, most](ledger& kept) -> model_result<void> {
        if (auto counted = kept.count_upload(file.owner, month_of(file.created_unix), most);
            counted.has_error())
            return counted.error();
        return kept.add_file(file);
    };
    auto recorded = co_await kept_.ask(std::move(record));
    if (recorded.has_error()) {
        files_.remove(file.id);
        co_return refusal(recorded.error());
    }
    co_return success(201, file_json(file));
}

task<model_result<void>> model_service::take_in(transport::exchange& call,
                                                std::shared_ptr<arriving_file> file, std::string query,
                                                std::string& name)
{
    const auto body = call.body();
    const auto type = call.request().headers.find("content-type").value_or("");
    upload_reader reader(commands::form_boundary(type), query_value(query, "name"), limits_.max_upload_bytes);
    std::vector<char> part(part_bytes);
    for (;;) {
        const auto got = co_await body->read_some(net::buffer(part));
        if (!got) co_return broken_off(got.error());
        if (*got == 0) break;
        auto bytes = reader.take({part.data(), *got});
        if (bytes.has_error()) co_return bytes.error();
        if (bytes->empty()) continue;
        auto write = [file, held = *std::move(bytes)] { return file->append(held); };
        auto written = co_await disk_->run(std::move(write));
        if (written.has_error()) co_return written.error();
    }
    auto called = reader.end();
    if (called.has_error()) co_return called.error();
    name = *std::move(called);
    co_return model_result<void>();
}

task<model_answer> model_service::download(transport::exchange& call, file_record file, bool& sent)
{
    co_return co_await send_file(call, disk_, files_.path_of(file.id), file.name, "application/octet-stream",
                                 sent);
}

task<model_answer> model_service::remove(file_record file)
{
    auto drop = [id = file.id](ledger& kept) { return kept.drop_file(id); };
    auto dropped = co_await kept_.ask(std::move(drop));
    if (dropped.has_error()) co_return refusal(dropped.error());
    files_.remove(file.id);
    auto told = json::object();
    told["deleted"] = file.id;
    co_return success(200, told);
}

} // namespace layerline::workshop
