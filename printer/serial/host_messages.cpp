// The JSON lines between the print host and its clients, both ways. Both sides bound what they write and
// refuse what is malformed with the field's name.
#include "printer/serial/host_messages.hpp"

#include "printer/json_fields.hpp"
#include "printer/serial/action_messages.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace layerline::printer::serial {

using nlohmann::json;

namespace {

// Chosen so that a state with all of them exhausted, each byte escaped to six, stays under max_host_message.
constexpr std::size_t max_path = 1024, max_text = 1024, max_name = 256, max_heater = 32, max_id = 64;
constexpr std::size_t max_offers = 64, max_buttons = 10, max_button = 40, max_lights = 8, max_light = 32;
constexpr std::size_t max_heaters = 32, max_capabilities = 96, max_capability = 40;
constexpr std::uint64_t max_time_left_ms = 24ULL * 60 * 60 * 1000;
constexpr std::uint64_t max_clock_ms = 1000ULL * 365 * 24 * 60 * 60 * 1000; // a thousand years after boot

std::string one_line(const json& message)
{
    // Firmware text and file names need not be UTF-8: shown as U+FFFD, never an exception.
    return message.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
}

std::string clipped(std::string text, std::size_t most)
{
    if (text.size() > most) text.resize(most);
    return text;
}

printer_state bounded(printer_state state)
{
    state.reason = clipped(std::move(state.reason), max_text);
    if (state.heaters.size() > max_heaters) state.heaters.resize(max_heaters);
    for (auto& heater : state.heaters)
        heater.name = clipped(std::move(heater.name), max_heater);
    state.homed = clipped(std::move(state.homed), 8);
    if (state.job) {
        state.job->id = clipped(std::move(state.job->id), max_id);
        state.job->path = clipped(std::move(state.job->path), max_path);
    }
    if (auto& firmware = state.firmware) {
        firmware->name = clipped(std::move(firmware->name), max_name);
        firmware->machine = clipped(std::move(firmware->machine), max_name);
        firmware->uuid = clipped(std::move(firmware->uuid), max_name);
        if (firmware->capabilities.size() > max_capabilities) firmware->capabilities.resize(max_capabilities);
        for (auto& name : firmware->capabilities)
            name = clipped(std::move(name), max_capability);
    }
    if (state.port) state.port->device = clipped(std::move(state.port->device), max_name);
    if (state.wants) {
        state.wants->kind = clipped(std::move(state.wants->kind), max_id);
        state.wants->text = clipped(std::move(state.wants->text), max_text);
        if (state.wants->buttons.size() > max_buttons) state.wants->buttons.resize(max_buttons);
        for (auto& button : state.wants->buttons)
            button = clipped(std::move(button), max_button);
    }
    if (state.lights.size() > max_lights) state.lights.resize(max_lights);
    for (auto& light : state.lights)
        light.name = clipped(std::move(light.name), max_light);
    state.objects.clear(); // which only Klipper tells
    return state;
}

template <class... Each>
struct overloaded : Each... {
    using Each::operator()...;
};
template <class... Each>
overloaded(Each...) -> overloaded<Each...>;

json number_or_null(const std::optional<double>& value)
{
    return value ? json(*value) : json(nullptr);
}

// --- requests
// -----------------------------------------------------------------------------------------------

void put_terms(json& into, const terms& how)
{
    if (how.time_left) into["time_left_ms"] = std::max<std::int64_t>(0, how.time_left->count());
    if (how.expected_state) into["expected_state"] = name_of(*how.expected_state);
    if (how.expected_job) into["expected_job"] = *how.expected_job;
    if (how.idempotency_key) into["key"] = *how.idempotency_key;
    if (!how.principal.empty()) into["principal"] = how.principal;
}

std::variant<action, ask_state, ask_capabilities> read_what(const json& from)
{
    const auto what = text_field(from, "do", 32);
    if (!what) throw_field_error("do", "is missing");
    if (auto named = read_action(*what, from)) return *std::move(named);
    if (*what == "state") return ask_state{};
    if (*what == "capabilities") return ask_capabilities{};
    throw_field_error("do", "is not something that the print host can do");
}

bool key_letters(std::string_view key)
{
    return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-';
    });
}

