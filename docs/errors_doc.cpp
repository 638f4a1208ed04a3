// Makes docs/errors.md from the error tables, so that the page cannot differ from what the programs say.
// usage: errors_doc --write FILE | --check FILE
#include "access/error.hpp"
#include "commands/status.hpp"
#include "docs/generated_page.hpp"
#include "printer/printer_error.hpp"
#include "relay/relay_error.hpp"
#include "transport/error.hpp"
#include "workshop/models/model_error.hpp"
#include "workshop/slicing/slice_error.hpp"

#include <sstream>
#include <string>

namespace {

using namespace layerline;

std::string lasting(bool permanent)
{
    return permanent ? "yes" : "no";
}

void relay_part(std::ostream& out)
{
    out << "## The relay: HTTP 6xx\n\n"
           "The relay's own answers have these numbers as their HTTP status. A client that cannot take them "
           "sends\n"
           "`X-Layerline-Status: standard` and gets the status of the third column with the same body:\n"
           "`{\"Status\":601,\"Error\":…,\"Cause\":{\"Code\",\"Text\",\"Advice\",\"Permanent\"},\"Hop\":"
           "\"relay|agent\","
           "\"RequestId\":…,\"RetryAfterSec\":…}`.\n\n"
           "| Status | name | standard | permanent | text | advice |\n|---|---|---|---|---|---|\n";
    for (const auto& row : relay::relay_error_table())
        out << "| " << static_cast<int>(row.code) << " | " << row.name << " | " << row.standard_status
            << " | " << lasting(row.permanent) << " | " << row.text << " | " << row.advice << " |\n";
    out << "\nBeside them the relay uses 403 (the token lacks a scope), 404 (no such path), 426 (the "
           "tunnel's address without a\n"
           "WebSocket) and 429 (too many requests), with the same body.\n\n";
}

void plugin_part(std::ostream& out)
{
    out << "## The Plugin API: `Status` in an HTTP 200 body\n\n"
           "The agent answers HTTP 200 with "
           "`{\"Status\":785,\"Error\":…,\"Cause\":{\"Code\",\"Text\",\"Advice\",\"Hop\"},"
           "\"RequestId\":…}`.\nRaw endpoints (downloads) use HTTP's codes and carry a 7xx in an HTTP 400 "
           "body.\n\n"
           "| Status | name | permanent | text | advice |\n|---|---|---|---|---|\n";
    for (const auto& row : commands::status_table)
        out << "| " << row.code << " | " << row.name << " | " << lasting(row.permanent) << " | " << row.text
            << " | " << row.advice << " |\n";
    out << "\n### What the printer's side says, and the Status it becomes\n\n"
           "| `Cause.Code` | Status | hop | text | advice |\n|---|---|---|---|---|\n";
    for (const auto& row : commands::printer_status_table) {
        const auto& cause = printer::row_of(row.cause);
        out << "| " << cause.name << " | " << row.status << " | " << commands::name_of(row.at) << " | "
            << cause.text << " | " << cause.advice << " |\n";
    }
    out << "\n";
}

void model_part(std::ostream& out)
{
    out << "## The Model API: `errors` in the body, with an HTTP status of 400 or more\n\n"
           "The workshop answers `{\"errors\":[{\"code\":202,\"message\":…,\"name\":…,\"advice\":…}]}`.\n\n"
           "| code | name | HTTP | permanent | text | advice |\n|---|---|---|---|---|---|\n";
    for (const auto& row : workshop::model_error_table())
        out << "| " << static_cast<int>(row.code) << " | " << row.name << " | " << row.status << " | "
            << lasting(row.permanent) << " | " << row.text << " | " << row.advice << " |\n";
    out << "\n";
}

void slice_part(std::ostream& out)
{
    out << "## The Slice API: `status` in the body\n\n"
           "What a slice request is refused with, or fails with later ([slice-api.md](slice-api.md)).\n\n"
           "| status | name | permanent | text | advice |\n|---|---|---|---|---|\n";
    for (const auto& row : workshop::slice_error_table())
        out << "| " << static_cast<int>(row.code) << " | " << row.name << " | " << lasting(row.permanent)
            << " | " << row.text << " | " << row.advice << " |\n";
    out << "\nThe steps of a log have codes of their own:\n\n"
           "| code | the request's | meaning |\n|---|---|---|\n";
    for (const auto& row : workshop::internal_code_table())
        out << "| " << row.code << " | "
            << (row.becomes ? std::to_string(static_cast<int>(*row.becomes)) : "-") << " | " << row.text
            << " |\n";
    out << "\n";
}

template <class Rows>
void named_part(std::ostream& out, const char* title, const char* intro, const Rows& rows)
{
    out << "## " << title << "\n\n"
        << intro << "\n\n| name | permanent | text | advice |\n|---|---|---|---|\n";
    for (const auto& row : rows)
        out << "| " << row.name << " | " << lasting(row.permanent) << " | " << row.text << " | " << row.advice
            << " |\n";
    out << "\n";
}

std::string page()
{
    std::ostringstream out;
    out << "# Errors\n\n"
           "Made from the tables in the code by `errors_doc --write docs/errors.md`; a test checks that it "
           "is current.\n"
           "Names are stable: scripts may rely on them. *Permanent* means that the same request will fail "
           "again.\n\n";
    relay_part(out);
    plugin_part(out);
    model_part(out);
    slice_part(out);
    named_part(out, "On the way",
               "In logs and in `layerline-agent status`: what ended a connection or a tunnel.",
               transport::error_table());
    named_part(out, "Keys, pairing and the store",
               "In logs, in `layerline-agent status` and in refusals of a tunnel.", access::error_table());
    auto text = out.str();
    text.pop_back();
    return text;
}

} // namespace

int main(int argc, char** argv)
{
    return layerline::docs::write_or_check(argc, argv, "errors_doc", page);
}
