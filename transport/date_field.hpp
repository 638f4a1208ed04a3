// The Date field of answers: by it a client can tell that its clock is off (`layerline doctor` does).
#pragma once

#include <cstdint>
#include <string>

namespace layerline::transport {

// Seconds since 1970, 0 to the year 9999, as HTTP writes dates: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string date_text(std::int64_t unix_time);
// The same of this moment; made once a second in each thread. Good until the next call in this thread.
const std::string& date_now();

} // namespace layerline::transport
