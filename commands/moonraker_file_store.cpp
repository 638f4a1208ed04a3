// The store's requests to Moonraker: one client, bodies handed on as they come.
#include "commands/moonraker_file_store.hpp"

#include "access/crypto.hpp"
#include "access/hex.hpp"
#include "commands/moonraker_files.hpp"
#include "transport/error.hpp"
#include "transport/http_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace layerline::commands {

using printer::printer_errc;
using printer::printer_failure;
using printer::printer_result;
using transport::body_source;
using transport::clock;
using transport::errc;
using transport::task;
namespace net = transport::net;

namespace {

constexpr auto as_tuple = net::as_tuple(net::use_awaitable);
constexpr std::size_t longest_refusal = 64UL * 1024;
constexpr std::size_t longest_listing = 8UL * 1024 * 1024;
constexpr std::size_t longest_metadata = 1UL * 1024 * 1024;

printer_result<virtual_path> checked(const std::string& path, bool needs_name)
{
    auto parsed = parse_virtual_path(path);
    if (const auto* fault = std::get_if<std::string>(&parsed))
        return printer_failure{printer_errc::out_of_range, "The path " + *fault + "."};
    auto& good = std::get<virtual_path>(parsed);
    if (needs_name && good.segments.empty())
        return printer_failure{printer_errc::out_of_range, "The path names the root, not a file."};
    return std::move(good);
}

// SHA-256 of what went by.
class running_digest {
public:
    running_digest() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free)
    {
        good_ = context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
    }
    void take(const void* bytes, std::size_t count)
    {
        good_ = good_ && EVP_DigestUpdate(context_.get(), bytes, count) == 1;
    }
    // Once. None if OpenSSL failed.
    std::optional<std::string> hex()
    {
        access::digest out{};
        if (!good_ || EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) != 1) return std::nullopt;
        return access::to_hex(out);
    }

private:
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
    bool good_ = false;
};

// The file's bytes in the frame of an upload.
class upload_form final : public body_source {
public:
    upload_form(upload_frame frame, std::shared_ptr<body_source> content)
        : frame_(std::move(frame)), content_(std::move(content))
    {
    }

    task<transport::result<std::size_t>> read_some(net::mutable_buffer into) override
    {
        for (;;) {
            const auto& text = part_ == 0 ? frame_.before() : after_;
            if (part_ != 1 && at_ < text.size()) {
                const auto n = std::min(into.size(), text.size() - at_);
                std::memcpy(into.data(), text.data() + at_, n);
                at_ += n;
                if (part_ == 2 && at_ == text.size()) ended_ = clock::now();
                co_return n;
            }
            if (part_ == 2) co_return std::size_t{0};
            if (part_ == 0) {
                part_ = 1;
                at_ = 0;
            }
            const auto got = co_await content_->read_some(into);
            if (!got) {
                broke_ = got.error();
                co_return got;
            }
            if (*got > 0) {
                digest_.take(into.data(), *got);
                bytes_ += *got;
                co_return got;
            }
            const auto hex = digest_.hex();
            if (!hex) {
                broke_ = make_error_code(errc::malformed);
                co_return broke_;
            }
            after_ = frame_.after(*hex);
            part_ = 2;
        }
    }

    std::optional<std::uint64_t> remaining() const override
    {
        if (part_ == 2) return after_.size() - at_;
        const auto rest = content_->remaining();
        if (!rest) return std::nullopt;
        return *rest + (part_ == 0 ? frame_.before().size() - at_ : 0) + frame_.after_bytes();
    }

    std::uint64_t bytes() const { return bytes_; } // of the file, so far
    const transport::error_code& broke() const { return broke_; }
    // When its last byte was handed out.
    std::optional<clock::time_point> ended() const { return ended_; }

private:
    upload_frame frame_;
    std::shared_ptr<body_source> content_;
    running_digest digest_;
    std::string after_;
    int part_ = 0; // before, content, after
    std::size_t at_ = 0;
    std::uint64_t bytes_ = 0;
    transport::error_code broke_;
    std::optional<clock::time_point> ended_;
};

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

std::size_t depth_of(const std::string& path)
{
    return static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
}

printer_failure not_understood()
{
    return {printer_errc::refused, "Moonraker's answer could not be understood: is another program there?"};
}

class moonraker_file_store final : public file_store {
public:
    moonraker_file_store(net::io_context& home, moonraker_store_options options)
        : home_(home), options_(std::move(options)), client_(new_client())
    {
    }
    void stop() override { client_ = new_client(); } // with no connection yet

    std::uint64_t max_file_bytes() const override { return options_.max_file_bytes; }

