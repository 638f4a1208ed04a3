#include "workshop/jobs/file_confinement.hpp"
#include "workshop/jobs/sandbox.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
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

TEST_CASE("a job's process opens its model and its own folder, and no other file", "[sandbox]")
{
    std::string name = "/tmp/sandbox_test.XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    const std::filesystem::path home(name);
    std::filesystem::create_directory(home / "work");
    for (const auto* file : {"model.stl", "ledger.db"})
        std::ofstream(home / file) << "solid";
    const auto opens = [](const std::filesystem::path& path, int how) {
        const int file = ::open(path.c_str(), how | O_CLOEXEC, 0600);
        if (file < 0) return false;
        ::close(file);
        return true;
    };
    const int end = in_sandbox([&] {
        const auto confined = confine_files(std::array{home / "model.stl"}, home / "work");
        if (!confined.refused.empty()) return 1;
        if (confined.how == confinement::not_in_this_kernel) return 77;
        if (!opens(home / "model.stl", O_RDONLY)) return 2;
        if (opens(home / "model.stl", O_WRONLY)) return 3;
        if (opens(home / "ledger.db", O_RDONLY)) return 4;
        if (opens("/etc/passwd", O_RDONLY)) return 5;
        if (opens(home / "work2", O_WRONLY | O_CREAT)) return 6;
        if (!opens(home / "work" / "part", O_WRONLY | O_CREAT)) return 7;
        std::error_code failed;
        std::filesystem::rename(home / "work" / "part", home / "work" / "output", failed);
        if (failed) return 8;
        std::filesystem::rename(home / "work" / "output", home / "output", failed);
        return failed ? 0 : 9;
    });
    std::filesystem::remove_all(home);
    if (end == 77) WARN("this kernel has no Landlock");
    CHECK((end == 0 || end == 77));
}
