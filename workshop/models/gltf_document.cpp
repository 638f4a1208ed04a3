#include "workshop/models/gltf_document.hpp"

#include "workshop/models/import_limits.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <utility>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr std::string_view magic = "glTF";
constexpr std::uint32_t json_chunk = 0x4E4F534A, binary_chunk = 0x004E4942;
constexpr std::size_t head_size = 12, chunk_head = 8;
constexpr std::size_t most_buffers = 1000;

// Extensions that a file may need and that leave positions and triangles as they are, or that are known here.
constexpr std::array<std::string_view, 9> harmless{
    "KHR_mesh_quantization", "KHR_materials_", "KHR_texture_", "KHR_lights_",     "KHR_xmp",
    "EXT_texture_",          "MSFT_texture_",  "EXT_lights_",  "ADOBE_materials_"};

std::uint32_t word(std::string_view bytes, std::size_t at)
{
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
        value |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[at + i])) << 8 * i;
    return value;
}

// Counts before anything is kept.
class bounds_check final : public nlohmann::json_sax<json> {
public:
    explicit bounds_check(const gltf_limits& limits) : limits_(limits) {}
    std::optional<model_failure> failure;

    bool null() override { return one_more(); }
    bool boolean(bool) override { return one_more(); }
    bool number_integer(number_integer_t) override { return one_more(); }
    bool number_unsigned(number_unsigned_t) override { return one_more(); }
    bool number_float(number_float_t, const string_t&) override { return one_more(); }
    bool string(string_t&) override { return one_more(); }
    bool binary(binary_t&) override { return one_more(); }
    bool key(string_t&) override { return true; }
    bool start_object(std::size_t) override { return deeper(); }
    bool start_array(std::size_t) override { return deeper(); }
    bool end_object() override { return shallower(); }
    bool end_array() override { return shallower(); }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override
    {
        failure =
            unreadable("The file's JSON breaks off or is none at byte " + std::to_string(position) + ".");
        return false;
    }

private:
    bool one_more()
    {
        if (++values_ <= limits_.values) return true;
        failure = model_failure{model_errc::not_convertible,
                                "The file's JSON has over " + std::to_string(limits_.values) + " values."};
        return false;
    }
    bool deeper()
    {
        if (++depth_ <= limits_.depth) return one_more();
        failure = unreadable("The file's JSON is nested over " + std::to_string(limits_.depth) + " deep.");
        return false;
    }
    bool shallower()
    {
        --depth_;
        return true;
    }

    const gltf_limits& limits_;
    std::size_t values_ = 0, depth_ = 0;
};

struct parts {
    std::string_view text;
    std::optional<std::string_view> binary;
};

model_result<parts> parts_of(std::string_view bytes)
{
    if (!bytes.starts_with(magic)) return parts{bytes, std::nullopt};
    if (bytes.size() < head_size + chunk_head) return unreadable("The GLB file is cut off in its head.");
    if (const auto version = word(bytes, 4); version != 2)
        return unreadable("The file is glTF " + std::to_string(version) + "; 2 can be read.");
    const auto told = word(bytes, 8);
    if (told > bytes.size() || told < head_size + chunk_head)
        return unreadable("The GLB file says that it has " + std::to_string(told) + " bytes; it has " +
                          std::to_string(bytes.size()) + ".");
    parts found;
    for (std::size_t at = head_size, number = 0; told - at >= chunk_head && number < 2; ++number) {
        const auto size = word(bytes, at), kind = word(bytes, at + 4);
        at += chunk_head;
        if (size > told - at)
            return unreadable("Chunk " + std::to_string(number) +
                              " of the GLB file has more bytes than the file.");
        if (number == 0 && kind != json_chunk) return unreadable("The GLB file does not begin with JSON.");
        if (number == 0) found.text = bytes.substr(at, size);
        if (number == 1 && kind == binary_chunk) found.binary = bytes.substr(at, size);
        at += size;
    }
    return found;
}

std::optional<std::string> from_base64(std::string_view text)
{
    while (text.ends_with('='))
        text.remove_suffix(1);
    std::string out;
    out.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const auto c : text) {
        std::uint32_t value = 0;
        if (c >= 'A' && c <= 'Z')
            value = static_cast<std::uint32_t>(c - 'A');
        else if (c >= 'a' && c <= 'z')
            value = static_cast<std::uint32_t>(c - 'a') + 26;
        else if (c >= '0' && c <= '9')
            value = static_cast<std::uint32_t>(c - '0') + 52;
        else if (c == '+' || c == '/')
            value = c == '+' ? 62 : 63;
        else
            return std::nullopt;
        bits = bits << 6U | value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            out += static_cast<char>(bits >> count & 0xffU);
        }
    }
    return out;
}

