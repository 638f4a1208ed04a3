#include "fakes/fake_moonraker_files.hpp"

#include "access/crypto.hpp"
#include "transport/error.hpp"

#include <algorithm>
#include <vector>

namespace layerline::fakes {

using nlohmann::json;
using transport::task;

namespace {

constexpr std::string_view prefix = "/server/files/";

std::string decoded(std::string_view text)
{
    std::string all;
    for (std::size_t at = 0; at < text.size(); ++at)
        if (text[at] == '%' && at + 2 < text.size()) {
            all += static_cast<char>(std::stoi(std::string(text.substr(at + 1, 2)), nullptr, 16));
            at += 2;
        } else {
            all += text[at];
        }
    return all;
}

// The value of the only argument.
std::string argument_in(std::string_view target)
{
    return decoded(target.substr(target.find('=') + 1));
}

std::string without_root(const std::string& path)
{
    if (path == "gcodes") return {};
    return path.starts_with("gcodes/") ? path.substr(7) : "?";
}

std::string sha256_of(const std::string& bytes)
{
    std::string text;
    for (const auto byte : access::sha256(bytes)) {
        text += "0123456789abcdef"[byte >> 4U];
        text += "0123456789abcdef"[byte & 0xFU];
    }
    return text;
}

std::string between(const std::string& text, const std::string& from, const std::string& to)
{
    const auto at = text.find(from);
    if (at == std::string::npos) return {};
    const auto begin = at + from.size();
    return text.substr(begin, text.find(to, begin) - begin);
}

} // namespace

fake_moonraker_files::reply fake_moonraker_files::refusal(unsigned status, const std::string& message)
{
    return {status, json{{"error",
                          {{"code", status},
                           {"message", message},
                           {"traceback", "Traceback: /home/pi/moonraker/components/application.py"}}}}
                        .dump()};
}

bool fake_moonraker_files::has_folder(const std::string& path) const
{
    if (path.empty() || folders.contains(path)) return true;
    const auto next = files.lower_bound(path + "/");
    return next != files.end() && next->first.starts_with(path + "/");
}

fake_moonraker_files::reply fake_moonraker_files::directory(const std::string& path) const
{
    const auto below = without_root(path);
    if (!has_folder(below)) return refusal(400, "Directory does not exist (/home/pi/gcodes/" + below + ")");
    const auto start = below.empty() ? std::string() : below + "/";
    std::set<std::string> inside;
    json found = json::array(), dirs = json::array();
    const auto look = [&](const std::string& name) {
        if (!name.starts_with(start) || name == start) return std::string();
        const auto rest = name.substr(start.size());
        if (rest.find('/') == std::string::npos) return rest;
        inside.insert(rest.substr(0, rest.find('/')));
        return std::string();
    };
    for (const auto& folder : folders)
        if (const auto own = look(folder); !own.empty()) inside.insert(own);
    for (const auto& [name, one] : files)
        if (const auto own = look(name); !own.empty())
            found.push_back({{"filename", own},
                             {"size", one.content.size()},
                             {"modified", one.modified},
                             {"permissions", "rw"}});
    for (const auto& name : inside)
        dirs.push_back({{"dirname", name}, {"size", 4096}, {"modified", 1615768162.0412788}});
    return {200,
            json{{"result", {{"dirs", dirs}, {"files", found}, {"root_info", {{"name", "gcodes"}}}}}}.dump()};
}

fake_moonraker_files::reply fake_moonraker_files::content(const std::string& path,
                                                          const transport::request_head& asked) const
{
    const auto below = without_root(path);
    const auto found = files.find(below);
    if (found == files.end())
        return has_folder(below) ? refusal(403, "Forbidden") : refusal(404, "Not Found");
    const auto& all = found->second.content;
    reply out{200, all};
    const auto range = asked.headers.find("range");
    if (!range) return out;
    const auto first = std::stoull(std::string(range->substr(6)));
    if (first >= all.size()) {
        out = {416, ""};
        out.headers.set("content-range", "bytes */" + std::to_string(all.size()));
        return out;
    }
    out.body = all.substr(first);
    out.status = 206;
    out.headers.set("content-range", "bytes " + std::to_string(first) + "-" + std::to_string(all.size() - 1) +
                                         "/" + std::to_string(all.size()));
    return out;
}

fake_moonraker_files::reply fake_moonraker_files::remove(const std::string& path)
{
    const auto below = without_root(path);
    if (!files.contains(below)) return refusal(400, "Bad Request");
    if (below == in_use) return refusal(403, "Forbidden");
    files.erase(below);
    return {200, json{{"result", {{"action", "delete_file"}}}}.dump()};
}

fake_moonraker_files::reply fake_moonraker_files::make_folder(const std::string& path)
{
    const auto below = without_root(path);
    const auto slash = below.rfind('/');
    if (has_folder(below) || files.contains(below) ||
        !has_folder(slash == std::string::npos ? "" : below.substr(0, slash)))
        return refusal(400, "Bad Request");
    folders.insert(below);
    return {201, json{{"result", {{"action", "create_dir"}}}}.dump()};
}

fake_moonraker_files::reply fake_moonraker_files::remove_folder(const std::string& path, bool force)
{
    const auto below = without_root(path);
    if (!has_folder(below)) return refusal(400, "Directory does not exist (" + below + ")");
    const auto inside = [&](const std::string& name) { return name.starts_with(below + "/"); };
    if (inside(in_use)) return refusal(403, "Forbidden");
    const bool full =
        std::any_of(files.begin(), files.end(), [&](const auto& one) { return inside(one.first); }) ||
        std::any_of(folders.begin(), folders.end(), inside);
    if (full && !force) return refusal(403, "Forbidden");
    std::erase_if(files, [&](const auto& one) { return inside(one.first); });
    std::erase_if(folders, [&](const auto& name) { return name == below || inside(name); });
    return {200, json{{"result", {{"action", "delete_dir"}}}}.dump()};
}

// As it is there: a file takes another's place, and what is moved to a folder goes into it.
fake_moonraker_files::reply fake_moonraker_files::move(const std::string& from, const std::string& to)
{
    const auto source = without_root(from);
    auto target = without_root(to);
    if (!files.contains(source) && !has_folder(source)) return refusal(404, "Not Found");
    if (source == in_use || in_use.starts_with(source + "/")) return refusal(403, "Forbidden");
    if (has_folder(target)) target += "/" + source.substr(source.rfind('/') + 1);
    std::map<std::string, file> moved;
    for (auto& [name, one] : files) {
        const bool goes = name == source || name.starts_with(source + "/");
        moved[goes ? target + name.substr(source.size()) : name] = one;
    }
    files = std::move(moved);
    if (folders.erase(source) > 0) folders.insert(target);
    return {200, json{{"result", {{"action", "move"}}}}.dump()};
}

fake_moonraker_files::reply fake_moonraker_files::keep(const std::string& content_type,
                                                       const std::string& body)
{
    const auto boundary = "--" + content_type.substr(content_type.find("boundary=") + 9);
    form.clear();
    std::string file, name;
    for (auto at = body.find(boundary); at != std::string::npos;) {
        at += boundary.size();
        if (body.compare(at, 2, "--") == 0) break;
        const auto head_end = body.find("\r\n\r\n", at);
        const auto next = body.find("\r\n" + boundary, head_end);
        if (head_end == std::string::npos || next == std::string::npos)
            return refusal(500, "File Upload Parsing Failed");
        const auto head = body.substr(at, head_end - at);
        auto value = body.substr(head_end + 4, next - head_end - 4);
        const auto field = between(head, " name=\"", "\"");
        if (field == "file") {
            name = between(head, "filename=\"", "\"\r\n");
            for (auto quote = name.find("\\\""); quote != std::string::npos; quote = name.find("\\\""))
                name.erase(quote, 1);
            file = std::move(value);
        } else {
            form[field] = std::move(value);
        }
        at = next + 2;
    }
    if (!spoils.empty()) file = spoils;
    if (form.contains("checksum") && form["checksum"] != sha256_of(file))
        return refusal(422, "Unprocessable Entity");
    const auto below = form.contains("path") ? form["path"] + "/" + name : name;
    if (below == in_use) return refusal(403, "Forbidden");
    files[below].content = file;
    auto out = json{{"item",
                     {{"modified", 1795288070.0045612},
                      {"size", file.size()},
                      {"permissions", "rw"},
                      {"path", below},
                      {"root", "gcodes"}}},
                    {"print_started", false},
                    {"print_queued", false},
                    {"action", "create_file"}};
    return {201, out.dump()};
}

task<bool> fake_moonraker_files::serve(transport::exchange& call)
{
    const auto& asked = call.request();
    const auto path = asked.target.substr(0, asked.target.find('?'));
    if (!path.starts_with(prefix)) co_return false;
    const auto name = decoded(path.substr(prefix.size()));
    reply out;
    if (name == "upload") {
        const auto type = std::string(asked.headers.find("content-type").value_or(""));
        auto body = co_await transport::read_all(*call.body(), largest_upload);
        if (!body && body.error() != transport::make_error_code(transport::errc::too_large)) co_return true;
        out = body ? keep(type, *body) : refusal(413, "Request Entity Too Large");
    } else if (name == "directory" && asked.method == "POST") {
        out = make_folder(argument_in(asked.target));
    } else if (name == "directory" && asked.method == "DELETE") {
        const auto whole = asked.target.find("&force=true");
        out = remove_folder(argument_in(asked.target.substr(0, whole)), whole != std::string::npos);
    } else if (name == "move" && asked.method == "POST") {
        const auto second = asked.target.find("&dest=");
        out = move(argument_in(asked.target.substr(0, second)), decoded(asked.target.substr(second + 6)));
    } else if (name == "directory") {
        out = directory(argument_in(asked.target));
    } else if (name == "metadata") {
        const auto found = files.find(argument_in(asked.target));
        if (found == files.end() || found->second.metadata.is_null())
            out = refusal(404, "Metadata not available for <" + argument_in(asked.target) + ">");
        else
            out.body = json{{"result", found->second.metadata}}.dump();
    } else if (asked.method == "DELETE") {
        out = remove(name);
    } else {
        out = content(name, asked);
    }
    transport::response_head head;
    head.status = out.status;
    head.headers = std::move(out.headers);
    (void)co_await transport::respond_with(call, std::move(head), std::move(out.body));
    co_return true;
}

} // namespace layerline::fakes
