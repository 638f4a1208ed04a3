// Uploads and downloads: bodies streamed, never held whole.
#include "commands/byte_range.hpp"
#include "commands/descriptor.hpp"
#include "commands/disk_body.hpp"
#include "transport/error.hpp"
#include "workshop/jobs/embedded_queue.hpp"
#include "workshop/operations/parameters.hpp"
#include "workshop/service/model_service.hpp"
#include "workshop/service/upload_quota.hpp"
#include "workshop/service/upload_reader.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>
#include <vector>

#include <fcntl.h>

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

// For Content-Disposition: safe whatever the name holds.
std::string disposition(const std::string& name)
{
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string all = "attachment; filename*=UTF-8''";
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                           c == '-' || c == '.' || c == '_';
        if (plain) {
            all += c;
        } else {
            all += '%';
            all += digits[byte >> 4U];
            all += digits[byte & 0xFU];
        }
    }
    return all;
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
    const auto open = std::make_shared<const commands::descriptor>(
        ::open(files_.path_of(file.id).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!*open)
        co_return refusal(
            {model_errc::server_error, "The file is recorded, but not in the workshop's folder."});
    const auto wanted = commands::parse_range(call.request().headers.find("range").value_or(""), file.bytes);
    if (std::holds_alternative<commands::no_such_range>(wanted)) {
        auto answer = refusal(invalid_parameter("range"), 416);
        answer.head.headers.set("content-range", "bytes */" + std::to_string(file.bytes));
        co_return answer;
    }
    const auto* const range = std::get_if<commands::byte_range>(&wanted);
    const auto first = range != nullptr ? range->first : 0;
    const auto length = range != nullptr ? range->length : file.bytes;
    transport::response_head head;
    if (range != nullptr) {
        head.status = 206;
        head.headers.set("content-range", "bytes " + std::to_string(first) + "-" +
                                              std::to_string(first + length - 1) + "/" +
                                              std::to_string(file.bytes));
    }
    head.headers.set("content-type", "application/octet-stream");
    head.headers.set("content-length", std::to_string(length));
    head.headers.set("accept-ranges", "bytes");
    head.headers.set("content-disposition", disposition(file.name));
    head.headers.set("x-content-type-options", "nosniff");
    sent = true;
    const auto begun = co_await call.respond(std::move(head));
    if (!begun) co_return model_answer();
    if (call.request().method != "HEAD") {
        const auto from = commands::make_disk_body(disk_, open, first, first + length);
        std::vector<char> part(64UL * 1024);
        for (auto left = length; left > 0;) {
            const auto got = co_await from->read_some(net::buffer(part));
            // Not finished: the caller sees that it broke off.
            if (!got || *got == 0) co_return model_answer();
            const auto written = co_await call.write(net::buffer(part.data(), *got));
            if (!written) co_return model_answer();
            left -= *got;
        }
    }
    (void)co_await call.finish();
    co_return model_answer();
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
