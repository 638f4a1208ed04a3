// Failures from the tables, and the envelope's encoding.
#include "commands/reply.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>

namespace layerline::commands {

using nlohmann::json;

failure fail(int status, std::string error)
{
    const auto& row = row_of_status(status);
    failure why{row.code, std::move(error), row.name, row.text, row.advice, hop::agent};
    if (why.error.empty()) why.error = row.text;
    return why;
}

failure fail(const printer::printer_failure& why)
{
    const auto& row = printer::row_of(why.code);
    const auto& as = status_of(why.code);
    return {as.status,  why.detail.empty() ? std::string(row.text) : why.detail,
            row.name,   row.text,
            row.advice, as.at};
}

void throw_exception_from_error(const failure& why, const boost::source_location&)
{
    throw std::logic_error("outcome::value() on a failure: " + why.error);
}

namespace {

std::string dumped(const json& value)
{
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Most request ids need no escaping, and a serializer for so little costs more than the rest of an answer.
std::string quoted(std::string_view id)
{
    const bool plain = std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
    });
    if (!plain) return dumped(json(id));
    return std::string(1, '"').append(id).append(1, '"');
}

json described(const failure& why, std::string_view request_id)
{
    return {
        {"Status", why.status},
        {"Error", why.error},
        {"Cause", {{"Code", why.code}, {"Text", why.text}, {"Advice", why.advice}, {"Hop", name_of(why.at)}}},
        {"RequestId", request_id}};
}

} // namespace

envelope encode_success(const json& result, std::string_view request_id, std::size_t limit)
{
    return encode_success_text(dumped(result), request_id, limit);
}

envelope encode_success_text(std::string_view inner, std::string_view request_id, std::size_t limit)
{
    if (inner.size() > limit)
        return encode_failure(fail(753, "The result takes " + std::to_string(inner.size()) +
                                            " bytes; an answer holds at most " + std::to_string(limit) +
                                            ". Ask for it in pages."),
                              nullptr, request_id, limit);
    // Put together as text: the result may be large, and is not copied into a second document.
    std::string text;
    text.reserve(inner.size() + 128);
    text += R"({"Status":200,"Result":)";
    text += inner;
    text.append(R"(,"RequestId":)").append(quoted(request_id)).append("}");
    return {200, std::move(text)};
}

envelope encode_failure(const failure& why, const json* beside, std::string_view request_id,
                        std::size_t limit)
{
    json all = described(why, request_id);
    if (beside) {
        json with = all;
        with["Result"] = *beside;
        std::string text = dumped(with);
        if (text.size() <= limit) return {why.status, std::move(text)};
    }
    return {why.status, dumped(all)};
}

unsigned http_status_of(int status, bool raw_endpoint)
{
    if (status == 403) return 403;
    if (!raw_endpoint) return 200;
    return status >= 100 && status <= 599 ? static_cast<unsigned>(status) : 400;
}

} // namespace layerline::commands
