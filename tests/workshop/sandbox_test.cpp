#include "workshop/jobs/sandbox.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace layerline::workshop;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true; // their shadow memory is more than any limit
#else
constexpr bool sanitized = false;
#endif

// What `inside` gives in a process of its own, in the sandbox; 99 if that cannot be entered.
int in_sandbox(const std::function<int()>& inside)
{
    const auto pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        job_limits limits;
        limits.memory_bytes = sanitized ? ~std::uint64_t{0} : 512ULL * 1024 * 1024;
        limits.output_bytes = 4096;
        limits.descriptors = 16;
        if (!enter_sandbox(limits).empty()) ::_exit(99);
        ::_exit(inside());
    }
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

TEST_CASE("a job's process has no network, no other programs and no other processes", "[sandbox]")
{
    CHECK(in_sandbox([] { return ::socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM ? 0 : 1; }) == 0);
    CHECK(in_sandbox([] { return ::socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM ? 0 : 1; }) == 0);
    CHECK(in_sandbox([] { return ::fork() < 0 && errno == EPERM ? 0 : 1; }) == 0);
    CHECK(in_sandbox([] { return ::kill(::getppid(), 0) < 0 && errno == EPERM ? 0 : 1; }) == 0);
    CHECK(in_sandbox([] {
              std::string path = "/bin/true";
              std::vector<char*> words{path.data(), nullptr};
              return ::execve(path.c_str(), words.data(), words.data() + 1) < 0 && errno == EPERM ? 0 : 1;
          }) == 0);
}

TEST_CASE("a job's process may have threads, files and memory, as far as its limits go", "[sandbox]")
{
    CHECK(in_sandbox([] {
              int seen = 0;
              std::thread([&seen] { seen = 1; }).join();
              return seen == 1 ? 0 : 1;
          }) == 0);
    std::string name = "/tmp/sandbox_test.XXXXXX";
    const int file = ::mkostemp(name.data(), O_CLOEXEC);
    REQUIRE(file >= 0);
    CHECK(in_sandbox([file] {
              const std::string all(4096, 'x');
              if (::write(file, all.data(), all.size()) != 4096) return 1;
              return ::write(file, all.data(), all.size()) < 0 && errno == EFBIG ? 0 : 2;
          }) == 0);
    ::close(file);
    std::filesystem::remove(name);
    if (sanitized) return;
    CHECK(in_sandbox([] {
              try {
                  const std::vector<char> much(1024UL * 1024 * 1024, 'x');
                  return much[7] == 'x' ? 1 : 2;
              } catch (const std::bad_alloc&) {
                  return 0;
              }
          }) == 0);
}
