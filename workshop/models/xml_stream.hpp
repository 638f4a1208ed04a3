// XML as it comes, element by element. Document types are refused, and with them entities of a file's own.
#pragma once

#include "workshop/models/model_error.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::workshop {

// Names without their namespace.
class xml_attributes {
public:
    explicit xml_attributes(const char** all) : all_(all) {}
    std::optional<std::string_view> find(std::string_view name) const;

private:
    const char** all_; // name and value in turn, a null at the end
};

class xml_listener {
public:
    xml_listener() = default;
    virtual ~xml_listener() = default;
    xml_listener(const xml_listener&) = delete;
    xml_listener& operator=(const xml_listener&) = delete;
    // A failure ends the reading.
    virtual model_result<void> begin(std::string_view element, const xml_attributes& attributes) = 0;
    virtual model_result<void> end(std::string_view element) = 0;
    // What stands between the marks, in pieces as they come.
    virtual model_result<void> text(std::string_view) { return {}; }
};

class xml_stream {
public:
    // `where` says what is read, for what goes wrong: the line is told with it. The listener has to outlive
    // it.
    xml_stream(xml_listener& listener, std::string where);
    ~xml_stream();
    xml_stream(const xml_stream&) = delete;
    xml_stream& operator=(const xml_stream&) = delete;

    model_result<void> feed(std::string_view piece, bool last);

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace layerline::workshop