terms read_terms(const json& from)
{
    terms how;
    if (const auto left = count_field(from, "time_left_ms")) {
        if (*left > max_time_left_ms) throw_field_error("time_left_ms", "is more than a day");
        how.time_left = std::chrono::milliseconds(*left);
    }
    if (const auto name = text_field(from, "expected_state", max_id)) {
        how.expected_state = phase_named(*name);
        if (!how.expected_state) throw_field_error("expected_state", "is not a state that we know");
    }
    how.expected_job = text_field(from, "expected_job", max_id);
    how.idempotency_key = text_field(from, "key", 64);
    if (how.idempotency_key && !key_letters(*how.idempotency_key))
        throw_field_error("key", "is not 1 to 64 letters, digits, _ or -");
    how.principal = text_field(from, "principal", max_name).value_or(std::string());
    return how;
}

// --- replies
// ------------------------------------------------------------------------------------------------

travel_area read_travel(const json& from)
{
    const auto bound = [&](const char* name) {
        const auto value = number_field(from, name);
        if (!value) throw_field_error(name, "is missing");
        return *value;
    };
    return {bound("x_min"), bound("x_max"), bound("y_min"), bound("y_max"), bound("z_max")};
}

json told_travel(const std::optional<travel_area>& area)
{
    if (!area) return nullptr;
    return {{"x_min", area->x_min},
            {"x_max", area->x_max},
            {"y_min", area->y_min},
            {"y_max", area->y_max},
            {"z_max", area->z_max}};
}

link_capabilities read_capabilities(const json& from)
{
    link_capabilities can{
        bool_field(from, "serial").value_or(false), bool_field(from, "emergency_parser").value_or(false),
        number_field(from, "max_tool_c"),           number_field(from, "max_bed_c"),
        number_field(from, "max_chamber_c"),        {}};
    if (const json* travel = find_field(from, "travel")) can.travel = read_travel(*travel);
    if (const json* offers = find_field(from, "offers")) {
        if (!offers->is_array() || offers->size() > max_offers)
            throw_field_error("offers", "is not a list of at most 64 names");
        for (const auto& one : *offers) {
            if (!one.is_string()) throw_field_error("offers", "holds something that is not a string");
            can.offers.push_back(one.get<std::string>());
        }
    }
    return can;
}

json told_card(const card_page& page)
{
    json files = json::array();
    for (const auto& file : page.files)
        files.push_back({{"path", clipped(file.path, max_name)},
                         {"name", clipped(file.name, max_name)},
                         {"bytes", file.bytes ? json(*file.bytes) : json(nullptr)}});
    return {{"total", page.total}, {"files", std::move(files)}};
}

std::optional<card_page> read_card(const json& from)
{
    const json* card = find_field(from, "card");
    if (!card) return std::nullopt;
    const json* files = find_field(*card, "files");
    if (!files || !files->is_array() || files->size() > max_card_files)
        throw_field_error("card", "has no list of files of a bearable length");
    card_page page;
    page.total = count_field(*card, "total").value_or(files->size());
    for (const auto& one : *files) {
        auto path = text_field(one, "path", max_name);
        if (!path || !path->starts_with(card_root)) throw_field_error("card", "holds a file without a path");
        page.files.push_back({*std::move(path), text_field(one, "name", max_name).value_or(std::string()),
                              count_field(one, "bytes")});
    }
    return page;
}

printer_failure read_failure(const json& from)
{
    const auto name = text_field(from, "name", max_name);
    if (!name) throw_field_error("error", "has no name");
    // A newer print host may know more kinds than we do: its sentence still arrives.
    const auto* row = find_printer_error(*name);
    printer_failure failure{row ? row->code : printer_errc::host_failure,
                            text_field(from, "detail").value_or(std::string())};
    if (failure.detail.empty()) failure.detail = row ? std::string(row->text) : *name;
    return failure;
}

std::variant<host_reply, host_event> read_from_host(const json& from)
{
    if (const auto event = text_field(from, "event", max_id)) {
        const json* state = find_field(from, "state");
        if (*event != "state" || !state) throw_field_error("event", "is not one that we know");
        return host_event{state->get<printer_state>()};
    }
    host_reply reply;
    const auto id = count_field(from, "id");
    if (!id) throw_field_error("id", "is missing");
    reply.id = *id;
    if (const json* done = find_field(from, "ok"))
        reply.what = performed{text_field(*done, "job_id"),
                               text_field(*done, "note").value_or(std::string()),
                               bool_field(*done, "repeated").value_or(false),
                               text_field(*done, "reply").value_or(std::string()),
                               bool_field(*done, "confirmed"),
                               read_card(*done)};
    else if (const json* error = find_field(from, "error"))
        reply.what = read_failure(*error);
    else if (const json* state = find_field(from, "state"))
        reply.what = state->get<printer_state>();
    else if (const json* capabilities = find_field(from, "capabilities"))
        reply.what = read_capabilities(*capabilities);
    else
        throw_field_error("the reply", "has none of ok, error, state and capabilities");
    return reply;
}

