// From observations to findings, hop by hop.
#include "cli/doctor_findings.hpp"

#include <array>
#include <cstdio>

namespace layerline::cli {

namespace {

bool away_for_good(const std::string& phase)
{
    return phase == "offline" || phase == "connecting";
}

// What a printer that is away wants, by the cause that the print host names.
struct away_row {
    std::string_view problem, remedy;
};
constexpr std::array away_rows{
    away_row{"port_gone",
             "Switch the printer on, and check its USB cable at both ends; `ls /dev/serial/by-id` shows "
             "the ports, and `port` in printhost.toml names the one that is used."},
    away_row{"port_held", "End the program that holds the port (OctoPrint, Klipper, a slicer, a terminal)."},
    away_row{"port_forbidden",
             "Add the print host's user to the group that owns the port: `usermod -aG dialout USER`, "
             "then start the print host again."},
    away_row{
        "silent",
        "Check `baud` in printhost.toml (115200 and 250000 are usual), then switch the printer off and on."},
    away_row{"halted", "Look at the printer first, find out why it stopped, then reset it by hand."},
};

void judge_printer(all_findings& into, const std::string& phase, const std::string& reason,
                   const std::string& problem)
{
    const auto why = reason.empty() ? std::string(".") : ": " + ended(reason);
    if (!problem.empty() || away_for_good(phase)) {
        std::string_view remedy =
            "Check the printer's power, its cable and its baud rate; the print host's log says more.";
        for (const auto& row : away_rows)
            if (row.problem == problem) remedy = row.remedy;
        bad(into, "printer", problem.empty() ? "away" : problem.c_str(), exit_code::printer_away,
            "The printer is " + phase + why, std::string(remedy));
    } else if (phase == "error") {
        warn(into, "printer", "error", "The printer answers; its last job ended in an error" + why,
             "Look at the printer, then go on with the next job.");
    } else {
        good(into, "printer", "The printer answers: " + phase + ".");
    }
}

void judge_print_host(all_findings& into, const print_host_seen& seen)
{
    constexpr auto hop = "print-host";
    switch (seen.reached) {
    case attempt::not_made:
        return;
    case attempt::missing:
        return bad(
            into, hop, "socket_missing", exit_code::printer_away,
            "There is no print host: " + seen.path + " does not exist.",
            "Start it (`systemctl start layerline-printhost@NAME`), or name its socket with --print-host.");
    case attempt::refused:
        return bad(into, hop, "not_running", exit_code::printer_away,
                   "Nobody answers at " + seen.path + ": the print host that made it is gone.",
                   "Start it: `systemctl restart layerline-printhost@NAME`; `journalctl -u "
                   "layerline-printhost@NAME` "
                   "says why it ended.");
    case attempt::forbidden:
        return bad(into, hop, "socket_forbidden", exit_code::printer_away,
                   "This user may not speak to the print host at " + seen.path + ".",
                   "Run the doctor as root or as the agent's user, or join the group that owns the socket.");
    default:
        break;
    }
    if (!seen.answered)
        return bad(into, hop, "silent", exit_code::printer_away,
                   "The print host at " + seen.path + " takes connections and says nothing.",
                   "It hangs, or another program made that socket. Restart it only while nothing prints.");
    good(into, hop, "The print host answers at " + seen.path + ".");
    judge_printer(into, seen.phase, seen.reason, seen.problem);
    if (!seen.port.empty() && into.back().hop == "printer" && into.back().how == health::good)
        into.back().text += " It is on " + seen.port + ".";
}

void judge_agent(all_findings& into, const agent_seen& seen, bool printer_known)
{
    constexpr auto hop = "agent";
    switch (seen.reached) {
    case attempt::not_made:
        return;
    case attempt::missing:
        return bad(into, hop, "socket_missing", exit_code::printer_away,
                   "No agent runs here: " + seen.path + " does not exist.",
                   "Start it (`systemctl start layerline-agent`), or name its state folder with --state.");
    case attempt::refused:
        return bad(into, hop, "not_running", exit_code::printer_away,
                   "Nobody answers at " + seen.path + ": the agent that made it is gone.",
                   "Start it: `systemctl restart layerline-agent`; `journalctl -u layerline-agent` says why "
                   "it ended.");
    case attempt::forbidden:
        return bad(into, hop, "socket_forbidden", exit_code::usage,
                   "This user may not speak to the agent at " + seen.path + ".",
                   "Run the doctor as root or as the agent's user.");
    default:
        break;
    }
    if (!seen.answered)
        return bad(into, hop, "silent", exit_code::printer_away,
                   "The agent at " + seen.path + " did not tell its status in time.",
                   "Restart it: `systemctl restart layerline-agent`; a print goes on meanwhile.");
    good(into, hop, "The agent answers at " + seen.path + ".");
    if (!printer_known) judge_printer(into, seen.phase, seen.reason, {});
}

void judge_tunnel(all_findings& into, const agent_seen& seen)
{
    constexpr auto hop = "tunnel";
    if (!seen.answered) return;
    const auto& state = seen.relay_state;
    if (state == "connected") return good(into, hop, ended("The agent is " + seen.relay_text));
    if (state == "off")
        return skip(into, hop, "No relay is configured; this printer is reached on the local network only.");
    if (state == "pairing")
        return bad(into, hop, "not_paired", exit_code::credentials, ended("The agent is " + seen.relay_text),
                   seen.pairing_code.empty()
                       ? "Wait for its code: `layerline-agent status`."
                       : "On the relay run: layerline-relay claim " + seen.pairing_code);
    if (state == "given_up")
        return bad(into, hop, "given_up", exit_code::credentials, ended("The agent has " + seen.relay_text),
                   "Mend that, then run `layerline-agent reconnect`.");
    bad(into, hop, "not_connected", exit_code::unreachable, ended("The agent is " + seen.relay_text),
        "Mend what is wrong on the way to the relay, above; if nothing is, run `layerline-agent reconnect`.");
}

struct status_row {
    unsigned status;
    const char* name;
    exit_code code;
    std::string_view remedy;
};
constexpr std::array status_rows{
    status_row{401, "token_unknown", exit_code::credentials,
               "Make one at the agent: `layerline-agent token create --name NAME`."},
    status_row{403, "scope_missing", exit_code::credentials, "Make a token that has the scope."},
    status_row{
        603, "printer_unknown", exit_code::credentials,
        "Compare the printer's id with `layerline-agent status`, and with `layerline-relay token list` which "
        "printers the token is for."},
    status_row{604, "token_dead", exit_code::credentials,
               "Make a new one: `layerline-relay token create --name NAME`."},
    status_row{606, "token_unknown", exit_code::credentials,
               "Make one at the relay: `layerline-relay token create --name NAME`; a token of the agent is "
               "none of the "
               "relay's."},
    status_row{601, "agent_offline", exit_code::printer_away,
               "Run the doctor on the agent's machine: it says which step to the relay fails."},
    status_row{602, "agent_slow", exit_code::printer_away,
               "Look at the agent's machine: it is overloaded, or its line is."},
    status_row{610, "agent_old", exit_code::printer_away, "Upgrade the agent."},
    status_row{612, "agent_failed", exit_code::failed, "Look at the agent's log."},
    status_row{429, "too_often", exit_code::too_much,
               "Wait a minute; look for a script that asks without pause."},
    status_row{785, "printer_away", exit_code::printer_away, "Run the doctor on the agent's machine."},
    status_row{787, "printer_taken", exit_code::printer_away,
               "End the other program that holds the printer's port."},
    status_row{789, "printer_forbidden", exit_code::printer_away, "Run the doctor on the agent's machine."},
};

void judge_credentials(all_findings& into, const credentials_seen& seen)
{
    constexpr auto hop = "credentials";
    if (!seen.asked) return;
    if (!seen.token_given)
        return skip(into, hop, "No token was given (LAYERLINE_TOKEN): whether one works was not tried.");
    if (seen.got != attempt::done)
        return bad(into, hop, "no_answer", exit_code::unreachable, "A command with the token gets no answer.",
                   "Try again; if it stays, look at the log of the service.");
    if (seen.status == 200) return good(into, hop, "The token works, and the printer's agent answers.");
    for (const auto& row : status_rows)
        if (row.status == seen.status)
            return bad(into, hop, row.name, row.code, seen.text + " (" + std::to_string(seen.status) + ")",
                       std::string(row.remedy));
    bad(into, hop, "failed", exit_code::failed, seen.text + " (" + std::to_string(seen.status) + ")",
        "docs/errors.md lists every status and what it means.");
}

} // namespace

std::string_view name_of(health h)
{
    constexpr std::array<std::string_view, 4> names{"ok", "warning", "failed", "skipped"};
    return names[static_cast<std::size_t>(h)];
}

std::vector<finding> diagnose(const observations& seen)
{
    std::vector<finding> all;
    judge_print_host(all, seen.print_host);
    judge_agent(all, seen.agent, seen.print_host.answered);
    judge_server(all, seen.lan, "lan", false);
    const bool agent_connected =
        seen.agent.relay_state == "connected" && seen.agent.relay_url == seen.relay.url;
    judge_server(all, seen.relay, "relay", agent_connected);
    judge_tunnel(all, seen.agent); // behind the way to the relay: what is wrong there is the cause
    judge_credentials(all, seen.credentials);
    return all;
}

exit_code exit_of(const std::vector<finding>& all)
{
    for (const auto& one : all)
        if (one.how == health::bad) return one.code;
    return exit_code::done;
}

std::optional<std::int64_t> http_date(std::string_view text)
{
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (text.size() != 29 || !text.ends_with(" GMT")) return std::nullopt;
    int day = 0, year = 0, hour = 0, minute = 0, second = 0;
    std::array<char, 4> month{};
    const std::string copy(text.substr(5));
    if (std::sscanf(copy.c_str(), "%2d %3s %4d %2d:%2d:%2d", &day, month.data(), &year, &hour, &minute,
                    &second) != 6)
        return std::nullopt;
    const auto at = months.find(month.data());
    if (at == std::string_view::npos || at % 3 != 0 || day < 1 || day > 31 || year < 1970 || hour > 23 ||
        minute > 59 || second > 60 || hour < 0 || minute < 0 || second < 0)
        return std::nullopt;
    // Days since 1970 of the civil calendar, years counted from March.
    const std::int64_t m = static_cast<std::int64_t>(at / 3) + 1;
    const std::int64_t y = m <= 2 ? year - 1 : year;
    const std::int64_t of_era = y % 400, era = y / 400;
    const std::int64_t of_year = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + day - 1;
    const std::int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
    return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

} // namespace layerline::cli
