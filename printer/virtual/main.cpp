// layerline-virtual-printer: the firmware on a pty.
#include "printer/virtual/firmware.hpp"
#include "printer/virtual/port_speed.hpp"
#include "printer/virtual/pty_port.hpp"
#include "printer/virtual/report.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace layerline::printer::virtual_printer {

namespace {

constexpr int panel_buttons = static_cast<int>(panel_button::click) + 1; // SIGRTMIN and on

struct options {
    firmware_settings board;
    std::string link;
    std::string ready;
    std::string report;
    std::string mode = "0600";
    std::string firmware = "marlin";
    std::string card;
    std::vector<std::string> faults;
    double replug_after = 0; // seconds; 0: never
    unsigned only_baud = 0;
    bool verbose = false;
};

// What a family of firmware has not got, whatever else was asked for.
void take_family(const std::string& name, firmware_settings& board)
{
    if (name == "marlin") return;
    board.family = name == "prusa" ? firmware_family::prusa : firmware_family::repetier;
    board.advanced_ok = board.emergency_parser = board.prompts = board.m110_reports = false;
    if (board.family != firmware_family::repetier) return;
    board.auto_report = false;
    board.says_wait = true;
}

// The files of a folder, by name.
std::vector<card_file> read_card(const std::string& folder)
{
    constexpr std::size_t most_files = 200;
    constexpr std::uintmax_t most_bytes = 16UL * 1024 * 1024;
    std::vector<card_file> all;
    for (const auto& one : std::filesystem::directory_iterator(folder)) {
        if (all.size() == most_files || !one.is_regular_file() || one.file_size() > most_bytes) continue;
        std::ifstream in(one.path(), std::ios::binary);
        std::ostringstream text;
        text << in.rdbuf();
        all.push_back({one.path().filename().string(), text.str()});
    }
    std::sort(all.begin(), all.end(), [](const card_file& a, const card_file& b) { return a.name < b.name; });
    return all;
}

// "drop-ok=0.01" into the rates; false when the name or the rate is none.
bool take_fault(const std::string& text, fault_rates& rates)
{
    const std::map<std::string, double*> names{{"drop-ok", &rates.drop_ok},
                                               {"corrupt", &rates.corrupt},
                                               {"resend-without-ok", &rates.resend_without_ok},
                                               {"unplug", &rates.unplug}};
    const auto equals = text.find('=');
    const auto known = names.find(text.substr(0, equals));
    if (equals == std::string::npos || known == names.end()) return false;
    char* end = nullptr;
    const double rate = std::strtod(text.c_str() + equals + 1, &end);
    if (*end != 0 || end == text.c_str() + equals + 1 || !(rate >= 0 && rate <= 1)) return false;
    *known->second = rate;
    return true;
}

void add_options(CLI::App& app, options& chosen)
{
    auto& board = chosen.board;
    app.add_option("--card", chosen.card, "folder whose G-code files are on its own card")
        ->check(CLI::ExistingDirectory);
    app.add_option("--link", chosen.link, "symbolic link to the port, made anew");
    app.add_option("--ready", chosen.ready, "file that gets the port's path when the printer is up");
    app.add_option("--report", chosen.report, "JSON report, written at exit and on SIGHUP");
    app.add_option("--mode", chosen.mode, "mode of the port, octal")->check([](const std::string& text) {
        const bool good =
            !text.empty() && text.size() <= 4 && text.find_first_not_of("01234567") == std::string::npos;
        return good ? std::string() : std::string("is not an octal mode");
    });
    app.add_option("--firmware", chosen.firmware, "whose words it speaks: marlin, prusa or repetier")
        ->check(CLI::IsMember({"marlin", "prusa", "repetier"}));
    app.add_option("--baud", board.baud, "wire speed, 0: not paced")->check(CLI::Range(0, 4000000));
    app.add_option("--only-baud", chosen.only_baud,
                   "a host that set its port to another baud rate hears and says only noise; 0: any rate")
        ->check(CLI::Range(0, 4000000));
    app.add_option("--speed", board.speed, "simulated seconds in a real one, for motion and heat")
        ->check(CLI::Range(0.01, 10000.0));
    app.add_option("--seed", board.seed, "of faults and of noise");
    app.add_option("--fault", chosen.faults,
                   "KIND=RATE per numbered line: drop-ok, corrupt, resend-without-ok, unplug")
        ->check([&board](const std::string& text) {
            return take_fault(text, board.faults) ? std::string() : "unknown fault or rate: " + text;
        });
    app.add_option("--unplug-after", board.unplug_after, "pull the cable after so many lines");
    app.add_option("--runout-after", board.runout_after, "the filament runs out after so many lines");
    app.add_option("--replug-after", chosen.replug_after, "plug it in again after so many seconds")
        ->check(CLI::Range(0.0, 86400.0));
    app.add_flag("--reset-on-open", board.reset_on_open, "the board resets when a host opens the port");
    app.add_option("--stuck-thermistor", board.stuck_thermistor,
                   "the hotend's sensor sticks, so many simulated seconds after power-on")
        ->expected(0, 1)
        ->default_str("0");
    app.add_flag("--stuck-heater", board.stuck_heater, "the hotend heats whatever the firmware wants");
    app.add_flag("--chamber", board.chamber, "there is a heated chamber");
    app.add_flag("--m110-reports", board.m110_reports, "bare M110 answers the line number");
    app.add_flag("--meatpack", board.meatpack, "packed lines are understood (MeatPack)");
    app.add_flag("!--no-advanced-ok", board.advanced_ok, "plain ok");
    app.add_flag("!--no-busy", board.busy, "no busy lines");
    app.add_flag("!--no-emergency-parser", board.emergency_parser, "M108, M112, M410, M876 wait their turn");
    app.add_flag("!--no-thermal-protection", board.thermal_protection, "only MAXTEMP halts");
    app.add_option("--machine", board.machine, "MACHINE_TYPE of M115");
    app.add_option("--uuid", board.uuid, "UUID of M115");
    app.add_flag("--verbose", chosen.verbose, "the traffic on standard error");
}

bool write_ready(const std::string& path, const std::string& text)
{
    const auto temporary = path + ".new";
    std::ofstream(temporary) << text << '\n';
    return std::rename(temporary.c_str(), path.c_str()) == 0;
}

// The program: a board, and the port while the cable is in.
class virtual_printer_program {
public:
    explicit virtual_printer_program(const options& chosen)
        : options_(chosen),
          report_(chosen.report.empty() ? nullptr : std::make_unique<report>(chosen.report)),
          board_(chosen.board, now(), [this](auto command, auto number) {
              if (report_) report_->executed(command, number);
          })
    {
    }

