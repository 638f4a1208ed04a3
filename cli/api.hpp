// The Plugin API from the command line's side: calls, uploads, downloads and the event stream.
#pragma once

#include "cli/answer.hpp"
#include "cli/settings.hpp"
#include "transport/exchange.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace layerline::cli {

// Under which terms a command acts; what is not set is not asked.
struct call_terms {
    std::optional<std::chrono::milliseconds>
        time; // for the whole way; the command does nothing when it is over
    std::string expected_state, expected_job, key;
};

// Bytes done and, if known, of how many.
using progress_report = std::function<void(std::uint64_t done, std::optional<std::uint64_t> all)>;

class api {
public:
    api(transport::net::io_context& context, const settings& where);

    // One command ("files/list"); `arguments` is sent as the JSON body, or as the query of a GET. At most 30
    // s unless the terms say otherwise. Never fails but through the verdict.
    transport::task<verdict> call(std::string method, std::string command, nlohmann::json arguments,
                                  call_terms terms);
    // Sends a local file to a virtual path, in parts that go on where a broken connection left them; an agent
    // that takes none gets it in one piece. Gives up after two minutes without progress.
    transport::task<verdict> upload(std::filesystem::path file, std::string path, progress_report report);
    // Streams a file to `into` ("-" for stdout) by a temporary name.
    transport::task<verdict> download(std::string path, std::filesystem::path into, progress_report report);
    // The same for any command that answers with bytes ("webcam/snapshot?name=bed").
    transport::task<verdict> save(std::string command, std::filesystem::path into, progress_report report);
    // Any address of the workshop behind the agent or relay ("/workshop/slices/v1"): JSON both ways, the
    // verdict's body is the answer's. A body that is null is not sent.
    transport::task<verdict> ask_workshop(std::string method, std::string target, nlohmann::json body);
    // A model's file into the workshop; the answer's body has its "fileId".
    transport::task<verdict> upload_model(std::filesystem::path file, progress_report report);
    // Streams what is at that address, as save() does.
    transport::task<verdict> save_at(std::string target, std::filesystem::path into, progress_report report);
    // Opens the event stream; the verdict says why not.
    transport::task<std::variant<transport::response, verdict>> events(std::string last_id);

private:
    transport::request_head head_for(std::string method, std::string command) const;
    transport::request_head head_at(std::string method, std::string target) const;
    verdict unreachable(const transport::error_code& why) const;
    // The file from `from` on as the body of one request.
    transport::task<verdict> send_file(std::string method, std::string command, std::filesystem::path file,
                                       std::uint64_t from, progress_report report);

    std::shared_ptr<transport::requester> far_;
    settings where_;
};

// `text` for use in a query: all but letters, digits and -._~ as %XX.
std::string percent_encoded(std::string_view text);

} // namespace layerline::cli
