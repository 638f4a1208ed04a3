// Any lines from a printer as what it says of its card, and as entries of its list: what is told has a name
// that can go into a command.
#include "printer/serial/card_reply.hpp"
#include "printer/serial/line_splitter.hpp"

#include <cstdlib>
#include <variant>

using namespace layerline::printer::serial;

namespace {

// Of one line, not empty, and without what would begin another line on the wire or in a log.
void check_name(std::string_view name, std::string_view line)
{
    if (name.size() > line.size()) std::abort();
    for (const char c : name)
        if (c == '\n' || c == '\r') std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    line_splitter splitter;
    splitter.feed(std::string_view(reinterpret_cast<const char*>(data), size),
                  [](std::string_view line, bool) {
                      if (const auto what = card_reply::parse(line))
                          if (const auto* file = std::get_if<card_reply::opened>(&*what))
                              check_name(file->name, line);
                      if (const auto file = card_reply::parse_entry(line)) {
                          if (file->path.empty() || file->name.empty()) std::abort();
                          check_name(file->path, line);
                          check_name(file->name, line);
                      }
                  });
    return 0;
}
