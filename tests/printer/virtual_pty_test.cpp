// The pty as a serial port.
#include "printer/virtual/pty_port.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

using layerline::printer::virtual_printer::pty_port;

namespace {

int open_port(const std::string& path)
{
    return ::open(path.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
}

// Waits until the descriptor has something to read.
bool readable(int descriptor)
{
    pollfd watched{descriptor, POLLIN, 0};
    return ::poll(&watched, 1, 5000) == 1;
}

} // namespace

TEST_CASE("opens and closes of the host are seen, and bytes pass unchanged")
{
    pty_port port(0600);
    CHECK(port.look().sessions == 0);
    const int host = open_port(port.path());
    REQUIRE(host >= 0);
    REQUIRE(readable(port.presence_descriptor()));
    CHECK(port.look().sessions == 1);
    CHECK(port.holders() == 1);
    REQUIRE(::write(host, "\x03G1\r\n", 5) == 5);
    REQUIRE(readable(port.bytes_descriptor()));
    CHECK(port.read(100) == "\x03G1\r\n");
    port.write("ok\n");
    REQUIRE(readable(host));
    char answer[8];
    CHECK(::read(host, answer, sizeof answer) == 3);
    ::close(host);
    REQUIRE(readable(port.presence_descriptor()));
    CHECK(port.look().closes == 1);
    CHECK(port.holders() == 0);
}

TEST_CASE("a host that closes and opens again at once is a new session")
{
    pty_port port(0600);
    const int first = open_port(port.path());
    port.look();
    ::close(first);
    const int second = open_port(port.path());
    const int third = open_port(port.path());
    const auto seen = port.look();
    CHECK(seen.sessions == 1);
    CHECK(seen.closes == 1);
    CHECK(port.holders() == 2);
    ::close(second);
    ::close(third);
}

TEST_CASE("what is said while nobody listens is not there later")
{
    pty_port port(0600);
    port.write("stale\n");
    const int first = open_port(port.path());
    port.look();
    port.write("unread\n");
    ::close(first);
    port.look();
    const int second = open_port(port.path());
    char answer[8];
    CHECK(::read(second, answer, sizeof answer) == -1);
    ::close(second);
}

TEST_CASE("the lock and the settings of a host end with it")
{
    pty_port port(0600);
    const int first = open_port(port.path());
    termios cooked{};
    REQUIRE(::tcgetattr(first, &cooked) == 0);
    cooked.c_lflag |= ECHO | ICANON;
    REQUIRE(::tcsetattr(first, TCSANOW, &cooked) == 0);
    REQUIRE(::ioctl(first, TIOCEXCL) == 0);
    ::close(first);
    port.look();
    const int second = open_port(port.path());
    REQUIRE(second >= 0);
    int exclusive = 1;
    REQUIRE(::ioctl(second, TIOCGEXCL, &exclusive) == 0);
    CHECK(exclusive == 0);
    termios now{};
    REQUIRE(::tcgetattr(second, &now) == 0);
    CHECK((now.c_lflag & (ECHO | ICANON)) == 0);
    ::close(second);
}

TEST_CASE("no process shows up as holding a free port")
{
    pty_port port(0600);
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code ignored;
        CHECK(std::filesystem::read_symlink(entry.path(), ignored) != port.path());
    }
}

TEST_CASE("a pulled cable hangs the host up")
{
    auto port = std::make_unique<pty_port>(0600);
    const int host = open_port(port->path());
    port.reset();
    pollfd watched{host, POLLIN, 0};
    REQUIRE(::poll(&watched, 1, 5000) == 1);
    CHECK((watched.revents & POLLHUP) != 0);
    ::close(host);
}

TEST_CASE("the port has the mode that was asked for")
{
    pty_port port(0640);
    struct stat seen {};
    REQUIRE(::stat(port.path().c_str(), &seen) == 0);
    CHECK((seen.st_mode & 0777) == 0640);
}