    task<printer_result<file_node>> list(std::string path) override
    {
        const auto good = checked(path, false);
        if (!good) co_return good.error();
        auto root = node_of_folder(*good);
        std::size_t left = options_.max_nodes, folders = options_.max_folders;
        std::vector<file_node*> open{&root};
        while (!open.empty()) {
            auto& folder = *open.back();
            open.pop_back();
            const auto at = checked(folder.virtual_path, false);
            if (!at || folders == 0) {
                root.truncated = true;
                continue;
            }
            --folders;
            auto found = co_await folder_at(*at, left);
            if (!found) {
                if (&folder == &root) co_return found.error();
                // Removed, or renamed, since it was listed.
                if (found.error().code == printer_errc::no_such_file) continue;
                co_return found.error();
            }
            root.truncated = root.truncated || found->truncated;
            left -= found->entries.size();
            folder.children.reserve(found->entries.size());
            for (const auto& entry : found->entries)
                folder.children.push_back(node_of(entry, folder.virtual_path));
            for (auto& child : folder.children)
                if (child.folder && depth_of(child.virtual_path) < max_path_depth) open.push_back(&child);
        }
        co_return root;
    }

    task<printer_result<file_node>> stat(std::string path) override
    {
        const auto good = checked(path, false);
        if (!good) co_return good.error();
        if (good->segments.empty()) co_return node_of_folder(*good);
        co_return co_await look_up(*good);
    }

    task<printer_result<opened_file>> read(std::string path, std::uint64_t offset) override
    {
        const auto good = checked(path, true);
        if (!good) co_return good.error();
        co_return co_await open_at(moonraker_file_target(*good), good->segments.back(), offset, *good);
    }

    task<printer_result<file_node>> write(std::string path, std::shared_ptr<body_source> content) override
    {
        using namespace net::experimental::awaitable_operators; // NOLINT(google-build-using-namespace)
        const auto good = checked(path, true);
        if (!good) co_return good.error();
        // Moonraker would trim it.
        if (good->segments.back().front() == ' ' || good->segments.back().back() == ' ')
            co_return printer_failure{printer_errc::out_of_range,
                                      "A file's name can neither begin nor end with a space here."};
        if (content->remaining().value_or(0) > options_.max_file_bytes) co_return over();
        std::array<unsigned char, 16> random{};
        if (!access::random_bytes(random))
            co_return printer_failure{printer_errc::host_failure, "There are no random numbers."};
        upload_frame frame(*good, access::to_hex(random));
        auto head = head_for("POST", "/server/files/upload");
        head.deadline.reset(); // a slow way takes what it takes
        head.headers.set("content-type", frame.content_type());
        const auto form = std::make_shared<upload_form>(std::move(frame), std::move(content));
        std::shared_ptr<body_source> body = form;
        auto sending = client_->send(std::move(head), std::move(body));
        auto waiting = too_long_without_answer(form);
        auto outcome = co_await (std::move(sending) || std::move(waiting));
        if (outcome.index() == 1)
            co_return printer_failure{printer_errc::no_answer,
                                      "Moonraker has not said in time whether it kept the file; look at the "
                                      "list of files."};
        auto& answer = std::get<0>(outcome);
        if (form->broke())
            co_return printer_failure{printer_errc::host_failure,
                                      "The upload broke off: " + form->broke().message() + "."};
        if (!answer) co_return away(answer.error());
        auto text = co_await transport::read_all(*answer->body, longest_refusal);
        if (!text) co_return away(text.error());
        if (answer->head.status != 200 && answer->head.status != 201)
            co_return failure_of_moonraker(answer->head.status, *text);
        const auto stored = parse_moonraker_stored(*text);
        if (!stored) co_return not_understood();
        if (stored->below_root != good->below_root() || stored->size_bytes != form->bytes())
            co_return printer_failure{printer_errc::refused,
                                      "Moonraker kept the file under another name or with another size."};
        file_node node;
        node.virtual_path = good->text();
        node.name = good->segments.back();
        node.size_bytes = stored->size_bytes;
        node.modified_unix = stored->modified_unix;
        co_return node;
    }

    task<printer_result<void>> remove(std::string path) override
    {
        const auto good = checked(path, true);
        if (!good) co_return good.error();
        auto done = co_await ask_text("DELETE", moonraker_file_target(*good), longest_refusal);
        if (done) co_return printer_result<void>();
        co_return co_await explained(*good, done.error());
    }

    task<printer_result<std::optional<gcode_metadata>>> metadata(std::string path) override
    {
        auto read = co_await read_metadata(std::move(path));
        if (!read) co_return read.error();
        if (!*read) co_return std::optional<gcode_metadata>();
        co_return std::optional<gcode_metadata>((*read)->print);
    }

    task<printer_result<std::vector<file_thumbnail>>> thumbnails(std::string path) override
    {
        auto read = co_await read_metadata(std::move(path));
        if (!read) co_return read.error();
        std::vector<file_thumbnail> all;
        if (*read)
            for (auto& one : (*read)->thumbnails)
                all.push_back({one.width_px, one.height_px, one.size_bytes, std::move(one.relative)});
        co_return all;
    }

