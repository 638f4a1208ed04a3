// Who may do what: scopes as a set, and the principal that a request acts for.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::access {

enum class scope : std::uint8_t {
    view,    // see state, files' names, cameras; implied by every other scope
    control, // move, heat, pause, resume, cancel, start, lights, macros
    files,   // read, upload and delete files; models and slices
    console, // raw G-code
    ui,      // whole local web pages: equal to owning the Pi
    admin,   // tokens, people, settings, pairing
};

class scope_set {
public:
    constexpr scope_set() = default;
    constexpr scope_set(std::initializer_list<scope> all)
    {
        for (auto s : all)
            add(s);
    }
    constexpr void add(scope s) { bits_ |= bit(s) | bit(scope::view); }
    constexpr bool has(scope s) const { return (bits_ & bit(s)) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    // What both hold.
    constexpr scope_set operator&(scope_set other) const
    {
        scope_set r;
        r.bits_ = bits_ & other.bits_;
        return r;
    }
    constexpr bool operator==(const scope_set&) const = default;

private:
    static constexpr std::uint8_t bit(scope s)
    {
        return static_cast<std::uint8_t>(1U << static_cast<unsigned>(s));
    }
    std::uint8_t bits_ = 0;
};

std::string_view name_of(scope s);
// "view,control,files" both ways; an unknown name gives nothing.
std::string to_string(scope_set scopes);
std::optional<scope_set> parse_scopes(std::string_view list);

// For whom a request acts.
struct principal {
    std::string id;   // the token's id, "t-" and 12 characters; or what the relay said
    std::string name; // as its owner called it, for logs
    scope_set scopes;
    std::vector<std::string> printers; // agent ids; empty with all_printers
    bool all_printers = false;
    std::optional<std::chrono::steady_clock::time_point> ends; // when the token's time is over
    std::optional<std::uint32_t> uploads_per_month = {};       // of a workshop's token that has its own
};

} // namespace layerline::access
