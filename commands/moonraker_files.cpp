// Moonraker's answers about files, taken apart.
#include "commands/moonraker_files.hpp"

#include "printer/moonraker/lenient_json.hpp"
#include "printer/moonraker/rpc_messages.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace layerline::commands {

using nlohmann::json;
using printer::printer_errc;
using printer::printer_failure;
using printer::moonraker::member;
using printer::moonraker::number_in;
using printer::moonraker::plain_words;
using printer::moonraker::text_in;

namespace {

constexpr std::string_view far_root = "gcodes";
constexpr std::size_t longest_text = 64, longest_refusal = 400;
constexpr std::size_t most_thumbnails = 16;
constexpr double most_bytes = 9007199254740992.0; // 2^53: what a JSON number holds exactly

std::string encoded(std::string_view text, bool keep_slashes)
{
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string all;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                           c == '-' || c == '.' || c == '_' || c == '~' || (keep_slashes && c == '/');
        if (plain) {
            all += c;
        } else {
            all += '%';
            all += digits[byte >> 4U];
            all += digits[byte & 0xFU];
        }
    }
    return all;
}

std::string far_path(const virtual_path& path)
{
    std::string all(far_root);
    if (!path.segments.empty()) all += '/' + path.below_root();
    return all;
}

std::optional<double> positive_in(const json& object, const char* name)
{
    const auto number = number_in(object, name);
    return number && *number > 0 && *number < most_bytes ? number : std::nullopt;
}

std::uint64_t bytes_in(const json& object, const char* name)
{
    const auto number = number_in(object, name).value_or(0);
    return number >= 0 && number <= most_bytes ? static_cast<std::uint64_t>(number) : 0;
}

std::int64_t seconds_in(const json& object, const char* name)
{
    const auto number = number_in(object, name).value_or(0);
    return number >= 0 && number <= most_bytes ? static_cast<std::int64_t>(number) : 0;
}

std::optional<std::string> known_words(const json& object, const char* name)
{
    auto words = printer::moonraker::words_in(object, name, longest_text);
    return words.empty() ? std::nullopt : std::optional(std::move(words));
}

// Moonraker wraps what it answers; an upload's answer it does not.
json result_of(std::string_view answer)
{
    json all = json::parse(answer, nullptr, false);
    if (!all.is_object()) return nullptr;
    if (const auto found = all.find("result"); found != all.end()) return std::move(*found);
    return all;
}

// A path of one or more names below the file's folder. A picture's folder begins with a dot, nothing else
// does.
bool leads_below(std::string_view relative)
{
    if (relative.empty() || relative.size() > max_path_bytes) return false;
    bool first = true;
    for (std::size_t at = 0;;) {
        const auto end = std::min(relative.find('/', at), relative.size());
        const auto name = relative.substr(at, end - at);
        if (!(first && name == ".thumbs") && fault_of_segment(name)) return false;
        first = false;
        if (end == relative.size()) return true;
        at = end + 1;
    }
}

std::optional<int> pixels_in(const json& object, const char* name)
{
    const auto number = number_in(object, name);
    if (!number || *number < 1 || *number > 65535) return std::nullopt;
    return static_cast<int>(*number);
}

std::vector<far_thumbnail> thumbnails_in(const json& list)
{
    std::vector<far_thumbnail> found;
    if (!list.is_array()) return found;
    for (const auto& entry : list) {
        if (found.size() == most_thumbnails) break;
        const auto width = pixels_in(entry, "width"), height = pixels_in(entry, "height");
        auto relative = text_in(entry, "relative_path");
        if (width && height && leads_below(relative))
            found.push_back({*width, *height, bytes_in(entry, "size"), std::move(relative)});
    }
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
        return std::int64_t{a.width_px} * a.height_px < std::int64_t{b.width_px} * b.height_px;
    });
    return found;
}

std::optional<std::uint64_t> whole_number(std::string_view text)
{
    std::uint64_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

} // namespace