    task<printer_result<opened_file>> thumbnail(std::string path, std::string name) override
    {
        const auto good = checked(path, true);
        if (!good) co_return good.error();
        // Only what Moonraker itself names.
        auto read = co_await read_metadata(path);
        if (!read) co_return read.error();
        if (*read)
            for (const auto& one : (*read)->thumbnails)
                if (one.relative == name)
                    co_return co_await open_at(moonraker_thumbnail_target(*good, name),
                                               name.substr(name.rfind('/') + 1), 0, std::nullopt);
        co_return printer_failure{printer_errc::no_such_file, "There is no such picture."};
    }

private:
    std::shared_ptr<transport::requester> new_client() const
    {
        transport::client_options client;
        client.ca_file = options_.ca_file;
        client.allow_insecure = options_.allow_insecure;
        client.body_stall = options_.stall;
        return transport::make_http_client(home_, options_.base, std::move(client));
    }

    transport::request_head head_for(std::string method, std::string target) const
    {
        transport::request_head head;
        head.method = std::move(method);
        head.target = std::move(target);
        head.deadline = clock::now() + options_.answer_within;
        if (!options_.api_key.empty()) head.headers.set("x-api-key", options_.api_key);
        return head;
    }

    printer_failure away(const transport::error_code& code) const
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

    printer_failure over() const
    {
        return {printer_errc::out_of_range,
                "The file is larger than " + std::to_string(options_.max_file_bytes) + " bytes."};
    }

    // A whole answer of at most `limit` bytes; a failure for any status but 2xx.
    task<printer_result<std::string>> ask_text(std::string method, std::string target, std::size_t limit)
    {
        auto answer = co_await client_->send(head_for(std::move(method), std::move(target)), nullptr);
        if (!answer) co_return away(answer.error());
        const auto status = answer->head.status;
        const bool good = status >= 200 && status < 300;
        auto text = co_await transport::read_all(*answer->body, good ? limit : longest_refusal);
        if (!text) co_return away(text.error());
        if (!good) co_return failure_of_moonraker(status, *text);
        co_return std::move(*text);
    }

    task<printer_result<far_folder>> folder_at(virtual_path at, std::size_t most)
    {
        auto text = co_await ask_text("GET", moonraker_folder_target(at), longest_listing);
        if (!text) co_return text.error();
        auto found = parse_moonraker_folder(*text, most);
        if (!found) co_return not_understood();
        co_return std::move(*found);
    }

    task<printer_result<file_node>> look_up(virtual_path path)
    {
        virtual_path folder = path;
        folder.segments.pop_back();
        const auto found = co_await folder_at(folder, options_.max_nodes * 10);
        if (!found) co_return found.error();
        for (const auto& entry : found->entries)
            if (entry.name == path.segments.back()) co_return node_of(entry, folder.text());
        co_return printer_failure{printer_errc::no_such_file, ""};
    }

    // Moonraker says "Bad Request" for a missing file and "Forbidden" for a folder, as for much else: a look
    // tells which it was.
    task<printer_result<void>> explained(virtual_path path, printer_failure why)
    {
        if (why.code != printer_errc::refused && why.code != printer_errc::file_in_use) co_return why;
        const auto there = co_await look_up(std::move(path));
        if (!there && there.error().code == printer_errc::no_such_file) co_return there.error();
        if (there && there->folder)
            co_return printer_failure{printer_errc::out_of_range, "Path names a folder, not a file."};
        co_return why;
    }

    task<printer_result<opened_file>> open_at(std::string target, std::string name, std::uint64_t offset,
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
            auto text = co_await transport::read_all(*answer->body, longest_refusal);
            if (!text) co_return away(text.error());
            auto why = failure_of_moonraker(status, *text);
            if (!path) co_return why;
            const auto told = co_await explained(std::move(*path), std::move(why));
            co_return told.error();
        }
        file.content = std::move(answer->body);
        co_return file;
    }

    task<printer_result<std::optional<far_metadata>>> read_metadata(std::string path)
    {
        const auto good = checked(path, true);
        if (!good) co_return good.error();
        auto text = co_await ask_text("GET", moonraker_metadata_target(*good), longest_metadata);
        // A file that it has not looked into, or could not.
        if (!text && text.error().code == printer_errc::no_such_file) co_return std::optional<far_metadata>();
        if (!text) co_return text.error();
        co_return parse_moonraker_metadata(*text);
    }

    // Ends when the last byte went out `keep_within` ago.
    task<void> too_long_without_answer(std::shared_ptr<upload_form> form)
    {
        net::steady_timer timer(co_await net::this_coro::executor);
        for (;;) {
            const auto from = form->ended();
            if (from && clock::now() - *from >= options_.keep_within) co_return;
            timer.expires_at(from.value_or(clock::now()) + options_.keep_within);
            co_await timer.async_wait(as_tuple);
            const auto cancel = co_await net::this_coro::cancellation_state;
            if (cancel.cancelled() != net::cancellation_type::none) co_return;
        }
    }

    net::io_context& home_;
    moonraker_store_options options_;
    std::shared_ptr<transport::requester> client_;
};

} // namespace

std::unique_ptr<file_store> make_moonraker_file_store(net::io_context& home, moonraker_store_options options)
{
    return std::make_unique<moonraker_file_store>(home, std::move(options));
}

} // namespace layerline::commands
