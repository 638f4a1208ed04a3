// The token of an Authorization header, from strangers: bounded, and nothing for whatever is not exactly
// right.
#include "access/base64.hpp"
#include "access/token_service.hpp"

#include <algorithm>

namespace layerline::access {

namespace {

// A token has 46 characters; Basic adds a user name, and base64 a third.
constexpr std::size_t max_header = 1024;
constexpr std::size_t max_secret = 256;

bool is_scheme(std::string_view text, std::string_view lower_name)
{
    return std::ranges::equal(text, lower_name, [](char c, char wanted) {
        return (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) == wanted;
    });
}

bool is_token_text(std::string_view text)
{
    return !text.empty() && text.size() <= max_secret &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

} // namespace

std::optional<std::string> secret_from_authorization(std::string_view header)
{
    if (header.size() > max_header) return std::nullopt;
    const auto space = header.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    const auto scheme = header.substr(0, space);
    auto rest = header.substr(space);
    while (!rest.empty() && rest.front() == ' ')
        rest.remove_prefix(1);
    while (!rest.empty() && (rest.back() == ' ' || rest.back() == '\t'))
        rest.remove_suffix(1);
    if (is_scheme(scheme, "bearer"))
        return is_token_text(rest) ? std::optional<std::string>(rest) : std::nullopt;
    if (!is_scheme(scheme, "basic")) return std::nullopt;
    const auto decoded = from_base64(rest);
    if (!decoded) return std::nullopt;
    const std::string_view pair(reinterpret_cast<const char*>(decoded->data()), decoded->size());
    // The user name has no colon (RFC 7617); ours does not matter at all.
    const auto colon = pair.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto password = pair.substr(colon + 1);
    return is_token_text(password) ? std::optional<std::string>(password) : std::nullopt;
}

std::optional<std::string> secret_of(std::optional<std::string_view> authorization,
                                     std::optional<std::string_view> api_key)
{
    if (authorization) return secret_from_authorization(*authorization);
    return api_key && is_token_text(*api_key) ? std::optional<std::string>(*api_key) : std::nullopt;
}

} // namespace layerline::access
