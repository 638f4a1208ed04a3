// Addresses by Boost.URL and the checks of local UIs' addresses; a section's keys by the settings' reader.
#include "agent/camera_settings.hpp"

#include "access/base64.hpp"
#include "access/printable.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

namespace layerline::agent {

namespace {

constexpr std::size_t max_target = 1024;
constexpr std::size_t max_name = 32;
constexpr std::size_t max_credentials = 256;

std::string_view view_of(boost::urls::string_view s)
{
    return {s.data(), s.size()};
}

// Base64 as Basic credentials want it: the plain alphabet, padded.
std::string basic_of(const std::string& user, const std::string& password)
{
    const auto pair = user + ":" + password;
    auto text = access::to_base64url({reinterpret_cast<const unsigned char*>(pair.data()), pair.size()});
    std::replace(text.begin(), text.end(), '-', '+');
    std::replace(text.begin(), text.end(), '_', '/');
    while (text.size() % 4 != 0)
        text += '=';
    return "Basic " + text;
}

settings::settings_reader::row_end begin_camera(settings::settings_reader& row,
                                                std::vector<camera_settings>& into)
{
    const auto camera = std::make_shared<camera_settings>();
    row.text("name", [camera](const std::string& text) -> std::string {
        camera->name = text;
        return is_camera_name(text) ? "" : "must be 1-32 bytes of text without \";\" and \"*\"";
    });
    const auto address = [&row, camera](const char* key, std::optional<camera_address> camera_settings::*to) {
        row.text(key, [camera, to](const std::string& text) -> std::string {
            auto read = parse_camera_url(text);
            if (auto* wrong = std::get_if<std::string>(&read)) return *wrong;
            (*camera).*to = std::get<camera_address>(std::move(read));
            return {};
        });
    };
    address("snapshot_url", &camera_settings::snapshot);
    address("stream_url", &camera_settings::stream);
    row.flag("flip_h", camera->flip_h);
    row.flag("flip_v", camera->flip_v);
    row.whole("rotation", camera->rotation, 0, 270);
    row.flag("enabled", camera->enabled);
    row.path("ca_file", camera->ca_file);
    return [camera, &into]() -> std::string {
        if (camera->name.empty()) return "needs a name";
        if (!camera->snapshot && !camera->stream) return "needs a snapshot_url or a stream_url";
        if (camera->rotation % 90 != 0) return "rotation must be 0, 90, 180 or 270";
        into.push_back(std::move(*camera));
        return {};
    };
}

} // namespace

std::variant<camera_address, std::string> parse_camera_url(std::string_view text)
{
    const auto parsed = boost::urls::parse_uri(boost::urls::string_view(text.data(), text.size()));
    if (!parsed) return "must be an address such as \"http://127.0.0.1:8080/?action=stream\"";
    const boost::urls::url_view& url = *parsed;
    if (url.has_fragment()) return "must be an address without a fragment";
    // Host and port are judged as those of local UIs are.
    const auto origin =
        std::string(view_of(url.scheme())) + "://" + std::string(view_of(url.encoded_host_and_port()));
    auto place = parse_ui_url(origin);
    if (auto* wrong = std::get_if<std::string>(&place)) return *wrong;
    camera_address out;
    out.place = std::get<ui_target>(std::move(place));
    out.target = std::string(view_of(url.encoded_path()));
    if (!out.target.starts_with('/')) out.target.insert(0, "/");
    out.told = (out.place.tls ? "https://" : "http://") + out.place.host_field + out.target;
    if (url.has_query()) out.target += "?" + std::string(view_of(url.encoded_query()));
    if (out.target.size() > max_target) return "must have a path and a query of at most 1024 bytes";
    if (url.has_userinfo()) {
        const std::string user = url.user(), password = url.password();
        const auto good = [](const std::string& part) {
            return part.empty() || access::is_printable_ascii(part, max_credentials);
        };
        if (user.find(':') != std::string::npos || !good(user) || !good(password))
            return "must have a user and a password of plain characters";
        out.authorization = basic_of(user, password);
    }
    return out;
}

bool is_camera_name(std::string_view name)
{
    return name.size() <= max_name && access::is_printable_name(name) &&
           name.find_first_of(";*") == std::string_view::npos;
}

void read_cameras(settings::settings_reader& reader, std::vector<camera_settings>& into)
{
    reader.rows("cameras", max_cameras,
                [&into](settings::settings_reader& row) { return begin_camera(row, into); });
}

std::string camera_list_fault(const std::vector<camera_settings>& all)
{
    for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (all[i].name == all[j].name) return "has two entries named \"" + all[i].name + "\"";
    return {};
}

} // namespace layerline::agent
