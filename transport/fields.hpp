// Header fields: names in lower case, order kept, several of one name allowed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace layerline::transport {

struct field {
    std::string name; // lower case
    std::string value;
};

class fields {
public:
    fields() = default;
    fields(std::initializer_list<field> all) : all_(all) {}

    void reserve(std::size_t count) { all_.reserve(count); }
    // The value of the first field of that name (given in lower case), if there is one.
    std::optional<std::string_view> find(std::string_view name) const;
    // Replaces every field of that name with this one.
    void set(std::string name, std::string value);
    // Adds a field beside those of the same name.
    void add(std::string name, std::string value);
    // Removes every field of that name; says how many there were.
    std::size_t erase(std::string_view name);

    // Removes the fields that `which(field)` holds for.
    template <class Which>
    void erase_if(Which which)
    {
        std::erase_if(all_, std::move(which));
    }

    // All of them, for whoever makes something else of them; none are left.
    std::vector<field> take() { return std::exchange(all_, {}); }

    auto begin() const { return all_.begin(); }
    auto end() const { return all_.end(); }
    std::size_t size() const { return all_.size(); }
    bool empty() const { return all_.empty(); }

private:
    std::vector<field> all_;
};

// Removes what belongs to one hop only (RFC 9110 section 7.6.1): connection and the names it lists,
// keep-alive, proxy-connection, te, trailer, transfer-encoding, upgrade.
void strip_hop_by_hop(fields& headers);
// The same, and what belongs to one WebSocket handshake: sec-websocket-key, -accept, -version, -extensions,
// content-length. What the two ends agree on (sec-websocket-protocol) stays.
void strip_websocket_handshake(fields& headers);

} // namespace layerline::transport
