#include "workshop/service/chunk_plan.hpp"

#include "workshop/operations/parameters.hpp"
#include "workshop/service/model_routes.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr std::size_t most_named = 20; // missing chunks, in a message

// The digits in lower case; nothing if they are none, or not 64.
std::optional<std::string> digest_of(const json& value)
{
    if (!value.is_string()) return std::nullopt;
    auto text = value.get<std::string>();
    for (char& c : text)
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    const bool good = text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
                          return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                      });
    if (!good) return std::nullopt;
    return text;
}

bool given(const json& all, const char* name)
{
    return all.contains(name) && !all[name].is_null();
}

} // namespace

model_result<upload_wish> parse_upload_wish(std::string_view text, std::uint64_t most_bytes)
{
    const auto all = json::parse(text, nullptr, false);
    if (!all.is_object()) return invalid_parameter("body");
    upload_wish wish;
    if (given(all, "id")) {
        if (!all["id"].is_string()) return invalid_parameter("id");
        wish.id = all["id"].get<std::string>();
        if (!is_id(wish.id) || wish.id[0] != 'f') return invalid_parameter("id");
    }
    if (given(all, "name")) {
        if (!all["name"].is_string()) return invalid_parameter("name");
        wish.name = all["name"].get<std::string>();
    }
    wish.name = plain_file_name(wish.name);
    if (!all.contains("bytes") || !all["bytes"].is_number_unsigned()) return invalid_parameter("bytes");
    wish.bytes = all["bytes"].get<std::uint64_t>();
    if (wish.bytes == 0) return model_failure{model_errc::file_empty, "File content is empty."};
    if (wish.bytes > most_bytes)
        return model_failure{model_errc::file_too_big, "File is too big: more than " +
                                                           std::to_string(most_bytes) +
                                                           " bytes. File was not saved."};
    if (given(all, "sha256")) {
        auto sum = digest_of(all["sha256"]);
        if (!sum) return invalid_parameter("sha256");
        wish.sha256 = *std::move(sum);
    }
    return wish;
}

model_result<std::string> parse_commit(std::string_view text, const std::string& announced)
{
    const auto all = text.empty() ? json::object() : json::parse(text, nullptr, false);
    if (!all.is_object()) return invalid_parameter("body");
    if (!given(all, "sha256")) {
        if (announced.empty()) return invalid_parameter("sha256");
        return announced;
    }
    auto sum = digest_of(all["sha256"]);
    if (!sum) return invalid_parameter("sha256");
    if (!announced.empty() && *sum != announced)
        return model_failure{model_errc::commit_failed,
                             "The SHA-256 of the commit is another one than was announced, " + announced +
                                 "."};
    return *std::move(sum);
}

std::optional<std::uint32_t> parse_chunk_number(std::string_view text)
{
    std::uint32_t number = 0;
    const auto* const last = text.data() + text.size();
    const auto [end, fault] = std::from_chars(text.data(), last, number);
    if (fault != std::errc() || end != last || number >= most_chunks) return std::nullopt;
    if (text.size() > 1 && text[0] == '0') return std::nullopt;
    return number;
}

model_result<void> check_whole(const std::vector<chunk>& all, std::uint64_t bytes)
{
    std::string missing;
    std::size_t count = 0;
    std::uint64_t sum = 0;
    std::uint32_t next = 0;
    for (const auto& one : all) {
        for (; next < one.number; ++next, ++count)
            if (count < most_named) missing += (missing.empty() ? "" : ", ") + std::to_string(next);
        next = one.number + 1;
        sum += one.bytes;
    }
    if (count > most_named) missing += " and " + std::to_string(count - most_named) + " more";
    if (count > 0) return model_failure{model_errc::commit_failed, "Chunks are missing: " + missing + "."};
    if (sum != bytes)
        return model_failure{model_errc::commit_failed, "The chunks come to " + std::to_string(sum) +
                                                            " bytes, of " + std::to_string(bytes) +
                                                            " that were announced."};
    return {};
}

} // namespace layerline::workshop
