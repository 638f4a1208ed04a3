// Addresses by Boost.URL and the checks that configured cameras pass; hosts by the owner's list.
#include "agent/told_cameras.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <variant>

namespace layerline::agent {

namespace {

constexpr std::size_t longest_name = 32;

// By its bytes: "127.example" is a name.
bool is_loopback(const std::string& host)
{
    if (host == "localhost" || host == "::1") return true;
    in_addr four{};
    return inet_pton(AF_INET, host.c_str(), &four) == 1 && (ntohl(four.s_addr) >> 24U) == 127;
}

// Fit for commands and logs: without what stands between arguments, cut where a character ends.
std::string fitting_name(std::string_view told)
{
    std::string name;
    for (const char c : told)
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) name += c == ';' || c == '*' ? '_' : c;
    if (name.size() > longest_name) {
        auto end = longest_name;
        while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0U) == 0x80)
            --end;
        name.resize(end);
    }
    return name;
}

// What a stream of that service is: pictures one after the other, or something that has to be decoded.
bool is_pictures(std::string_view service)
{
    constexpr std::array<std::string_view, 4> known{"", "mjpegstreamer", "mjpegstreamer-adaptive",
                                                    "uv4l-mjpeg"};
    return std::find(known.begin(), known.end(), service) != known.end();
}

// As Mainsail and Fluidd read it in their page: from the web server that shows them.
std::string whole_address(const std::string& told, const std::string& origin)
{
    if (told.find("://") != std::string::npos) return told;
    if (told.starts_with("//")) return "http:" + told;
    return origin + (told.starts_with('/') ? "" : "/") + told;
}

// "localhost" in a list of another machine is that machine.
std::string seen_from_here(const std::string& address, const camera_places& places)
{
    const auto parsed = boost::urls::parse_uri(boost::urls::string_view(address));
    if (!parsed || is_loopback(places.moonraker_host)) return address;
    const std::string host = parsed->host_address();
    if (!is_loopback(host)) return address;
    boost::urls::url changed(*parsed);
    changed.set_host_address(places.moonraker_host);
    return {changed.buffer().data(), changed.buffer().size()};
}

bool allowed(const std::string& host, const camera_places& places)
{
    if (host == places.moonraker_host || (is_loopback(host) && is_loopback(places.moonraker_host)))
        return true;
    const auto origin = parse_ui_url(places.origin);
    if (const auto* own = std::get_if<ui_target>(&origin); own && own->host == host) return true;
    return std::find(places.allowed.begin(), places.allowed.end(), host) != places.allowed.end();
}

// The address, or why it cannot be asked.
std::variant<camera_address, std::string> read_address(const std::string& told, const camera_places& places)
{
    auto read = parse_camera_url(seen_from_here(whole_address(told, places.origin), places));
    if (auto* wrong = std::get_if<std::string>(&read)) return "its address " + *wrong;
    auto& address = std::get<camera_address>(read);
    if (!allowed(address.place.host, places))
        return "it is at " + address.place.host + ", which is not in printer.camera_hosts";
    return std::move(address);
}

} // namespace

camera_places camera_places_of(const configuration& settings)
{
    camera_places places;
    const auto parsed = boost::urls::parse_uri(boost::urls::string_view(settings.moonraker_url));
    if (parsed && !parsed->host().empty()) {
        places.moonraker_host = parsed->host_address();
        std::transform(places.moonraker_host.begin(), places.moonraker_host.end(),
                       places.moonraker_host.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
        const auto host = parsed->encoded_host();
        places.origin = "http://" + std::string(host.data(), host.size());
    }
    if (!settings.cameras_url.empty()) places.origin = settings.cameras_url;
    while (places.origin.ends_with('/'))
        places.origin.pop_back();
    places.allowed = settings.camera_hosts;
    places.ca_file = settings.moonraker_ca_file;
    return places;
}

std::variant<camera_settings, std::string> camera_of(const printer::webcam& told, const camera_places& places)
{
    camera_settings camera;
    camera.name = fitting_name(told.name);
    if (!is_camera_name(camera.name)) return "its name cannot be used";
    camera.flip_h = told.flip_horizontal;
    camera.flip_v = told.flip_vertical;
    camera.rotation = static_cast<std::uint64_t>(told.rotation_degrees);
    camera.enabled = told.enabled;
    camera.ca_file = places.ca_file;
    std::string why = "it has no snapshot, and its stream is not made of pictures";
    const auto take = [&](const std::string& text, std::optional<camera_address>& into) {
        if (text.empty()) return;
        auto read = read_address(text, places);
        if (auto* wrong = std::get_if<std::string>(&read))
            why = std::move(*wrong);
        else
            into = std::get<camera_address>(std::move(read));
    };
    take(told.snapshot_url, camera.snapshot);
    if (is_pictures(told.service)) take(told.stream_url, camera.stream);
    if (!camera.snapshot && !camera.stream) return why;
    return camera;
}

joined_cameras join_cameras(const std::vector<camera_settings>& configured,
                            const std::vector<printer::webcam>& told, const camera_places& places)
{
    joined_cameras joined{configured, {}};
    const auto leave = [&joined](const printer::webcam& one, const std::string& why) {
        joined.left_out.push_back("The camera \"" + fitting_name(one.name) +
                                  "\" of the printer's list is not shown: " + why + ".");
    };
    for (const auto& one : told) {
        auto read = camera_of(one, places);
        if (auto* wrong = std::get_if<std::string>(&read)) {
            leave(one, *wrong);
            continue;
        }
        auto& camera = std::get<camera_settings>(read);
        const bool named =
            std::any_of(joined.all.begin(), joined.all.end(),
                        [&](const camera_settings& known) { return known.name == camera.name; });
        if (named)
            leave(one, "there is a camera of that name already");
        else if (joined.all.size() >= max_cameras)
            leave(one, "there are " + std::to_string(max_cameras) + " already");
        else
            joined.all.push_back(std::move(camera));
    }
    return joined;
}

} // namespace layerline::agent