model_result<void> versions_fit(const json& document)
{
    const auto asset = document.find("asset");
    const auto version =
        asset != document.end() && asset->is_object() ? asset->value("version", json()) : json();
    if (!version.is_string()) return unreadable("The file's \"asset\" tells no version: it is no glTF.");
    if (!version.get_ref<const std::string&>().starts_with("2."))
        return unreadable("The file is glTF " + version.get_ref<const std::string&>().substr(0, 32) +
                          "; 2.0 can be read.");
    const auto needed = document.value("extensionsRequired", json::array());
    if (!needed.is_array()) return unreadable("\"extensionsRequired\" is no list.");
    for (const auto& one : needed) {
        const auto name = one.is_string() ? one.get<std::string>().substr(0, 64) : std::string();
        bool known = false;
        for (const auto begin : harmless)
            known = known || name.starts_with(begin);
        if (!known)
            return model_failure{model_errc::not_convertible,
                                 "The file needs the extension \"" + name +
                                     "\", which is not known here: export it without, uncompressed."};
    }
    return {};
}

model_result<void> open_buffers(gltf_document& all, std::optional<std::string_view> binary)
{
    const auto told = all.json.find("buffers");
    if (told == all.json.end()) return {};
    if (!told->is_array() || told->size() > most_buffers)
        return unreadable("\"buffers\" is no list, or too long a one.");
    all.decoded.reserve(told->size()); // they stay where they are
    for (std::size_t i = 0; i < told->size(); ++i) {
        const auto place = "buffers[" + std::to_string(i) + "]";
        const auto& one = (*told)[i];
        if (!one.is_object()) return unreadable(place + " is no object.");
        const auto size = whole_of(one, "byteLength", no_number, place);
        if (size.has_error()) return size.error();
        std::string_view bytes;
        const auto uri = one.find("uri");
        if (uri == one.end()) {
            if (i > 0 || !binary) return unreadable(place + " has no bytes in this file.");
            bytes = *binary;
        } else {
            const auto text = uri->is_string() ? std::string_view(uri->get_ref<const std::string&>()) : "";
            if (!text.starts_with("data:"))
                return unreadable(place +
                                  " is another file, which is not here: export as .glb, or as .gltf with "
                                  "its buffers embedded.");
            const auto comma = text.find(',');
            if (comma == std::string_view::npos || !text.substr(0, comma).ends_with(";base64"))
                return unreadable(place + " is not embedded as base64.");
            auto decoded = from_base64(text.substr(comma + 1));
            if (!decoded) return unreadable(place + " has bytes that are no base64.");
            bytes = all.decoded.emplace_back(*std::move(decoded));
        }
        if (*size > bytes.size())
            return unreadable(place + " says that it has " +
                              (*size == no_number ? "no length" : std::to_string(*size) + " bytes") +
                              "; it has " + std::to_string(bytes.size()) + ".");
        all.buffers.push_back(bytes.substr(0, *size));
    }
    return {};
}

} // namespace

bool looks_like_gltf(std::string_view bytes)
{
    if (bytes.starts_with(magic)) return true;
    if (bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);
    const auto first = bytes.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && bytes[first] == '{';
}

model_result<gltf_document> open_gltf(std::string_view bytes, const gltf_limits& limits)
{
    const auto split = parts_of(bytes);
    if (split.has_error()) return split.error();
    bounds_check check(limits);
    if (!json::sax_parse(split->text.begin(), split->text.end(), &check))
        return check.failure.value_or(unreadable("The file's JSON cannot be read."));
    gltf_document all;
    all.json = json::parse(split->text.begin(), split->text.end(), nullptr, false);
    if (!all.json.is_object()) return unreadable("The file's JSON is no object.");
    if (const auto fit = versions_fit(all.json); fit.has_error()) return fit.error();
    if (const auto done = open_buffers(all, split->binary); done.has_error()) return done.error();
    return all;
}

model_result<std::uint64_t> whole_of(const json& object, std::string_view name, std::uint64_t otherwise,
                                     const std::string& place)
{
    const auto found = object.find(name);
    if (found == object.end()) return otherwise;
    if (found->is_number_unsigned()) return found->get<std::uint64_t>();
    const auto value = found->is_number_float() ? found->get<double>() : -1; // "3.0" is taken, too
    constexpr double exact = 9e15;
    if (!(value >= 0 && value < exact) || value != std::floor(value))
        return unreadable(place + "." + std::string(name) + " is no whole number from 0.");
    return static_cast<std::uint64_t>(value);
}

model_result<const json*> element_of(const json& document, std::string_view array, std::uint64_t index)
{
    const auto all = document.find(array);
    if (all == document.end() || !all->is_array() || index >= all->size() || !(*all)[index].is_object())
        return unreadable("There is no " + std::string(array) + "[" +
                          (index == no_number ? "?" : std::to_string(index)) + "].");
    return &(*all)[index];
}

} // namespace layerline::workshop
