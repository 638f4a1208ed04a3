// layerline-bench-bad-port: the virtual printer's firmware behind a bad cable, on a pty and in real time, for
// print hosts of any make that print `--lines` of the long print. Tells on standard output, ten times a
// second while something changes, how many lines were carried out, lost and doubled, and the longest wait for
// one in seconds.
#include "printer/virtual/pty_port.hpp"
#include "tests/printer/long_print.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>
#include <system_error>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace layerline::bench {

namespace {

using printer::virtual_printer::firmware;
using printer::virtual_printer::firmware_settings;
using printer::virtual_printer::pty_port;
using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

class bad_port {
public:
    bad_port(const firmware_settings& board, double chance, std::uint64_t seed, std::uint64_t lines)
        : lines_(lines), cable_(tests::cable_faults::all(chance), seed),
          board_(board, clock::now(), [this](std::string_view command, auto) { arrived(command); }),
          port_(0600)
    {
    }
    const std::string& path() const { return port_.path(); }

    int serve(int signals)
    {
        for (;;) {
            auto until = board_.next_wakeup().value_or(clock::now() + 1s);
            if (cable_.holds()) until = std::min(until, clock::now() + 1ms);
            const auto left = std::clamp<std::chrono::nanoseconds>(until - clock::now(), 100us, 1s).count();
            const timespec patience{left / 1'000'000'000, left % 1'000'000'000};
            pollfd watched[3] = {{signals, POLLIN, 0},
                                 {port_.presence_descriptor(), POLLIN, 0},
                                 {board_.receive_room() > 0 ? port_.bytes_descriptor() : -1, POLLIN, 0}};
            ::ppoll(watched, 3, &patience, nullptr);
            if (watched[0].revents != 0) {
                tell();
                return 0;
            }
            for (auto sessions = port_.look().sessions; sessions > 0; --sessions)
                board_.opened(clock::now());
            if (const auto room = board_.receive_room(); room > 0)
                board_.receive(port_.read(room), clock::now());
            const auto said = cable_.carry(board_.take_output(clock::now()));
            if (!said.empty()) port_.write(said);
            if (changed_ && clock::now() - told_at_ >= 100ms) tell();
        }
    }

private:
    void arrived(std::string_view command)
    {
        const auto before = arrivals_.next();
        if (!tests::long_print_index(command)) return; // a host's own words
        changed_ = true;
        arrivals_.carried_out(command);
        const auto now = clock::now();
        if (before > 0 && arrivals_.next() != before) longest_ = std::max(longest_, now - last_);
        if (arrivals_.next() != before) last_ = now;
    }

    void tell()
    {
        changed_ = false;
        told_at_ = clock::now();
        tests::long_print_outcome so_far;
        arrivals_.count_into(so_far, arrivals_.next());
        const auto waits = arrivals_.next() == 0 || arrivals_.next() >= lines_
                               ? longest_
                               : std::max(longest_, told_at_ - last_);
        std::printf("%llu %llu %llu %.3f\n", static_cast<unsigned long long>(so_far.executed),
                    static_cast<unsigned long long>(so_far.lost),
                    static_cast<unsigned long long>(so_far.doubled),
                    std::chrono::duration<double>(waits).count());
        std::fflush(stdout);
    }

    const std::uint64_t lines_;
    tests::arrival_check arrivals_;
    clock::time_point last_{}, told_at_{};
    clock::duration longest_{};
    bool changed_ = false;
    tests::bad_cable cable_;
    firmware board_;
    pty_port port_;
};

int run_program(int argc, char** argv)
{
    std::string link, file;
    double chance = 0.01;
    std::uint64_t seed = 1, lines = 5000;
    bool plain_ok = false;
    CLI::App app("The virtual printer behind a bad cable, for print hosts of any make.");
    app.add_option("--link", link, "symbolic link to the port")->required();
    app.add_option("--file", file, "G-code file to write: the print")->required();
    app.add_option("--lines", lines, "of it")->capture_default_str();
    app.add_option("--chance", chance, "of each fault, for each line")->capture_default_str();
    app.add_option("--seed", seed, "of the faults")->capture_default_str();
    app.add_flag("--plain-ok", plain_ok, "acknowledge without line numbers");
    CLI11_PARSE(app, argc, argv);
    {
        std::ofstream out(file);
        for (std::uint64_t at = 0; at < lines; ++at)
            out << tests::long_print_line(at) << '\n';
        if (!out.flush()) {
            std::perror(file.c_str());
            return 1;
        }
    }
    sigset_t handled;
    sigemptyset(&handled);
    sigaddset(&handled, SIGTERM);
    sigaddset(&handled, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &handled, nullptr);
    const int signals = ::signalfd(-1, &handled, SFD_CLOEXEC);
    firmware_settings board;
    board.advanced_ok = !plain_ok;
    board.speed = 1000; // every wait is for a line
    board.boot_time = 1ms;
    board.seed = seed;
    board.faults = {.drop_ok = chance, .corrupt = chance, .resend_without_ok = chance};
    try {
        bad_port port(board, chance, seed, lines);
        ::unlink(link.c_str());
        if (::symlink(port.path().c_str(), link.c_str()) != 0) {
            std::perror(link.c_str());
            return 1;
        }
        const int code = port.serve(signals);
        ::unlink(link.c_str());
        return code;
    } catch (const std::system_error& fault) {
        std::fprintf(stderr, "layerline-bench-bad-port: %s\n", fault.what());
        return 1;
    }
}

} // namespace

} // namespace layerline::bench

int main(int argc, char** argv)
{
    return layerline::bench::run_program(argc, argv);
}