// --- the one way in
// -----------------------------------------------------------------------------------------

// nlohmann puts "[json.exception.<kind>.<n>] " before what went wrong: of no use to a reader.
std::string reason_of(const json::exception& error)
{
    const std::string_view text = error.what();
    const auto bracket = text.find("] ");
    return std::string(bracket == std::string_view::npos ? text : text.substr(bracket + 2));
}

template <class T, class Read>
printer_result<T> decode(std::string_view line, Read read)
{
    if (line.size() > max_host_message)
        return printer_failure{printer_errc::out_of_range, "the message is longer than 64 KiB"};
    try {
        const json message = json::parse(line, nullptr, false);
        if (!message.is_object())
            return printer_failure{printer_errc::out_of_range, "the message is not a JSON object"};
        return printer_result<T>(read(message));
    } catch (const json::exception& error) {
        return printer_failure{printer_errc::out_of_range, reason_of(error)};
    }
}

} // namespace

std::string encode_request(const host_request& request)
{
    json message{{"id", request.id}};
    std::visit(overloaded{
                   [&](const action& what) { put_action(message, what); },
                   [&](const ask_state&) { message["do"] = "state"; },
                   [&](const ask_capabilities&) { message["do"] = "capabilities"; },
               },
               request.what);
    put_terms(message, request.how);
    if (request.until_ms) message["until_ms"] = *request.until_ms;
    return one_line(message);
}

printer_result<host_request> decode_request(std::string_view line)
{
    return decode<host_request>(line, [](const json& from) {
        const auto id = count_field(from, "id");
        if (!id) throw_field_error("id", "is missing");
        host_request request{*id, read_what(from), read_terms(from)};
        if (const auto until = count_field(from, "until_ms")) {
            if (*until > max_clock_ms) throw_field_error("until_ms", "is no time of this machine's clock");
            request.until_ms = static_cast<std::int64_t>(*until);
        }
        return request;
    });
}

std::string encode_reply(const host_reply& reply)
{
    json message{{"id", reply.id}};
    std::visit(overloaded{
                   [&](const performed& done) {
                       message["ok"] = {
                           {"job_id", done.job_id ? json(clipped(*done.job_id, max_id)) : json(nullptr)},
                           {"note", clipped(done.note, max_text)},
                           {"reply", clipped(done.reply, max_reply_bytes)},
                           {"repeated", done.repeated}};
                       if (done.confirmed) message["ok"]["confirmed"] = *done.confirmed;
                       if (done.card) message["ok"]["card"] = told_card(*done.card);
                   },
                   [&](const printer_failure& failure) {
                       const auto& row = row_of(failure.code);
                       message["error"] = {{"name", row.name},
                                           {"detail", failure.detail.empty()
                                                          ? std::string(row.text)
                                                          : clipped(failure.detail, max_text)}};
                   },
                   [&](const printer_state& state) { message["state"] = bounded(state); },
                   [&](const link_capabilities& can) {
                       message["capabilities"] = {{"serial", can.serial},
                                                  {"emergency_parser", can.emergency_parser},
                                                  {"max_tool_c", number_or_null(can.max_tool_c)},
                                                  {"max_bed_c", number_or_null(can.max_bed_c)},
                                                  {"max_chamber_c", number_or_null(can.max_chamber_c)},
                                                  {"travel", told_travel(can.travel)},
                                                  {"offers", can.offers}};
                   },
               },
               reply.what);
    return one_line(message);
}

std::string encode_event(const host_event& event)
{
    return one_line(json{{"event", "state"}, {"state", bounded(event.state)}});
}

printer_result<std::variant<host_reply, host_event>> decode_from_host(std::string_view line)
{
    return decode<std::variant<host_reply, host_event>>(line, read_from_host);
}

} // namespace layerline::printer::serial