    int run(int signals)
    {
        plug_in();
        if (!options_.ready.empty() && !write_ready(options_.ready, port_->path())) {
            std::fprintf(stderr, "cannot write %s\n", options_.ready.c_str());
            return 1;
        }
        for (;;) {
            if (wait(signals) && !handle_signal(signals)) break;
            if (port_) serve();
            if (port_ && board_.unplugged()) pull_out();
            if (replug_at_ && now() >= *replug_at_) plug_in();
        }
        pull_out();
        if (report_ && !report_->write(board_.status(now()))) {
            std::fprintf(stderr, "cannot write %s\n", options_.report.c_str());
            return 1;
        }
        return 0;
    }

private:
    static time_point now() { return std::chrono::steady_clock::now(); }

    void plug_in()
    {
        replug_at_.reset();
        port_ = std::make_unique<pty_port>(static_cast<mode_t>(std::stoul(options_.mode, nullptr, 8)));
        board_.replug(now());
        if (!options_.link.empty()) {
            const auto temporary = options_.link + ".new";
            ::unlink(temporary.c_str());
            if (::symlink(port_->path().c_str(), temporary.c_str()) != 0 ||
                std::rename(temporary.c_str(), options_.link.c_str()) != 0)
                std::fprintf(stderr, "cannot link %s\n", options_.link.c_str());
        }
        std::printf("serial: %s\n", port_->path().c_str());
        std::fflush(stdout);
    }

    // The port vanishes, with its link; the board goes on by itself.
    void pull_out()
    {
        if (!port_) return;
        if (!options_.link.empty()) ::unlink(options_.link.c_str());
        port_.reset();
        board_.unplug(now());
        if (options_.replug_after > 0)
            replug_at_ = now() + std::chrono::milliseconds(static_cast<long>(options_.replug_after * 1000));
        if (options_.verbose) std::fprintf(stderr, "-- unplugged\n");
    }

