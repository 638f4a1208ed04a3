// Pairing codes and the desk.
#include "access/pairing.hpp"
#include "access/crypto.hpp"
#include "access/limits.hpp"

#include <algorithm>

namespace layerline::access {

namespace {

constexpr std::string_view crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t code_characters = 8;

// What a typed character stands for, or 0.
char read_crockford(char c)
{
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == 'I' || c == 'L') return '1';
    if (c == 'O') return '0';
    return crockford.find(c) == std::string_view::npos ? '\0' : c;
}

std::string with_dash(std::string_view eight)
{
    return std::string(eight.substr(0, 4)) + '-' + std::string(eight.substr(4));
}

} // namespace

std::optional<std::string> make_pairing_code()
{
    std::array<unsigned char, code_characters> bytes{};
    if (!random_bytes(bytes)) return std::nullopt;
    std::string eight;
    for (const unsigned char byte : bytes)
        eight += crockford[byte & 31U]; // 256 is a multiple of 32: no character is likelier
    return with_dash(eight);
}

std::optional<std::string> normalise_pairing_code(std::string_view typed)
{
    if (typed.size() > 64) return std::nullopt;
    std::string eight;
    for (const char c : typed) {
        if (c == ' ' || c == '-' || c == '\t' || c == '\r' || c == '\n') continue;
        const char read = read_crockford(c);
        if (read == '\0' || eight.size() == code_characters) return std::nullopt;
        eight += read;
    }
    if (eight.size() != code_characters) return std::nullopt;
    return with_dash(eight);
}

code_hash hash_pairing_code(std::string_view code, std::string_view agent_id)
{
    std::string text = "layerline-pairing-code-v1";
    text += '\0';
    text += code;
    text += '\0';
    text += agent_id;
    return sha256(text);
}

std::string_view name_of(claim_fault fault)
{
    switch (fault) {
    case claim_fault::expired:
        return "expired";
    case claim_fault::too_many_tries:
        return "too_many_tries";
    case claim_fault::unknown:
        break;
    }
    return "unknown";
}

pairing_desk::pairing_desk(std::size_t max_waiting, std::size_t max_subjects)
    : max_waiting_(max_waiting), max_subjects_(max_subjects)
{
}

bool pairing_desk::offer(std::string agent_id, code_hash hash, clock::duration life, clock::time_point now)
{
    if (waiting_.size() >= max_waiting_ && !waiting_.contains(agent_id)) return false;
    const auto until = now + std::clamp<clock::duration>(life, clock::duration::zero(), pairing_code_life);
    waiting_.insert_or_assign(std::move(agent_id), offer_row{hash, until});
    return true;
}

void pairing_desk::withdraw(std::string_view agent_id)
{
    const auto found = waiting_.find(agent_id);
    if (found != waiting_.end()) waiting_.erase(found);
}

std::variant<std::string, claim_refusal> pairing_desk::claim(std::string_view typed, std::string_view who,
                                                             std::string_view address, clock::time_point now)
{
    forget_old(now);
    const auto account = subject_of_account(who);
    const auto place = subject_of_address(address);
    // Barred before the code is looked at: otherwise a guesser would learn from the answer.
    const auto wait = std::max(barred(account, now), barred(place, now));
    if (wait) {
        const auto whole = std::chrono::ceil<std::chrono::seconds>(*wait);
        return claim_refusal{claim_fault::too_many_tries, whole};
    }

    const auto code = normalise_pairing_code(typed);
    auto found = waiting_.end();
    if (code) {
        // Every offer is looked at, so that the time does not tell which one was near.
        for (auto it = waiting_.begin(); it != waiting_.end(); ++it)
            if (constant_time_equal(it->second.hash, hash_pairing_code(*code, it->first))) found = it;
    }
    if (found != waiting_.end() && now < found->second.until) {
        auto agent_id = found->first;
        waiting_.erase(found);
        return agent_id;
    }
    count(account, now);
    count(place, now);
    return claim_refusal{found == waiting_.end() ? claim_fault::unknown : claim_fault::expired, {}};
}

void pairing_desk::restore_try(std::string subject, clock::time_point at)
{
    count(std::move(subject), at);
}

std::string pairing_desk::subject_of_account(std::string_view who)
{
    return "account " + std::string(who.substr(0, 128));
}

std::string pairing_desk::subject_of_address(std::string_view address)
{
    return "address " + address_key(address);
}

void pairing_desk::forget_old(clock::time_point now)
{
    for (auto row = tries_.begin(); row != tries_.end();) {
        auto& at = row->second.at;
        while (!at.empty() && at.front() + tries_window <= now)
            at.pop_front();
        row = at.empty() ? tries_.erase(row) : std::next(row);
    }
}

void pairing_desk::count(std::string subject, clock::time_point now)
{
    if (tries_.size() >= max_subjects_ && !tries_.contains(subject)) {
        const auto oldest =
            std::ranges::min_element(tries_, {}, [](const auto& row) { return row.second.at.back(); });
        tries_.erase(oldest);
    }
    auto& at = tries_[std::move(subject)].at;
    at.push_back(now);
    std::ranges::sort(at); // restored tries may come in any order
    if (at.size() > max_tries) at.pop_front();
}

std::optional<pairing_desk::clock::duration> pairing_desk::barred(const std::string& subject,
                                                                  clock::time_point now) const
{
    const auto found = tries_.find(subject);
    if (found == tries_.end() || found->second.at.size() < max_tries) return std::nullopt;
    return found->second.at.front() + tries_window - now;
}

} // namespace layerline::access
