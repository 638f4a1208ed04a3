#include "workshop/models/amf.hpp"

#include "workshop/models/amf_document.hpp"

#include <set>
#include <string>

namespace layerline::workshop {

namespace {

constexpr std::size_t most_uses = 100'000, most_depth = 32;
constexpr std::size_t head_bytes = 4096; // in which the first element begins

class amf_assembly {
public:
    amf_assembly(const amf_document& document, const import_limits& limits)
        : document_(document), limits_(limits)
    {
    }

    mesh made;

    model_result<void> build()
    {
        std::set<std::string> used;
        for (const auto& [id, entry] : document_.entries)
            for (const auto& one : entry.instances)
                used.insert(one.id);
        for (const auto& [id, entry] : document_.entries)
            if (used.count(id) == 0)
                if (auto done = add(id, {}, 0); done.has_error()) return done;
        for (const auto& [id, entry] : document_.entries)
            if (seen_.count(id) == 0) return part_of_itself(id);
        return {};
    }

private:
    static model_failure part_of_itself(const std::string& id)
    {
        return unreadable("Constellation " + id.substr(0, 32) + " is part of itself.");
    }

    // Constellations of constellations may be as many as there are ways to them: what comes of them is
    // counted.
    model_result<void> add(const std::string& id, const placement& where, std::size_t depth)
    {
        if (depth > most_depth) return part_of_itself(id);
        if (++uses_ > most_uses)
            return model_failure{model_errc::not_convertible, "The model is put together of over " +
                                                                  std::to_string(most_uses) + " objects."};
        const auto found = document_.entries.find(id);
        if (found == document_.entries.end())
            return unreadable("There is no object " + id.substr(0, 32) + " to put in place.");
        seen_.insert(id);
        if (auto done = add_placed(made, found->second.surface, where, limits_); done.has_error())
            return done;
        for (const auto& one : found->second.instances)
            if (auto done = add(one.id, combined(one.where, where), depth + 1); done.has_error()) return done;
        return {};
    }

    const amf_document& document_;
    const import_limits& limits_;
    std::set<std::string> seen_;
    std::size_t uses_ = 0;
};

model_result<amf_document> read_packed(std::string_view bytes, const import_limits& limits,
                                       const zip_limits& archive)
{
    auto opened = zip_archive::open(bytes, archive);
    if (opened.has_error()) return opened.error();
    const auto name = opened->ending_with(".amf");
    if (!name) return unreadable("The archive holds no AMF file.");
    return read_amf_document([&](const auto& take) { return opened->read(*name, take); },
                             name->substr(0, 200), limits);
}

} // namespace

bool looks_like_amf(std::string_view bytes)
{
    auto head = bytes.substr(0, head_bytes);
    if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
    const auto first = head.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || head[first] != '<') return false;
    for (auto at = head.find("<amf"); at != std::string_view::npos; at = head.find("<amf", at + 1))
        if (at + 4 < head.size() &&
            std::string_view(" \t\r\n>/").find(head[at + 4]) != std::string_view::npos)
            return true;
    return false;
}

bool holds_amf(const zip_archive& archive)
{
    return archive.ending_with(".amf") && !archive.ending_with(".model");
}

model_result<mesh> read_amf(std::string_view bytes, const import_limits& limits, const zip_limits& archive)
{
    const auto document =
        looks_like_zip(bytes)
            ? read_packed(bytes, limits, archive)
            : read_amf_document([bytes](const auto& take) { return take(bytes); }, "The AMF file", limits);
    if (document.has_error()) return document.error();
    amf_assembly all(*document, limits);
    if (const auto done = all.build(); done.has_error()) return done.error();
    if (all.made.triangles.empty()) return unreadable("The file has no triangle.");
    return std::move(all.made);
}

} // namespace layerline::workshop