    // Waits for the host, the board, a replug or a signal; true for a signal.
    bool wait(int signals)
    {
        auto wake = board_.next_wakeup();
        if (replug_at_ && (!wake || *replug_at_ < *wake)) wake = replug_at_;
        constexpr nanoseconds shortest =
            std::chrono::microseconds(100); // what comes sooner is taken together
        timespec patience{};
        if (wake) {
            const auto left =
                std::clamp<nanoseconds>(*wake - now(), shortest, std::chrono::minutes(1)).count();
            patience = {left / 1'000'000'000, left % 1'000'000'000};
        }
        pollfd watched[3] = {{signals, POLLIN, 0}, {-1, POLLIN, 0}, {-1, POLLIN, 0}};
        if (port_) {
            watched[1].fd = port_->presence_descriptor();
            // A full wire makes the host wait, as a port's own buffer would.
            if (board_.receive_room() > 0) watched[2].fd = port_->bytes_descriptor();
        }
        ::ppoll(watched, 3, wake ? &patience : nullptr, nullptr);
        return watched[0].revents != 0;
    }

    void serve()
    {
        const auto seen = port_->look();
        if (seen.closes > 0 && options_.verbose) std::fprintf(stderr, "-- closed\n");
        for (unsigned i = 0; i < seen.sessions; ++i) {
            board_.take_output(now()); // said to nobody
            board_.opened(now());
            if (options_.verbose) std::fprintf(stderr, "-- opened\n");
        }
        if (const auto room = board_.receive_room(); room > 0) {
            auto bytes = port_->read(room);
            if (wrong_speed()) bytes = at_wrong_speed(bytes);
            if (options_.verbose && !bytes.empty()) show('>', bytes, heard_);
            board_.receive(bytes, now());
        }
        const auto said = board_.take_output(now());
        if (said.empty()) return;
        if (options_.verbose) show('<', said, said_);
        port_->write(wrong_speed() ? at_wrong_speed(said) : said);
    }

    bool wrong_speed() const
    {
        return options_.only_baud != 0 && port_speed(port_->bytes_descriptor()) != options_.only_baud;
    }

    // Whole lines only, with a mark of the direction.
    static void show(char direction, const std::string& bytes, std::string& line)
    {
        for (char c : bytes) {
            if (c == '\n' || line.size() > 200) {
                std::fprintf(stderr, "%c %s\n", direction, line.c_str());
                line.clear();
            }
            if (c >= ' ' && c < 127) line += c;
        }
    }

    // False when the program shall end.
    bool handle_signal(int signals)
    {
        signalfd_siginfo info{};
        if (::read(signals, &info, sizeof info) != sizeof info) return true;
        switch (info.ssi_signo) {
        case SIGHUP:
            if (report_ && !report_->write(board_.status(now())))
                std::fprintf(stderr, "cannot write %s\n", options_.report.c_str());
            return true;
        case SIGUSR1:
            board_.reset(now());
            return true;
        case SIGUSR2:
            pull_out();
            return true;
        default:
            break;
        }
        const int button = static_cast<int>(info.ssi_signo) - SIGRTMIN;
        if (button < 0 || button >= panel_buttons) return false;
        board_.press(static_cast<panel_button>(button), now());
        return true;
    }

    options options_;
    std::unique_ptr<report> report_;
    firmware board_;
    std::unique_ptr<pty_port> port_;
    std::optional<time_point> replug_at_;
    std::string heard_, said_;
};

// Runs the program; its exit status.
int run_program(int argc, char** argv)
{
    options chosen;
    CLI::App app(
        "A 3D printer's firmware without a printer: behaves like Marlin on a serial port of its own.");
    app.set_version_flag("--version", LAYERLINE_VERSION);
    add_options(app, chosen);
    CLI11_PARSE(app, argc, argv);
    take_family(chosen.firmware, chosen.board);
    if (!chosen.card.empty()) chosen.board.card = read_card(chosen.card);

    sigset_t handled;
    sigemptyset(&handled);
    for (int each : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2})
        sigaddset(&handled, each);
    for (int button = 0; button < panel_buttons; ++button)
        sigaddset(&handled, SIGRTMIN + button);
    ::pthread_sigmask(SIG_BLOCK, &handled, nullptr);
    const int signals = ::signalfd(-1, &handled, SFD_CLOEXEC);
    try {
        return virtual_printer_program(chosen).run(signals);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "layerline-virtual-printer: %s\n", error.what());
        return 1;
    }
}

} // namespace

} // namespace layerline::printer::virtual_printer

int main(int argc, char** argv)
{
    return layerline::printer::virtual_printer::run_program(argc, argv);
}
