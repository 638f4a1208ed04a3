#include "workshop/jobs/chunk_shelf.hpp"

#include "commands/running_digest.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

namespace layerline::workshop {

namespace {

constexpr std::string_view arriving = ".arriving";
constexpr std::size_t block_bytes = 256UL * 1024, head_bytes = 512;

model_failure failed(const std::string& what, int code)
{
    return {model_errc::server_error, "The workshop's folder of uploads failed: " + what + ": " +
                                          std::generic_category().message(code) + "."};
}

std::optional<std::uint32_t> number_of(const std::string& name)
{
    std::uint32_t number = 0;
    const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (fault != std::errc() || end != name.data() + name.size()) return std::nullopt;
    return number;
}

// Empty at the end, or after a failure, which errno tells.
bool read_block(int from, std::string& block)
{
    block.resize(block_bytes);
    ssize_t got = 0;
    do {
        got = ::read(from, block.data(), block.size());
    } while (got < 0 && errno == EINTR);
    block.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return got >= 0;
}

} // namespace

model_result<std::unique_ptr<chunk_shelf>> chunk_shelf::open(const std::filesystem::path& state,
                                                             std::vector<std::string> known)
{
    auto made = std::unique_ptr<chunk_shelf>(new chunk_shelf(state));
    std::error_code fault;
    std::filesystem::create_directories(made->folder_, fault);
    if (::chmod(made->folder_.c_str(), 0700) != 0) return failed("uploads", errno);
    std::sort(known.begin(), known.end());
    std::vector<std::filesystem::path> gone;
    for (std::filesystem::directory_iterator at(made->folder_, fault), end; !fault && at != end;
         at.increment(fault)) {
        if (!std::binary_search(known.begin(), known.end(), at->path().filename().string())) {
            gone.push_back(at->path());
            continue;
        }
        std::error_code inner;
        for (std::filesystem::directory_iterator one(at->path(), inner), last; !inner && one != last;
             one.increment(inner))
            if (one->path().native().ends_with(arriving)) gone.push_back(one->path());
    }
    for (const auto& path : gone)
        std::filesystem::remove_all(path, fault);
    return made;
}

model_result<void> chunk_shelf::make(const std::string& upload) const
{
    if (::mkdir((folder_ / upload).c_str(), 0700) != 0 && errno != EEXIST) return failed(upload, errno);
    return {};
}

void chunk_shelf::remove(const std::string& upload) const
{
    std::error_code ignored;
    std::filesystem::remove_all(folder_ / upload, ignored);
}

model_result<std::shared_ptr<arriving_file>> chunk_shelf::begin(const std::string& upload,
                                                                std::uint32_t number) const
{
    const auto named = folder_ / upload / std::to_string(number);
    // Of its own for each sender: the same chunk may come twice at once.
    const std::filesystem::path temporary = named.native() + "." + new_id('f') + std::string(arriving);
    owned_descriptor to(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (to.get() < 0) return failed(upload, errno);
    return std::make_shared<arriving_file>(std::move(to), temporary, named);
}

model_result<std::vector<chunk>> chunk_shelf::chunks(const std::string& upload) const
{
    std::vector<chunk> all;
    std::error_code fault;
    std::filesystem::directory_iterator at(folder_ / upload, fault), end;
    for (; !fault && at != end; at.increment(fault)) {
        const auto number = number_of(at->path().filename().string());
        if (!number) continue;
        std::error_code gone;
        const auto bytes = at->file_size(gone);
        if (!gone) all.push_back({*number, bytes});
    }
    if (fault) return failed(upload, fault.value());
    std::sort(all.begin(), all.end(), [](const chunk& a, const chunk& b) { return a.number < b.number; });
    return all;
}

model_result<chunk_shelf::joined> chunk_shelf::join(const std::string& upload, const std::vector<chunk>& all,
                                                    arriving_file& into) const
{
    joined whole;
    commands::running_digest digest;
    std::string block;
    for (const auto& one : all) {
        const auto path = folder_ / upload / std::to_string(one.number);
        const owned_descriptor from(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
        if (from.get() < 0) return failed(upload, errno);
        for (;;) {
            if (!read_block(from.get(), block)) return failed(upload, errno);
            if (block.empty()) break;
            if (whole.head.size() < head_bytes) whole.head.append(block, 0, head_bytes - whole.head.size());
            digest.take(block.data(), block.size());
            if (const auto put = into.append(block); put.has_error()) return put.error();
        }
    }
    auto sum = digest.hex();
    if (!sum) return model_failure{model_errc::server_error, "The SHA-256 could not be computed."};
    whole.sha256 = *std::move(sum);
    return whole;
}

} // namespace layerline::workshop
