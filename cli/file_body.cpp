#include "cli/file_body.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace layerline::cli {

namespace {

class file_body final : public transport::body_source {
public:
    file_body(int descriptor, std::uint64_t size, std::uint64_t from, progress_report report)
        : descriptor_(descriptor), size_(size), done_(from), report_(std::move(report))
    {
    }
    ~file_body() override { ::close(descriptor_); }
    file_body(const file_body&) = delete;
    file_body& operator=(const file_body&) = delete;

    // Reads the disk in place: nothing else waits in this program.
    transport::task<transport::result<std::size_t>> read_some(transport::net::mutable_buffer into) override
    {
        const auto want = std::min<std::uint64_t>(into.size(), size_ - done_);
        if (want == 0) co_return std::size_t{0};
        const auto got = ::read(descriptor_, into.data(), want);
        if (got < 0) co_return transport::error_code(errno, boost::system::system_category());
        if (got == 0)
            co_return transport::error_code(EIO, boost::system::system_category()); // it shrank under us
        done_ += static_cast<std::uint64_t>(got);
        if (report_) report_(done_, size_);
        co_return static_cast<std::size_t>(got);
    }

    std::optional<std::uint64_t> remaining() const override { return size_ - done_; }

private:
    int descriptor_;
    std::uint64_t size_;
    std::uint64_t done_;
    progress_report report_;
};

} // namespace

std::shared_ptr<transport::body_source> open_file_body(const std::filesystem::path& file,
                                                       progress_report report, std::uint64_t from)
{
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return nullptr;
    struct stat facts {};
    if (::fstat(descriptor, &facts) != 0 || !S_ISREG(facts.st_mode) ||
        from > static_cast<std::uint64_t>(facts.st_size) ||
        ::lseek(descriptor, static_cast<off_t>(from), SEEK_SET) < 0) {
        ::close(descriptor);
        errno = EINVAL;
        return nullptr;
    }
    return std::make_shared<file_body>(descriptor, static_cast<std::uint64_t>(facts.st_size), from,
                                       std::move(report));
}

} // namespace layerline::cli
