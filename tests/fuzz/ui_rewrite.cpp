// Requests for a local UI and its answers, as strangers send them: "method target" in the first line, fields
// as "name:value" in the others. What comes out must be safe to write and must not say what only Layerline
// may.
#include "agent/ui_rewrite.hpp"

#include <cstdlib>

using namespace layerline::agent;
using layerline::transport::fields;

namespace {

void require(bool so)
{
    if (!so) std::abort();
}

ui_target target(std::string_view url, std::string prefix)
{
    auto out = std::get<ui_target>(parse_ui_url(url));
    out.prefix = std::move(prefix);
    return out;
}

void check_written(const fields& headers)
{
    for (const auto& f : headers) {
        require(!f.name.empty() && f.name.find_first_of("\r\n: ") == std::string::npos);
        require(f.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
        require(!f.name.starts_with("x-layerline-"));
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const std::vector<ui_target> all{target("http://127.0.0.1/", "/"),
                                            target("http://127.0.0.1:8080/stream/", "/webcam/")};
    static const public_place place{"https", "lab.print.example"};
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const auto next_line = [&rest] {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        return line;
    };
    const auto first = next_line();
    const auto blank = first.find(' ');
    const auto method = first.substr(0, blank);
    const auto path = blank == std::string_view::npos ? std::string_view{} : first.substr(blank + 1);
    fields headers;
    while (!rest.empty()) {
        const auto line = next_line();
        const auto colon = line.find(':');
        if (colon != std::string_view::npos)
            headers.add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 1)));
    }
    const auto asked = request_for_ui(all, method, path, headers, place);
    if (const auto* request = std::get_if<ui_request>(&asked)) {
        require(request->to != nullptr && request->path.starts_with(request->to->base));
        require(!climbs(std::string_view(request->path).substr(0, request->path.find('?'))));
        check_written(request->headers);
        require(!request->headers.find("authorization") && !request->headers.find("forwarded"));
        require(request->headers.find("host") == request->to->host_field);
        require(request->headers.find("x-forwarded-host") == place.host);
        if (const auto origin = request->headers.find("origin"))
            require(*origin == "http://" + request->to->host_field);
    }
    const auto answered = answer_from_ui(headers, all[1], place);
    check_written(answered);
    require(!answered.find("www-authenticate") && !answered.find("connection"));
    for (const auto& f : answered)
        if (f.name == "set-cookie") require(!f.value.starts_with("layerline"));
    // Read back: a target that is taken apart stays what it was.
    if (const auto parsed = parse_ui_url(path); const auto* one = std::get_if<ui_target>(&parsed)) {
        const auto again = parse_ui_url((one->tls ? "https://" : "http://") + one->host_field + one->base);
        require(std::holds_alternative<ui_target>(again) && std::get<ui_target>(again) == *one);
    }
    (void)public_place_of(path, method);
    (void)ui_address_allowed(std::string(path));
    return 0;
}
