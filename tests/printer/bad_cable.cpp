#include "bad_cable.hpp"

#include <array>
#include <utility>

namespace layerline::tests {

bool bad_cable::happens(double rate)
{
    if (random_.unit() >= rate) return false;
    ++faults_;
    return true;
}

std::string bad_cable::carry(std::string_view said)
{
    std::string arrived = std::exchange(held_, {});
    for (const char c : said) {
        line_ += c;
        if (c == '\n') carry_line(std::exchange(line_, {}), arrived);
    }
    return arrived;
}

void bad_cable::carry_line(std::string line, std::string& arrived)
{
    static constexpr std::array<std::string_view, 6> noise{
        "echo:SD init fail\n", "//action:notification Layer 3\n",  "echo: M206 X0.00 Y0.00 Z0.00\n",
        "Not SD printing\n",   "echo:enqueueing \"M117 Hello\"\n", "tok:3 block ok\n"};
    if (happens(rates_.request_lost) && line.starts_with("Resend:")) return;
    std::string& before = held_.empty() ? arrived : held_;
    if (happens(rates_.echo)) before += noise[random_.below(noise.size())];
    if (happens(rates_.busy)) before += "echo:busy: processing\n";
    if (happens(rates_.report)) before += " T:21.97 /0.00 B:22.00 /0.00 @:0 B@:0\n";
    const bool twice = line.starts_with("ok") && happens(rates_.ok_twice);
    const std::string second = twice ? line : std::string();
    if (happens(rates_.damaged)) {
        const auto at = random_.below(line.size() - 1);
        if (random_.below(2) == 0)
            line.erase(at, 1);
        else
            line[at] = static_cast<char>(static_cast<unsigned char>(line[at]) ^ (1U << random_.below(8)));
    }
    if (happens(rates_.garbage)) {
        std::string bytes;
        for (auto left = 1 + random_.below(12); left > 0; --left)
            bytes += static_cast<char>(random_.below(256));
        line.insert(random_.below(line.size()), bytes);
    }
    if (happens(rates_.split)) line.insert(random_.below(line.size()), 1, '\n');
    if (happens(rates_.glued)) line.pop_back();
    // What is said behind a piece that is late is late, too.
    if (held_.empty() && line.size() > 1 && happens(rates_.cut)) {
        const auto at = 1 + random_.below(line.size() - 1);
        arrived += line.substr(0, at);
        held_ = line.substr(at);
    } else {
        (held_.empty() ? arrived : held_) += line;
    }
    if (twice) (held_.empty() && random_.below(2) == 0 ? arrived : held_) += second;
}

} // namespace layerline::tests
