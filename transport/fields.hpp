// Header fields: names in lower case, order kept, several of one name allowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace layerline::transport {

struct field {
    std::string_view name; // lower case
    std::string_view value;
};

// All of a head's text stands in one piece of memory: a request goes through five of these on its way, and a
// string for each name and value cost more than its parsing. So what find() and the iterators give holds
// until the next change, or the end, of the fields that it came from; moving them changes nothing.
class fields {
public:
    class const_iterator;

    fields() = default;
    fields(std::initializer_list<field> all);

    // Room for so many more fields, and for so many bytes of their names and values.
    void reserve(std::size_t count, std::size_t bytes = 0);
    // The value of the first field of that name (given in lower case), if there is one.
    std::optional<std::string_view> find(std::string_view name) const;
    // Replaces every field of that name with this one. Both may be parts of these fields.
    void set(std::string_view name, std::string_view value);
    // Adds a field beside those of the same name. Both may be parts of these fields.
    void add(std::string_view name, std::string_view value);
    // The same for a name as it was received: it is put into lower case, and given back so.
    std::string_view add_received(std::string_view name, std::string_view value);
    // Removes every field of that name; says how many there were.
    std::size_t erase(std::string_view name);

    // Removes the fields that `which(field)` holds for.
    template <class Which>
    void erase_if(Which which)
    {
        std::erase_if(places_, [&](const place& one) { return which(at(one)); });
    }

    const_iterator begin() const;
    const_iterator end() const;
    std::size_t size() const { return places_.size(); }
    bool empty() const { return places_.empty(); }
    // Of all names and values; with what was replaced or removed.
    std::size_t text_size() const { return text_.size(); }

private:
    struct place {
        std::uint32_t name = 0, name_size = 0, value = 0, value_size = 0; // in text_
    };

    field at(const place& one) const
    {
        return {{text_.data() + one.name, one.name_size}, {text_.data() + one.value, one.value_size}};
    }
    std::uint32_t put(std::string_view first, std::string_view second);

    // New characters are not set to zero before they are written.
    struct unset_memory : std::allocator<char> {
        template <class>
        struct rebind {
            using other = unset_memory;
        };
        void construct(char* at) { ::new (at) char; }
        template <class... From>
        void construct(char* at, From&&... from)
        {
            ::new (at) char(std::forward<From>(from)...);
        }
    };
    using text = std::vector<char, unset_memory>; // not a string: that one's short texts would move with it

    text text_;
    std::vector<place> places_;
};

class fields::const_iterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = field;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = field;

    const_iterator(const fields& of, std::size_t index) : of_(&of), index_(index) {}
    field operator*() const { return of_->at(of_->places_[index_]); }
    const_iterator& operator++()
    {
        ++index_;
        return *this;
    }
    const_iterator operator++(int) { return {*of_, index_++}; }
    bool operator==(const const_iterator& other) const { return index_ == other.index_; }

private:
    const fields* of_;
    std::size_t index_;
};

inline fields::const_iterator fields::begin() const
{
    return {*this, 0};
}

inline fields::const_iterator fields::end() const
{
    return {*this, places_.size()};
}

// Removes what belongs to one hop only (RFC 9110 section 7.6.1): connection and the names it lists,
// keep-alive, proxy-connection, te, trailer, transfer-encoding, upgrade.
void strip_hop_by_hop(fields& headers);
// The same, and what belongs to one WebSocket handshake: sec-websocket-key, -accept, -version, -extensions,
// content-length. What the two ends agree on (sec-websocket-protocol) stays.
void strip_websocket_handshake(fields& headers);

} // namespace layerline::transport
