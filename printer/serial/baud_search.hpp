// Which baud rate a printer speaks, found by trying: rates and the clock in, the next rate out. Pure. The
// port stays open meanwhile, so that no board is reset by it.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace layerline::printer::serial {

class baud_search {
public:
    using time_point = std::chrono::steady_clock::time_point;

    // `known` is tried first: the rate that was found before, 0 where there is none. Then the usual ones, the
    // likeliest first; each at most once a round.
    explicit baud_search(unsigned known);

    // A round begins; hello is being said at rate() now.
    void begin(time_point now);
    unsigned rate() const { return rates_[at_]; }
    // The next rate of the round to say hello at, when the present one had its time: no_answer, or sooner
    // where only noise came. The first rate of the first round has longer: opening the port may have reset
    // the board. Nothing while it has time left, and after the round's last rate, when over() is true.
    std::optional<unsigned> next(time_point now, bool heard_noise);
    bool over() const { return over_; }
    // When next() has something to say, at the latest.
    time_point until() const { return until_; }
    // A firmware answered: from now on that rate is the first.
    void found();

    // For people: what is being done, and what came of a round that is over.
    std::string trying() const;
    std::string in_vain() const;

    static constexpr std::chrono::milliseconds boot{10'000}, no_answer{3'000}, only_noise{2'200};

private:
    std::vector<unsigned> rates_;
    std::size_t at_ = 0;
    bool first_ = true, over_ = false, noise_ = false;
    time_point since_{}, until_{};
};

} // namespace layerline::printer::serial
