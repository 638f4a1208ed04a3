#include "workshop/jobs/shelf.hpp"

#include "access/base32.hpp"
#include "access/crypto.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>

namespace layerline::workshop {

namespace {

constexpr std::string_view arriving = ".arriving"; // files on their way end so

model_failure failed(const std::filesystem::path& what, int code)
{
    return {model_errc::server_error, "The workshop's folder failed: " + what.filename().string() + ": " +
                                          std::generic_category().message(code) + "."};
}

bool sync_folder(const std::filesystem::path& folder)
{
    const owned_descriptor open(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return open.get() >= 0 && ::fsync(open.get()) == 0;
}

} // namespace

std::string new_id(char kind)
{
    std::array<unsigned char, 16> random{};
    if (!access::random_bytes(random)) throw std::runtime_error("no random numbers");
    return std::string(1, kind) + "-" + access::to_base32(random);
}

bool is_id(std::string_view text)
{
    return text.size() == 28 && (text[0] == 'f' || text[0] == 'r' || text[0] == 'o' || text[0] == 's') &&
           text[1] == '-' && std::all_of(text.begin() + 2, text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7');
           });
}

arriving_file::~arriving_file()
{
    if (!committed_) ::unlink(temporary_.c_str());
}

model_result<void> arriving_file::append(std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto put = ::write(to_.get(), bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return failed(named_, errno);
        bytes.remove_prefix(static_cast<std::size_t>(put));
        bytes_ += static_cast<std::uint64_t>(put);
    }
    return {};
}

model_result<void> arriving_file::commit()
{
    if (::fsync(to_.get()) != 0 || ::rename(temporary_.c_str(), named_.c_str()) != 0)
        return failed(named_, errno);
    committed_ = true;
    if (!sync_folder(named_.parent_path())) return failed(named_, errno);
    return {};
}

model_result<std::unique_ptr<shelf>> shelf::open(const std::filesystem::path& state)
{
    auto made = std::unique_ptr<shelf>(new shelf(state));
    std::error_code fault;
    std::filesystem::remove_all(made->work_, fault);
    for (const auto& folder : {made->files_, made->work_}) {
        std::filesystem::create_directories(folder, fault);
        if (::chmod(folder.c_str(), 0700) != 0) return failed(folder, errno);
    }
    for (std::filesystem::directory_iterator at(made->files_, fault), end; !fault && at != end;
         at.increment(fault))
        if (at->path().native().ends_with(arriving)) ::unlink(at->path().c_str());
    return made;
}

model_result<std::shared_ptr<arriving_file>> shelf::begin(const std::string& id) const
{
    const auto named = path_of(id);
    const std::filesystem::path temporary = named.native() + std::string(arriving);
    owned_descriptor to(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (to.get() < 0) return failed(named, errno);
    return std::make_shared<arriving_file>(std::move(to), temporary, named);
}

void shelf::remove(const std::string& id) const
{
    ::unlink(path_of(id).c_str());
}

void shelf::remove_all_but(std::vector<std::string> known) const
{
    std::sort(known.begin(), known.end());
    std::error_code fault;
    for (std::filesystem::directory_iterator at(files_, fault), end; !fault && at != end;
         at.increment(fault)) {
        const auto name = at->path().filename().string();
        if (!std::binary_search(known.begin(), known.end(), name)) ::unlink(at->path().c_str());
    }
}

model_result<std::filesystem::path> shelf::make_work_folder(const std::string& job,
                                                            std::uint32_t attempt) const
{
    auto folder = work_ / (job + "." + std::to_string(attempt));
    std::error_code fault;
    std::filesystem::remove_all(folder, fault);
    if (::mkdir(folder.c_str(), 0700) == 0) return folder;
    return model_failure{model_errc::operation_not_started,
                         "The operation could not be started: no folder to work in: " +
                             std::generic_category().message(errno) + "."};
}

model_result<std::uint64_t> shelf::take_in(const std::filesystem::path& output, const std::string& id) const
{
    struct stat about {};
    const auto named = path_of(id);
    if (::lstat(output.c_str(), &about) != 0) return failed(named, errno);
    if (!S_ISREG(about.st_mode)) return failed(named, EINVAL);
    // Its bytes were synced by whoever wrote it.
    if (::chmod(output.c_str(), 0600) != 0 || ::rename(output.c_str(), named.c_str()) != 0 ||
        !sync_folder(files_))
        return failed(named, errno);
    return static_cast<std::uint64_t>(about.st_size);
}

} // namespace layerline::workshop
