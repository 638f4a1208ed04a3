// Header fields as a list, and what a hop takes out before it hands a head on.
#include "transport/fields.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

namespace layerline::transport {

namespace {

constexpr std::array<std::string_view, 7> one_hop_only{
    "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"};

// Most names differ from these in their length alone.
constexpr std::uint32_t lengths_of_these = [] {
    std::uint32_t lengths = 0;
    for (const auto name : one_hop_only)
        lengths |= 1U << name.size();
    return lengths;
}();

bool belongs_to_one_hop(std::string_view name)
{
    return name.size() < 32 && ((lengths_of_these >> name.size()) & 1U) != 0 &&
           std::find(one_hop_only.begin(), one_hop_only.end(), name) != one_hop_only.end();
}

// Names that a Connection field cannot take away: a caller would otherwise choose which of the facts that
// framing, routing and authority rest on get lost on the way.
bool may_be_listed(std::string_view name)
{
    return name != "content-length" && name != "host" && name != "x-request-id" && name != "authorization" &&
           !name.starts_with("x-layerline-");
}

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string lowered(std::string_view text)
{
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

} // namespace

fields::fields(std::initializer_list<field> all)
{
    std::size_t bytes = 0;
    for (const field f : all)
        bytes += f.name.size() + f.value.size();
    reserve(all.size(), bytes);
    for (const field f : all)
        add(f.name, f.value);
}

void fields::reserve(std::size_t count, std::size_t bytes)
{
    places_.reserve(places_.size() + count);
    text_.reserve(text_.size() + bytes);
}

std::optional<std::string_view> fields::find(std::string_view name) const
{
    for (const place& one : places_)
        if (one.name_size == name.size() && at(one).name == name) return at(one).value;
    return std::nullopt;
}

void fields::set(std::string_view name, std::string_view value)
{
    const auto same = [&](const place& one) { return one.name_size == name.size() && at(one).name == name; };
    const auto hit = std::find_if(places_.begin(), places_.end(), same);
    if (hit == places_.end()) return add(name, value);
    places_.erase(std::remove_if(hit + 1, places_.end(), same), places_.end());
    const auto size = static_cast<std::uint32_t>(value.size());
    hit->value = put(value, {});
    hit->value_size = size;
}

void fields::add(std::string_view name, std::string_view value)
{
    if (places_.capacity() == 0) places_.reserve(8);
    const auto begin = put(name, value);
    const auto name_size = static_cast<std::uint32_t>(name.size());
    places_.push_back({begin, name_size, begin + name_size, static_cast<std::uint32_t>(value.size())});
}

std::string_view fields::add_received(std::string_view name, std::string_view value)
{
    add(name, value);
    const auto& last = places_.back();
    for (auto i = last.name; i < last.name + last.name_size; ++i)
        if (text_[i] >= 'A' && text_[i] <= 'Z') text_[i] = static_cast<char>(text_[i] - 'A' + 'a');
    return at(last).name;
}

std::size_t fields::erase(std::string_view name)
{
    return std::erase_if(
        places_, [&](const place& one) { return one.name_size == name.size() && at(one).name == name; });
}

// Puts both at the text's end, one after the other, and says where. They may be parts of the text, so when it
// has to grow it stays until they are copied.
std::uint32_t fields::put(std::string_view first, std::string_view second)
{
    const auto begin = text_.size(), end = begin + first.size() + second.size();
    if (end > std::numeric_limits<std::uint32_t>::max()) throw std::length_error("header fields");
    const auto copy = [&](text& into) {
        into.resize(end);
        std::copy(first.begin(), first.end(), into.begin() + static_cast<std::ptrdiff_t>(begin));
        std::copy(second.begin(), second.end(), into.end() - static_cast<std::ptrdiff_t>(second.size()));
    };
    if (end <= text_.capacity()) {
        copy(text_);
    } else {
        text grown;
        grown.reserve(std::max({end, 2 * text_.capacity(), std::size_t{256}}));
        grown.assign(text_.begin(), text_.end());
        copy(grown);
        text_.swap(grown);
    }
    return static_cast<std::uint32_t>(begin);
}

void strip_hop_by_hop(fields& headers)
{
    std::vector<std::string> listed;
    for (const field& f : headers) {
        if (f.name != "connection") continue;
        std::string_view rest = f.value;
        while (!rest.empty()) {
            const auto comma = rest.find(',');
            const auto name = trimmed(rest.substr(0, comma));
            if (!name.empty()) listed.push_back(lowered(name));
            rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
        }
    }
    // Sorted, so that a head full of names costs no more than its size.
    std::sort(listed.begin(), listed.end());
    listed.erase(std::unique(listed.begin(), listed.end()), listed.end());
    std::erase_if(listed, [](const std::string& name) { return !may_be_listed(name); });
    headers.erase_if([&listed](const field& f) {
        return belongs_to_one_hop(f.name) || std::binary_search(listed.begin(), listed.end(), f.name);
    });
}

void strip_websocket_handshake(fields& headers)
{
    strip_hop_by_hop(headers);
    for (const auto* name : {"sec-websocket-key", "sec-websocket-accept", "sec-websocket-version",
                             "sec-websocket-extensions", "content-length"})
        headers.erase(name);
}

} // namespace layerline::transport
