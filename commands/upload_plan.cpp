#include "commands/upload_plan.hpp"

#include "commands/virtual_path.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <variant>

namespace layerline::commands {

using nlohmann::json;

namespace {

constexpr std::size_t id_digits = 32, digest_digits = 64;

bool is_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool are_digits(std::string_view text, std::size_t count)
{
    return text.size() == count && std::all_of(text.begin(), text.end(), is_digit);
}

} // namespace

bool is_upload_id(std::string_view text)
{
    return are_digits(text, id_digits);
}

std::optional<std::string> parse_sha256(std::string_view text)
{
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    if (!are_digits(lower, digest_digits)) return std::nullopt;
    return lower;
}

std::string text_of(const upload_record& record)
{
    const json all{{"version", 1},
                   {"id", record.id},
                   {"path", record.path},
                   {"bytes", record.bytes},
                   {"sha256", record.sha256},
                   {"at_once", record.at_once},
                   {"synced", record.synced},
                   {"done", record.done}};
    return all.dump() + "\n";
}

std::optional<upload_record> parse_upload_record(std::string_view text)
{
    const json all = json::parse(text, nullptr, false);
    if (!all.is_object()) return std::nullopt;
    upload_record record;
    try {
        if (all.at("version") != 1) return std::nullopt;
        all.at("id").get_to(record.id);
        all.at("path").get_to(record.path);
        all.at("bytes").get_to(record.bytes);
        all.at("sha256").get_to(record.sha256);
        all.at("at_once").get_to(record.at_once);
        all.at("synced").get_to(record.synced);
        all.at("done").get_to(record.done);
    } catch (const json::exception&) {
        return std::nullopt;
    }
    const bool good = is_upload_id(record.id) &&
                      std::holds_alternative<virtual_path>(parse_virtual_path(record.path)) &&
                      record.bytes > 0 && record.synced <= record.bytes &&
                      (record.sha256.empty() || are_digits(record.sha256, digest_digits));
    if (!good) return std::nullopt;
    return record;
}

std::optional<std::string> refuse_upload(const upload_limits& limits, std::size_t waiting,
                                         std::uint64_t waiting_bytes, std::uint64_t bytes)
{
    if (waiting >= limits.most)
        return std::to_string(waiting) +
               " uploads have not ended yet, and no more are taken at once: end or cancel one of them.";
    if (bytes > limits.most_bytes || waiting_bytes > limits.most_bytes - bytes)
        return "The uploads that have not ended would come to more than " +
               std::to_string(limits.most_bytes >> 20U) + " MiB: end or cancel one of them.";
    return std::nullopt;
}

part_fault judge_part(const upload_record& record, std::uint64_t have, std::uint64_t offset,
                      std::optional<std::uint64_t> told)
{
    if (record.done || offset != have) return part_fault::wrong_offset;
    if (told.value_or(0) > record.bytes - have) return part_fault::too_long;
    return part_fault::none;
}

} // namespace layerline::commands
