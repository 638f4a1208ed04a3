#include "transport/code_pages.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>
#include <string>

using namespace layerline;

namespace {

// Resident KiB of what is mapped to be run.
long resident_code()
{
    std::ifstream maps("/proc/self/smaps");
    std::string line;
    bool code = false;
    long sum = 0;
    while (std::getline(maps, line)) {
        std::istringstream words(line);
        std::string first, second;
        words >> first >> second;
        if (first.find('-') != std::string::npos) code = second.size() == 4 && second[2] == 'x';
        if (code && first == "Rss:") sum += std::stol(second);
    }
    return sum;
}

} // namespace

TEST_CASE(
    "code that nobody runs any more is not resident once it was given back, and what is needed comes again")
{
    const auto before = resident_code();
    transport::give_back_idle_code();
    const auto after = resident_code(); // with all that the counting needs
    CHECK(after < before);
    CHECK(after > 0);
    std::istringstream text("12.5");
    double number = 0;
    text >> number;
    CHECK(number == 12.5);
}