std::string moonraker_file_target(const virtual_path& path)
{
    return "/server/files/" + encoded(far_path(path), true);
}

std::string moonraker_folder_target(const virtual_path& path)
{
    return "/server/files/directory?path=" + encoded(far_path(path), false);
}

std::string moonraker_new_folder_target(const virtual_path& path)
{
    return "/server/files/directory?path=" + encoded(far_path(path), false);
}

std::string moonraker_old_folder_target(const virtual_path& path, bool whole)
{
    return moonraker_new_folder_target(path) + (whole ? "&force=true" : "");
}

std::string moonraker_move_target(const virtual_path& from, const virtual_path& to)
{
    return "/server/files/move?source=" + encoded(far_path(from), false) +
           "&dest=" + encoded(far_path(to), false);
}

std::string moonraker_metadata_target(const virtual_path& path)
{
    return "/server/files/metadata?filename=" + encoded(path.below_root(), false);
}

std::string moonraker_thumbnail_target(const virtual_path& file, std::string_view relative)
{
    virtual_path folder = file;
    if (!folder.segments.empty()) folder.segments.pop_back();
    return "/server/files/" + encoded(far_path(folder), true) + "/" + encoded(relative, true);
}

std::optional<far_folder> parse_moonraker_folder(std::string_view answer, std::size_t most)
{
    const auto result = result_of(answer);
    const auto& folders = member(result, "dirs");
    const auto& files = member(result, "files");
    if (!folders.is_array() || !files.is_array()) return std::nullopt;
    far_folder all;
    const auto add = [&](const json& entry, const char* name_field, bool folder) {
        auto name = text_in(entry, name_field);
        if (fault_of_segment(name)) return;
        if (all.entries.size() == most) {
            all.truncated = true;
            return;
        }
        all.entries.push_back(
            {folder, std::move(name), folder ? 0 : bytes_in(entry, "size"), seconds_in(entry, "modified")});
    };
    for (const auto& entry : folders)
        add(entry, "dirname", true);
    for (const auto& entry : files)
        add(entry, "filename", false);
    std::sort(all.entries.begin(), all.entries.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return all;
}

std::optional<far_metadata> parse_moonraker_metadata(std::string_view answer)
{
    const auto result = result_of(answer);
    if (!result.is_object() || !result.contains("size")) return std::nullopt;
    far_metadata all;
    auto& print = all.print;
    print.slicer = known_words(result, "slicer");
    print.slicer_version = known_words(result, "slicer_version");
    print.filament_type = known_words(result, "filament_type");
    print.estimated_s = positive_in(result, "estimated_time");
    print.filament_mm = positive_in(result, "filament_total");
    print.filament_g = positive_in(result, "filament_weight_total");
    print.layer_height_mm = positive_in(result, "layer_height");
    print.first_layer_height_mm = positive_in(result, "first_layer_height");
    print.object_height_mm = positive_in(result, "object_height");
    print.nozzle_mm = positive_in(result, "nozzle_diameter");
    print.bed_c = positive_in(result, "first_layer_bed_temp");
    print.hotend_c = positive_in(result, "first_layer_extr_temp");
    print.chamber_c = positive_in(result, "chamber_temp");
    if (const auto layers = positive_in(result, "layer_count"))
        print.layers = static_cast<std::int64_t>(*layers);
    all.thumbnails = thumbnails_in(member(result, "thumbnails"));
    if (!all.thumbnails.empty()) print.thumbnails = static_cast<std::int64_t>(all.thumbnails.size());
    return all;
}

std::optional<far_stored> parse_moonraker_stored(std::string_view answer)
{
    const auto result = result_of(answer);
    const auto& item = member(result, "item");
    if (text_in(item, "root") != far_root) return std::nullopt;
    far_stored file{text_in(item, "path"), bytes_in(item, "size"), seconds_in(item, "modified")};
    if (file.below_root.empty()) return std::nullopt;
    return file;
}

printer_failure failure_of_moonraker(unsigned status, std::string_view body)
{
    const auto said =
        plain_words(text_in(member(json::parse(body, nullptr, false), "error"), "message"), longest_refusal);
    const bool missing = said.starts_with("Invalid file path") ||
                         said.starts_with("Directory does not exist") ||
                         said.find("does not exist") != std::string::npos;
    switch (status) {
    case 401:
        return printer::moonraker::failure_of({0, 401, said.empty() ? "Unauthorized" : said});
    case 403:
        if (said.find("is not a file") != std::string::npos)
            return {printer_errc::out_of_range, "Path names a folder, not a file."};
        return {printer_errc::file_in_use,
                "Moonraker keeps this file as it is: it is being printed, or reserved."};
    case 404:
        return {printer_errc::no_such_file, ""};
    case 400:
        if (missing) return {printer_errc::no_such_file, ""};
        break;
    case 413:
        return {printer_errc::out_of_range,
                "The file is larger than Moonraker, or the web server before it, takes."};
    case 422:
        return {printer_errc::refused, "What arrived at Moonraker was not what was sent; nothing was kept."};
    case 502:
    case 503:
    case 504:
        return {printer_errc::host_gone,
                "Moonraker does not answer behind its web server (HTTP " + std::to_string(status) + ")."};
    default:
        break;
    }
    // Texts with a path of that machine are for its owner's log.
    const bool tells_path = said.find(" /") != std::string::npos || said.find("(/") != std::string::npos;
    return {printer_errc::refused, "Moonraker refused (HTTP " + std::to_string(status) + ")" +
                                       (said.empty() || tells_path ? std::string(".") : ": " + said)};
}

std::optional<content_range> parse_content_range(std::string_view field)
{
    constexpr std::string_view unit = "bytes ";
    if (!field.starts_with(unit)) return std::nullopt;
    field.remove_prefix(unit.size());
    const auto slash = field.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto size = whole_number(field.substr(slash + 1));
    if (!size) return std::nullopt;
    const auto range = field.substr(0, slash);
    if (range == "*") return content_range{std::nullopt, *size};
    const auto dash = range.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto first = whole_number(range.substr(0, dash)), last = whole_number(range.substr(dash + 1));
    if (!first || !last || *last < *first || *last >= *size) return std::nullopt;
    return content_range{first, *size};
}

namespace {

// Virtual paths hold no control characters and no backslash: only the quote needs one.
std::string quoted_name(std::string_view name)
{
    std::string all = "\"";
    for (const char c : name) {
        if (c == '"') all += '\\';
        all += c;
    }
    return all + "\"";
}

} // namespace

upload_frame::upload_frame(const virtual_path& path, std::string boundary) : boundary_(std::move(boundary))
{
    const auto field = [this](std::string_view name, std::string_view value) {
        before_ += "--" + boundary_ + "\r\nContent-Disposition: form-data; name=\"" + std::string(name) +
                   "\"\r\n\r\n" + std::string(value) + "\r\n";
    };
    field("root", far_root);
    virtual_path folder = path;
    const auto name = folder.segments.empty() ? std::string() : folder.segments.back();
    if (!folder.segments.empty()) folder.segments.pop_back();
    if (!folder.segments.empty()) field("path", folder.below_root());
    field("print", "false");
    before_ += "--" + boundary_ +
               "\r\nContent-Disposition: form-data; name=\"file\"; filename=" + quoted_name(name) +
               "\r\nContent-Type: application/octet-stream\r\n\r\n";
}

std::string upload_frame::content_type() const
{
    return "multipart/form-data; boundary=" + boundary_;
}

std::string upload_frame::after(std::string_view sha256_hex) const
{
    return "\r\n--" + boundary_ + "\r\nContent-Disposition: form-data; name=\"checksum\"\r\n\r\n" +
           std::string(sha256_hex) + "\r\n--" + boundary_ + "--\r\n";
}

std::size_t upload_frame::after_bytes() const
{
    return after(std::string(64, '0')).size();
}

} // namespace layerline::commands
