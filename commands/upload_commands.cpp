// files/upload/…: a file in parts, which goes on where it broke off.
#include "commands/command_groups.hpp"
#include "commands/upload_desk.hpp"
#include "commands/virtual_path.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace layerline::commands {

using nlohmann::json;

namespace {

failure no_shelf()
{
    return fail(788, "This agent keeps no uploads that come in parts; use files/upload.");
}

json told(const upload_facts& facts)
{
    return {{"UploadId", facts.id},
            {"VirtualPath", facts.path},
            {"PlatformPath", facts.path.substr(facts.path.find('/') + 1)},
            {"SizeBytes", facts.bytes},
            {"Offset", facts.have},
            {"Done", facts.done},
            {"IdleSec", facts.idle.count()}};
}

command_answer answered(const upload_answer& said)
{
    command_answer answer;
    answer.result = said.now ? told(*said.now) : json(nullptr);
    answer.why = said.why;
    return answer;
}

// Of a raw endpoint: HTTP's code, where the upload stands in two headers, the envelope as the body.
transport::task<void> send_raw(command_context& at, const upload_answer& said)
{
    const auto answer = answered(said);
    transport::fields more;
    if (said.now) {
        more.set("upload-offset", std::to_string(said.now->have));
        more.set("upload-length", std::to_string(said.now->bytes));
    }
    auto sealed = answer.why ? encode_failure(*answer.why, answer.result.is_null() ? nullptr : &answer.result,
                                              at.request_id)
                             : encode_success(answer.result, at.request_id);
    co_await send_envelope(at, http_status_of(sealed.status, true), std::move(sealed.text), std::move(more));
}

outcome<std::string> good_id(const arguments& given)
{
    const auto id = given.text("UploadId");
    if (!id || !is_upload_id(*id)) return fail(400, "UploadId must be what files/upload/create gave.");
    return *id;
}

// The digest that was given, or an empty text for none.
outcome<std::string> good_sha256(const arguments& given)
{
    const auto text = given.text("Sha256");
    if (!text) return std::string();
    auto digest = parse_sha256(*text);
    if (!digest) return fail(400, "Sha256 must be 64 hexadecimal digits.");
    return std::move(*digest);
}

} // namespace

transport::task<command_answer> run_upload_create(command_context& at, const arguments& given)
{
    if (at.uploads == nullptr) co_return command_answer(no_shelf());
    auto path = good_path(given, "Path");
    if (!path) co_return command_answer(path.error());
    if (!has_gcode_name(*path))
        co_return command_answer(fail(400, "Path must name a .gcode, .gco or .g file."));
    auto digest = good_sha256(given);
    if (!digest) co_return command_answer(digest.error());
    if (is_in_use(at.printer.state(), *path))
        co_return command_answer(fail(409, "A file of that name is being printed; it is kept as it is."));
    upload_record wish;
    wish.bytes = static_cast<std::uint64_t>(given.integer("Bytes").value_or(0));
    const auto limit = at.files.max_file_bytes();
    if (wish.bytes > limit)
        co_return command_answer(fail(413, "The file is larger than " + std::to_string(limit) + " bytes."));
    wish.path = std::move(*path);
    wish.sha256 = std::move(*digest);
    wish.at_once = given.boolean("Commit").value_or(true);
    const auto said = co_await at.uploads->create(std::move(wish));
    co_return answered(said);
}

transport::task<void> run_upload_part(command_context& at, const arguments& given)
{
    upload_answer said;
    auto id = good_id(given);
    if (at.uploads == nullptr) {
        said.why = no_shelf();
    } else if (!id) {
        said.why = id.error();
    } else {
        const auto offset = static_cast<std::uint64_t>(given.integer("Offset").value_or(0));
        said = co_await at.uploads->append(std::move(*id), offset, at.call.body());
    }
    co_await send_raw(at, said);
}

transport::task<void> run_upload_state(command_context& at, const arguments& given)
{
    upload_answer said;
    auto id = good_id(given);
    if (at.uploads == nullptr)
        said.why = no_shelf();
    else if (!id)
        said.why = id.error();
    else
        said = co_await at.uploads->look(std::move(*id));
    co_await send_raw(at, said);
}

transport::task<command_answer> run_upload_commit(command_context& at, const arguments& given)
{
    if (at.uploads == nullptr) co_return command_answer(no_shelf());
    auto id = good_id(given);
    if (!id) co_return command_answer(id.error());
    auto digest = good_sha256(given);
    if (!digest) co_return command_answer(digest.error());
    const auto said = co_await at.uploads->place(std::move(*id), std::move(*digest));
    co_return answered(said);
}

transport::task<command_answer> run_upload_cancel(command_context& at, const arguments& given)
{
    if (at.uploads == nullptr) co_return command_answer(no_shelf());
    auto id = good_id(given);
    if (!id) co_return command_answer(id.error());
    const auto said = co_await at.uploads->drop(std::move(*id));
    co_return answered(said);
}

transport::task<command_answer> run_upload_list(command_context& at, const arguments&)
{
    if (at.uploads == nullptr) co_return command_answer(no_shelf());
    const auto all = co_await at.uploads->list();
    json uploads = json::array();
    for (const auto& one : all)
        uploads.push_back(told(one));
    json result = json::object();
    result["Uploads"] = std::move(uploads);
    co_return command_answer(std::move(result));
}

} // namespace layerline::commands
