// Under which terms a call acts: read from the deadline, arguments and headers.
#include "commands/command.hpp"

#include <algorithm>
#include <array>

namespace layerline::commands {

namespace {

constexpr std::array schema{
    argument{.name = "ExpectedState", .least = 1, .most = 16},
    argument{.name = "ExpectedJobId", .least = 1, .most = 64},
};

bool is_key(std::string_view text)
{
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
    });
}

// What the argument or else the header says; a failure when both say something and it differs.
outcome<std::optional<std::string>> one_of(const std::optional<std::string>& given, const char* argument_name,
                                           const transport::fields& headers, const char* header)
{
    const auto field = headers.find(header);
    if (field && field->size() > 64)
        return fail(400, std::string(header) + " must be at most 64 bytes long.");
    if (given && field && *given != *field)
        return fail(400, std::string(argument_name) + " and " + header + " differ.");
    if (given) return given;
    if (field) return std::optional(std::string(*field));
    return std::optional<std::string>();
}

} // namespace

std::span<const argument> terms_schema()
{
    return schema;
}

outcome<printer::terms> read_terms(const transport::request_head& request, const arguments& given,
                                   const caller& who, transport::clock::time_point now)
{
    printer::terms terms;
    terms.principal = who.principal;
    terms.principal_name = who.name;
    terms.peer = who.peer;
    if (request.deadline) {
        const auto left = std::chrono::floor<std::chrono::milliseconds>(*request.deadline - now);
        if (left.count() <= 0)
            return fail(printer::printer_failure{printer::printer_errc::late,
                                                 "The command's time had run out before it began; nothing "
                                                 "was done."});
        terms.time_left = left;
    }
    auto state =
        one_of(given.text("ExpectedState"), "ExpectedState", request.headers, "x-layerline-expect-state");
    if (!state) return state.error();
    if (*state) {
        terms.expected_state = printer::phase_named(**state);
        if (!terms.expected_state) return fail(400, "ExpectedState is no state that we know.");
    }
    auto job =
        one_of(given.text("ExpectedJobId"), "ExpectedJobId", request.headers, "x-layerline-expect-job");
    if (!job) return job.error();
    if (*job && !is_key(**job)) return fail(400, "ExpectedJobId must be 1-64 of A-Z, a-z, 0-9, '-', '_'.");
    terms.expected_job = *job;
    if (const auto key = request.headers.find("idempotency-key")) {
        if (!is_key(*key)) return fail(400, "Idempotency-Key must be 1-64 of A-Z, a-z, 0-9, '-', '_'.");
        terms.idempotency_key = std::string(*key);
    }
    return terms;
}

} // namespace layerline::commands
