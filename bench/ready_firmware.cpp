// layerline-bench-firmware: a firmware that acknowledges every line at once, on a pty. It does nothing else,
// so that what is measured is the host that speaks to it. While moves come it tells on standard output, ten
// times a second, how many there were and how many seconds after the first.
#include "printer/virtual/pty_port.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace layerline::bench {

namespace {

using layerline::printer::virtual_printer::pty_port;
using clock = std::chrono::steady_clock;

constexpr std::size_t longest_line = 1024; // bytes; the rest of a longer one is not looked at

struct received {
    std::string_view number;  // "N12"; empty if the line had none
    std::string_view command; // what follows it, still with its checksum: "G1 X5*33"
};

received parts_of(std::string_view line)
{
    received parts;
    if (line.starts_with('N')) {
        parts.number = line.substr(0, line.find_first_not_of("0123456789", 1));
        line.remove_prefix(parts.number.size());
    }
    while (line.starts_with(' '))
        line.remove_prefix(1);
    parts.command = line;
    return parts;
}

class ready_firmware {
public:
    // With `advanced_ok` each "ok" tells the line's number and free slots, as Marlin's ADVANCED_OK does.
    explicit ready_firmware(bool advanced_ok) : advanced_ok_(advanced_ok) {}

    // Takes bytes of the host; the answer to all lines that they complete.
    std::string take(std::string_view bytes)
    {
        std::string answer;
        for (const char c : bytes) {
            if (c != '\n') {
                if (line_.size() < longest_line) line_ += c;
                continue;
            }
            if (!line_.empty()) answer_line(parts_of(line_), answer);
            line_.clear();
        }
        return answer;
    }
    void begin_session() { line_.clear(); }

private:
    void acknowledge(std::string_view number, std::string& answer) const
    {
        answer += "ok";
        if (advanced_ok_ && !number.empty()) answer.append(" ").append(number).append(" P15 B3");
    }

    void answer_line(const received& line, std::string& answer)
    {
        const auto command = line.command;
        if (command.starts_with("M115"))
            answer += "FIRMWARE_NAME:Ready 1.0 MACHINE_TYPE:Ready EXTRUDER_COUNT:1\nCap:AUTOREPORT_TEMP:0\n";
        else if (command.starts_with("M114"))
            answer += "X:0.00 Y:0.00 Z:0.00 E:0.00 Count X:0 Y:0 Z:0\n";
        else if (command.starts_with("G1 ") || command.starts_with("G0 "))
            count_move();
        acknowledge(line.number, answer);
        if (command.starts_with("M105")) answer += " T:21.0 /0.0 B:21.0 /0.0 @:0 B@:0";
        answer += '\n';
    }

    void count_move()
    {
        const auto now = clock::now();
        if (moves_++ == 0) first_ = told_ = now;
        if (moves_ > 1 && now - told_ < std::chrono::milliseconds(100)) return;
        told_ = now;
        std::printf("%llu %.6f\n", static_cast<unsigned long long>(moves_),
                    std::chrono::duration<double>(now - first_).count());
        std::fflush(stdout);
    }

    const bool advanced_ok_;
    std::uint64_t moves_ = 0;
    clock::time_point first_{}, told_{};
    std::string line_;
};

int serve(pty_port& port, ready_firmware& board, int signals)
{
    for (;;) {
        pollfd watched[3] = {{signals, POLLIN, 0},
                             {port.presence_descriptor(), POLLIN, 0},
                             {port.bytes_descriptor(), POLLIN, 0}};
        ::poll(watched, 3, -1);
        if (watched[0].revents != 0) return 0;
        if (watched[1].revents != 0)
            for (auto sessions = port.look().sessions; sessions > 0; --sessions) {
                board.begin_session();
                port.write("start\n");
            }
        if (watched[2].revents == 0) continue;
        const auto answer = board.take(port.read(4096));
        if (!answer.empty()) port.write(answer);
    }
}

int run_program(int argc, char** argv)
{
    std::string link;
    bool advanced_ok = false;
    CLI::App app("A firmware that acknowledges at once, for benchmarks of serial hosts.");
    app.add_option("--link", link, "symbolic link to the port")->required();
    app.add_flag("--advanced-ok", advanced_ok, "acknowledge with line number and free slots");
    CLI11_PARSE(app, argc, argv);

    sigset_t handled;
    sigemptyset(&handled);
    sigaddset(&handled, SIGTERM);
    sigaddset(&handled, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &handled, nullptr);
    const int signals = ::signalfd(-1, &handled, SFD_CLOEXEC);
    try {
        pty_port port(0600);
        ::unlink(link.c_str());
        if (::symlink(port.path().c_str(), link.c_str()) != 0) {
            std::perror(link.c_str());
            return 1;
        }
        ready_firmware board(advanced_ok);
        const int code = serve(port, board, signals);
        ::unlink(link.c_str());
        return code;
    } catch (const std::system_error& fault) {
        std::fprintf(stderr, "layerline-bench-firmware: %s\n", fault.what());
        return 1;
    }
}

} // namespace

} // namespace layerline::bench

int main(int argc, char** argv)
{
    return layerline::bench::run_program(argc, argv);
}
