// Any bytes from a printer: cut into lines, parsed, shown as heaters.
#include "printer/serial/line_splitter.hpp"
#include "printer/serial/reply_parser.hpp"

#include <algorithm>
#include <cstdlib>

using namespace layerline::printer::serial;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    line_splitter splitter;
    splitter.feed(std::string_view(reinterpret_cast<const char*>(data), size),
                  [](std::string_view line, bool) {
                      const auto what = reply::parse(line);
                      if (reply::glued_ok(line) >= std::max<std::size_t>(1, line.size())) std::abort();
                      if (const auto* read = std::get_if<reply::temperature>(&what))
                          if (read->report.heaters(0).empty()) std::abort();
                      if (const auto* ack = std::get_if<reply::ack>(&what))
                          if (ack->count < 1 || ack->count > 8) std::abort();
                  });
    return 0;
}
