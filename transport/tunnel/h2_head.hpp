// Heads as HTTP/2 writes them: ours to pseudo-header fields and back, with every check made before nghttp2
// would refuse, drop or reset something on its own.
#pragma once

#include "transport/fields.hpp"

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::transport {

// Whose bodies are sent first. Bodies of a lower class wait while a higher one has anything to send.
enum class h2_priority : std::uint8_t { emergency, urgent, normal, bulk };
constexpr std::size_t h2_priorities = 4;

// Takes the field x-layerline-priority out; none if it is not there or says something else.
std::optional<h2_priority> take_priority(fields& headers);

// A head ready for nghttp2: pseudo-header fields first, names in lower case.
using h2_wire_head = fields;

// What a field costs against a header limit (RFC 9113 section 10.5.1).
std::size_t field_cost(std::string_view name, std::string_view value);

// Strips what belongs to one hop; errc::too_large past `limit`, errc::malformed for what HTTP does not allow.
boost::system::result<h2_wire_head> request_to_wire(const std::string& method, const std::string& target,
                                                    fields headers, h2_priority priority, std::size_t limit);
// An extended CONNECT (RFC 8441) that asks for a WebSocket.
boost::system::result<h2_wire_head> websocket_to_wire(const std::string& target, fields headers,
                                                      h2_priority priority, std::size_t limit);
boost::system::result<h2_wire_head> answer_to_wire(unsigned status, fields headers, std::size_t limit);

// One head while it comes in, field by field.
class h2_head_reader {
public:
    explicit h2_head_reader(std::size_t limit) : limit_(limit) {}
    // Past the limit fields are counted and dropped.
    void add(std::string_view name, std::string_view value);
    void clear();

    bool too_large() const { return cost_ > limit_; }
    const std::string& method() const { return method_; }
    const std::string& target() const { return target_; }
    // Of an extended CONNECT: what is asked for.
    const std::string& protocol() const { return protocol_; }
    unsigned status() const { return status_; }
    // The fields, with host from :authority, without what belongs to one hop. Leaves the reader empty.
    fields take();

private:
    std::size_t limit_;
    std::size_t cost_ = 0;
    std::string method_, target_, authority_, protocol_;
    unsigned status_ = 0;
    fields headers_;
};

} // namespace layerline::transport
