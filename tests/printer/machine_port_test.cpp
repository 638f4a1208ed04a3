// The port, against real ptys.
#include "printer/serial/port_list.hpp"
#include "printer/serial/serial_port.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <poll.h>
#include <pty.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

using namespace layerline::printer;
using namespace layerline::printer::serial;

namespace {

// A pty whose near end we keep; the far end is closed, as a printer's would be.
struct pty_pair {
    int near = -1;
    std::string path;

    pty_pair()
    {
        int far = -1;
        char name[128] = {};
        REQUIRE(::openpty(&near, &far, name, nullptr, nullptr) == 0);
        ::close(far);
        path = name;
    }
    ~pty_pair() { hang_up(); }
    void hang_up()
    {
        if (near >= 0) ::close(near);
        near = -1;
    }
};

void wait_readable(int descriptor)
{
    pollfd one{descriptor, POLLIN, 0};
    REQUIRE(::poll(&one, 1, 5000) == 1);
}

printer_errc refusal(const std::string& path, unsigned baud = 115200)
{
    const auto port = serial_port::open({path, baud});
    REQUIRE_FALSE(port.has_value());
    CHECK_FALSE(port.error().detail.empty());
    return port.error().code;
}

// Runs `work` in a child process and returns its exit code.
template <class Work>
int in_child(Work work)
{
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(work());
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

TEST_CASE("bytes go both ways unchanged through a port")
{
    pty_pair pty;
    auto port = serial_port::open({pty.path, 250000});
    REQUIRE(port.has_value());
    CHECK(port->device() == pty.path);
    char got[64];
    CHECK(*port->read(got, sizeof got) == 0);
    const std::string all = std::string("a\r\n\x03\x04\x11\x13\x1a\x7f\xff", 10) + '\0';
    CHECK(*port->write(all) == all.size());
    wait_readable(pty.near);
    REQUIRE(::read(pty.near, got, sizeof got) == static_cast<ssize_t>(all.size()));
    CHECK(std::string(got, all.size()) == all);
    REQUIRE(::write(pty.near, all.data(), all.size()) == static_cast<ssize_t>(all.size()));
    wait_readable(port->descriptor());
    REQUIRE(*port->read(got, sizeof got) == all.size());
    CHECK(std::string(got, all.size()) == all);
}

TEST_CASE("a port is closed on exec, does not hang up on close and is not our terminal")
{
    pty_pair pty;
    auto port = serial_port::open({pty.path});
    REQUIRE(port.has_value());
    CHECK((::fcntl(port->descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
    termios line{};
    REQUIRE(::tcgetattr(port->descriptor(), &line) == 0);
    CHECK((line.c_cflag & HUPCL) == 0);
    CHECK((line.c_cflag & CSIZE) == CS8);
    CHECK((line.c_lflag & (ECHO | ICANON)) == 0);
}

TEST_CASE("a port full of unread bytes takes nothing more, and that is no error")
{
    pty_pair pty;
    auto port = serial_port::open({pty.path});
    REQUIRE(port.has_value());
    const std::string block(4096, 'x');
    std::size_t total = 0;
    for (int times = 0; times < 1000; ++times) {
        const auto put = port->write(block);
        REQUIRE(put.has_value());
        if (*put == 0) break;
        total += *put;
    }
    CHECK(total > 0);
    CHECK(total < 4096 * 1000);
    port->discard_output();
}

TEST_CASE("a port that does not exist is gone")
{
    CHECK(refusal("/dev/serial/by-id/no-such-printer") == printer_errc::port_gone);
    CHECK(refusal("/dev/ttyNoSuch0") == printer_errc::port_gone);
}

TEST_CASE("a file or another device is no port")
{
    CHECK(refusal("/dev/full") == printer_errc::unsupported);
    CHECK(refusal("/etc/hostname") == printer_errc::unsupported);
}

TEST_CASE("a hang-up shows as a port that is gone")
{
    pty_pair pty;
    auto port = serial_port::open({pty.path});
    REQUIRE(port.has_value());
    pty.hang_up();
    char got[8];
    const auto read = port->read(got, sizeof got);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code == printer_errc::port_gone);
    const auto written = port->write("M105\n");
    REQUIRE_FALSE(written.has_value());
    CHECK(written.error().code == printer_errc::port_gone);
}

TEST_CASE("a port that we hold is refused to a second opener, and free again after close")
{
    pty_pair pty;
    auto port = serial_port::open({pty.path});
    REQUIRE(port.has_value());
    CHECK(refusal(pty.path) == printer_errc::port_held);
    port->close();
    CHECK(port->descriptor() == -1);
    CHECK(serial_port::open({pty.path}).has_value());
}

TEST_CASE("a port that another process has open is refused with that process's name")
{
    pty_pair pty;
    int ready[2], done[2];
    REQUIRE(::pipe(ready) == 0);
    REQUIRE(::pipe(done) == 0);
    const auto holder = ::fork();
    REQUIRE(holder >= 0);
    if (holder == 0) {
        ::close(pty.near); // only the printer's end counts as its maker
        ::close(done[1]);
        const int held = ::open(pty.path.c_str(), O_RDWR | O_NOCTTY);
        char byte = held >= 0 ? 'y' : 'n';
        if (::write(ready[1], &byte, 1) != 1) ::_exit(2);
        ::_exit(::read(done[0], &byte, 1) == 0 ? 0 : 1);
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    REQUIRE(byte == 'y');
    const auto port = serial_port::open({pty.path});
    REQUIRE_FALSE(port.has_value());
    CHECK(port.error().code == printer_errc::port_held);
    CHECK(port.error().detail.find(std::to_string(holder)) != std::string::npos);
    ::close(done[1]);
    int status = 0;
    REQUIRE(::waitpid(holder, &status, 0) == holder);
    CHECK(serial_port::open({pty.path}).has_value());
    for (const int end : {ready[0], ready[1], done[0]})
        ::close(end);
}

TEST_CASE("a port whose mode keeps us out is forbidden, and the sentence names its group")
{
    pty_pair pty;
    REQUIRE(::chmod(pty.path.c_str(), 0) == 0);
    // As nobody: for root no mode is a hindrance.
    const int outcome = in_child([&] {
        if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return 10;
        const auto port = serial_port::open({pty.path});
        if (port.has_value()) return 11;
        if (port.error().detail.find("group") == std::string::npos) return 12;
        return port.error().code == printer_errc::port_forbidden ? 0 : 13;
    });
    CHECK(outcome == 0);
}

TEST_CASE("a link to a port is followed")
{
    pty_pair pty;
    const auto link = std::filesystem::temp_directory_path() / ("port-link-" + std::to_string(::getpid()));
    std::filesystem::create_symlink(pty.path, link);
    const auto port = serial_port::open({link.string()});
    std::filesystem::remove(link);
    REQUIRE(port.has_value());
    CHECK(port->device() == pty.path);
}

TEST_CASE("a successor takes over an open port with its lock")
{
    pty_pair pty;
    auto first = serial_port::open({pty.path});
    REQUIRE(first.has_value());
    const int kept = ::dup(first->descriptor());
    auto second = serial_port::adopt(kept, {pty.path});
    REQUIRE(second.has_value());
    first->close();
    CHECK(refusal(pty.path) == printer_errc::port_held);
    CHECK(*second->write("M105\n") == 5);
}

TEST_CASE("listing ports opens none and never fails")
{
    for (const auto& port : list_ports())
        CHECK(port.name.starts_with("/dev/"));
}
