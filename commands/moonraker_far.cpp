// The requests to Moonraker: one client, refusals in words.
#include "commands/moonraker_far.hpp"

#include "transport/error.hpp"
#include "transport/http_client.hpp"

#include <utility>

namespace layerline::commands {

using printer::printer_errc;
using printer::printer_failure;
using printer::printer_result;
using transport::clock;
using transport::errc;
using transport::task;
namespace net = transport::net;

namespace {

constexpr std::size_t longest_listing = 8UL * 1024 * 1024;

} // namespace

file_node node_of(const far_file& entry, const std::string& folder)
{
    file_node node;
    node.folder = entry.folder;
    node.name = entry.name;
    node.virtual_path = folder + "/" + entry.name;
    node.size_bytes = entry.size_bytes;
    node.modified_unix = entry.modified_unix;
    return node;
}

file_node node_of_folder(const virtual_path& path)
{
    file_node node;
    node.folder = true;
    node.virtual_path = path.text();
    node.name = node.virtual_path.substr(node.virtual_path.rfind('/') + 1);
    return node;
}

printer_failure moonraker_not_understood()
{
    return {printer_errc::refused, "Moonraker's answer could not be understood: is another program there?"};
}

moonraker_far::moonraker_far(net::io_context& home, moonraker_store_options options)
    : home_(home), options_(std::move(options)), client_(new_client())
{
}

void moonraker_far::let_go()
{
    client_ = new_client(); // with no connection yet
}

std::shared_ptr<transport::requester> moonraker_far::new_client() const
{
    transport::client_options client;
    client.ca_file = options_.ca_file;
    client.allow_insecure = options_.allow_insecure;
    client.body_stall = options_.stall;
    return transport::make_http_client(home_, options_.base, std::move(client));
}

transport::request_head moonraker_far::head_for(std::string method, std::string target) const
{
    transport::request_head head;
    head.method = std::move(method);
    head.target = std::move(target);
    head.deadline = clock::now() + options_.answer_within;
    if (!options_.api_key.empty()) head.headers.set("x-api-key", options_.api_key);
    return head;
}

printer_failure moonraker_far::away(const transport::error_code& code) const
{
    if (code == errc::timed_out)
        return {printer_errc::no_answer, "Moonraker did not answer in time at " + options_.base + "."};
    if (code == errc::too_large)
        return {printer_errc::refused, "Moonraker's answer is longer than what is taken of it."};
    if (code == errc::insecure_refused)
        return {printer_errc::host_gone, "The way to Moonraker at " + options_.base +
                                             " is not encrypted: use https://, or set "
                                             "printer.allow_insecure."};
    if (code == errc::certificate_refused)
        return {printer_errc::host_gone,
                "The certificate of Moonraker at " + options_.base + " is not one that is trusted."};
    if (code == errc::unreachable)
        return {printer_errc::host_gone,
                "Moonraker is not running: nothing answers at " + options_.base + "."};
    return {printer_errc::host_gone,
            "The connection to Moonraker at " + options_.base + " broke: " + code.message() + "."};
}

printer_failure moonraker_far::over() const
{
    return {printer_errc::out_of_range,
            "The file is larger than " + std::to_string(options_.max_file_bytes) + " bytes."};
}

task<printer_result<std::string>> moonraker_far::ask_text(std::string method, std::string target,
                                                          std::size_t limit)
{
    auto answer = co_await client_->send(head_for(std::move(method), std::move(target)), nullptr);
    if (!answer) co_return away(answer.error());
    const auto status = answer->head.status;
    const bool good = status >= 200 && status < 300;
    auto text = co_await transport::read_all(*answer->body, good ? limit : longest_moonraker_refusal);
    if (!text) co_return away(text.error());
    if (!good) co_return failure_of_moonraker(status, *text);
    co_return std::move(*text);
}

task<printer_result<far_folder>> moonraker_far::folder_at(virtual_path at, std::size_t most)
{
    auto text = co_await ask_text("GET", moonraker_folder_target(at), longest_listing);
    if (!text) co_return text.error();
    auto found = parse_moonraker_folder(*text, most);
    if (!found) co_return moonraker_not_understood();
    co_return std::move(*found);
}

task<printer_result<file_node>> moonraker_far::look_up(virtual_path path)
{
    virtual_path folder = path;
    folder.segments.pop_back();
    const auto found = co_await folder_at(folder, options_.max_nodes * 10);
    if (!found) co_return found.error();
    for (const auto& entry : found->entries)
        if (entry.name == path.segments.back()) co_return node_of(entry, folder.text());
    co_return printer_failure{printer_errc::no_such_file, ""};
}

task<printer_result<void>> moonraker_far::explained(virtual_path path, printer_failure why)
{
    if (why.code != printer_errc::refused && why.code != printer_errc::file_in_use) co_return why;
    const auto there = co_await look_up(std::move(path));
    if (!there && there.error().code == printer_errc::no_such_file) co_return there.error();
    if (there && there->folder)
        co_return printer_failure{printer_errc::out_of_range, "Path names a folder, not a file."};
    co_return why;
}

task<printer_result<opened_file>> moonraker_far::open_at(std::string target, std::string name,
                                                         std::uint64_t offset,
                                                         std::optional<virtual_path> path)
{
    auto head = head_for("GET", std::move(target));
    if (offset > 0) head.headers.set("range", "bytes=" + std::to_string(offset) + "-");
    auto answer = co_await client_->send(std::move(head), nullptr);
    if (!answer) co_return away(answer.error());
    const auto status = answer->head.status;
    const auto range = parse_content_range(answer->head.headers.find("content-range").value_or(""));
    opened_file file;
    file.name = std::move(name);
    if (status == 416 && range && !range->first) {
        file.size_bytes = range->size;
        file.content = transport::make_body({});
        co_return file;
    }
    const auto length = answer->body->remaining();
    if (status == 200 && offset == 0 && length) {
        file.size_bytes = *length;
    } else if (status == 206 && range && range->first == offset && length == range->size - offset) {
        file.size_bytes = range->size;
    } else if (status == 200 || status == 206) {
        co_return printer_failure{printer_errc::refused,
                                  "What answers for Moonraker does not give parts of a file."};
    } else {
        auto text = co_await transport::read_all(*answer->body, longest_moonraker_refusal);
        if (!text) co_return away(text.error());
        auto why = failure_of_moonraker(status, *text);
        if (!path) co_return why;
        const auto told = co_await explained(std::move(*path), std::move(why));
        co_return told.error();
    }
    file.content = std::move(answer->body);
    co_return file;
}

} // namespace layerline::commands
