// Pairing codes, and the relay's desk where agents wait for somebody to type theirs. Pure: the clock is
// passed in.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace layerline::access {

inline constexpr std::chrono::minutes pairing_code_life{10};

// A new code, XXXX-XXXX in Crockford's base32, of 40 random bits; nothing if OpenSSL has no random numbers.
std::optional<std::string> make_pairing_code();
// What a person typed as a code of that form: lower case, I and L for 1, O for 0, spaces and dashes are
// understood. Nothing if it cannot be a code.
std::optional<std::string> normalise_pairing_code(std::string_view typed);

using code_hash = std::array<unsigned char, 32>;
// What the relay gets instead of the code: SHA-256 over a label, the normalised code and the agent id.
code_hash hash_pairing_code(std::string_view code, std::string_view agent_id);

enum class claim_fault : std::uint8_t {
    unknown,        // no agent here waits with this code (or it is no code at all)
    expired,        // the code was right and is over: the agent shows a new one
    too_many_tries, // 5 wrong codes of this account or address in 10 minutes
};
std::string_view name_of(claim_fault fault);

struct claim_refusal {
    claim_fault why = claim_fault::unknown;
    std::chrono::seconds retry_after{0}; // with too_many_tries
};

// Not safe from several threads: guard it with a mutex, or keep it on one context.
class pairing_desk {
public:
    using clock = std::chrono::steady_clock;
    static constexpr std::size_t max_tries = 5;
    static constexpr std::chrono::minutes tries_window{10};

    // `max_waiting`: agents at once; `max_subjects`: accounts and addresses whose tries are counted.
    explicit pairing_desk(std::size_t max_waiting = 256, std::size_t max_subjects = 4096);

    // The agent waits with this code; an earlier code of it is void. `life` is cut to 10 minutes. False when
    // the desk is full.
    bool offer(std::string agent_id, code_hash hash, clock::duration life, clock::time_point now);
    // The agent went away, or was claimed.
    void withdraw(std::string_view agent_id);
    // `typed` as the person wrote it; `who` an account (a principal's id), `address` where the request came
    // from. A right code is used up. A wrong or expired one counts against both.
    std::variant<std::string, claim_refusal> claim(std::string_view typed, std::string_view who,
                                                   std::string_view address, clock::time_point now);
    // A try that was kept over a restart, under the names that subject_of_*() give.
    void restore_try(std::string subject, clock::time_point at);
    static std::string subject_of_account(std::string_view who);
    static std::string subject_of_address(std::string_view address);

    std::size_t waiting() const { return waiting_.size(); }

private:
    struct offer_row {
        code_hash hash{};
        clock::time_point until;
    };
    struct tries_row {
        std::deque<clock::time_point> at; // at most max_tries
    };
    void forget_old(clock::time_point now);
    void count(std::string subject, clock::time_point now);
    std::optional<clock::duration> barred(const std::string& subject, clock::time_point now) const;

    std::map<std::string, offer_row, std::less<>> waiting_; // by agent id
    std::map<std::string, tries_row, std::less<>> tries_;   // by subject
    std::size_t max_waiting_, max_subjects_;
};

} // namespace layerline::access
