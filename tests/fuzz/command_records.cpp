// What the agent keeps on its disk of uploads and the queue, read back, and the requests of send-command: the
// first byte says which.
#include "commands/host_call.hpp"
#include "commands/print_queue.hpp"
#include "commands/upload_plan.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace layerline::commands;

namespace {

void must(bool so)
{
    if (!so) std::abort();
}

void try_record(std::string_view text)
{
    const auto record = parse_upload_record(text);
    if (!record) return;
    must(record->synced <= record->bytes && is_upload_id(record->id));
    must(parse_upload_record(text_of(*record)) == record);
}

void try_queue(std::string_view text)
{
    auto queue = print_queue::parse(text);
    if (!queue) return;
    must(queue->waiting().size() <= max_queue + 1);
    const auto again = print_queue::parse(queue->text());
    must(again && again->text() == queue->text());
    layerline::printer::printer_state state;
    state.now = layerline::printer::phase::idle;
    (void)queue->follow(state);
    queue->resume();
    if (const auto begun = queue->begin(state, "")) must(queue->holds(begun->path));
}

void try_request(std::string_view text)
{
    const auto request = parse_host_request(text);
    if (!request) return;
    must(request->path.starts_with('/') && !request->path.starts_with("//"));
    must(request->path.size() <= max_host_path && request->headers.size() <= max_host_headers);
    for (const char c : request->path)
        must(c > 0x20 && c < 0x7f);
    for (const auto& [name, value] : request->headers)
        must(name != "host" && name != "x-api-key" && value.find_first_of("\r\n") == std::string::npos);
    host_answer answer;
    answer.body = request->body;
    (void)told(answer);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (data[0] == 'u') try_record(text);
    if (data[0] == 'q') try_queue(text);
    if (data[0] == 'h') try_request(text);
    return 0;
}
