// Part files are appended to in place and synced now and then; records are replaced whole.
#include "commands/upload_shelf.hpp"

#include "access/crypto.hpp"
#include "access/hex.hpp"
#include "access/private_file.hpp"
#include "commands/confined_folder.hpp"
#include "commands/part_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace layerline::commands {

using printer::printer_errc;
using printer::printer_failure;
using printer::printer_result;

namespace {

constexpr mode_t folder_mode = 0750;
constexpr mode_t file_mode = 0640; // the print host's group reads what becomes the printer's file
constexpr std::uint64_t sync_every_bytes = std::uint64_t{8} << 20U;
constexpr std::size_t longest_record = 8UL * 1024;
constexpr std::size_t most_read = 1000; // records of an earlier run
constexpr std::size_t block_bytes = 256UL * 1024;

failure disk_failure(int error, const std::string& doing)
{
    return fail(failure_of_errno(error, doing));
}

failure unknown_upload()
{
    return fail(404, "There is no such upload: it was cancelled or given up, or it never began.");
}

upload_answer refused(failure why, std::optional<upload_facts> now = std::nullopt)
{
    return {std::move(now), std::move(why)};
}

} // namespace

upload_shelf::upload_shelf(std::filesystem::path folder, upload_limits limits)
    : folder_(std::move(folder)), limits_(limits)
{
}

printer_result<std::unique_ptr<upload_shelf>> upload_shelf::open(std::filesystem::path folder,
                                                                 upload_limits limits, time_point now)
{
    std::unique_ptr<upload_shelf> shelf(new upload_shelf(std::move(folder), limits));
    auto loaded = shelf->load(now);
    if (!loaded) return loaded.error();
    return shelf;
}

printer_result<void> upload_shelf::load(time_point now)
{
    const auto trouble = [this](int error, const char* what) {
        return printer_failure{printer_errc::host_failure, "The folder for uploads, " + folder_.string() +
                                                               ", cannot be " + what + ": " +
                                                               std::generic_category().message(error) + "."};
    };
    if (::mkdir(folder_.c_str(), folder_mode) != 0 && errno != EEXIST) return trouble(errno, "made");
    place_ = descriptor(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!place_) return trouble(errno, "opened");
    std::error_code code;
    std::vector<std::filesystem::path> strays; // of ours alone: named by an upload's id
    for (std::filesystem::directory_iterator at(folder_, code), end; !code && at != end; at.increment(code)) {
        const auto& file = at->path();
        const auto name = file.filename().string();
        const auto id = name.substr(0, name.find('.'));
        const auto kind = name.substr(id.size());
        if (!is_upload_id(id) || (kind != ".json" && kind != ".part" && kind != ".json.new")) continue;
        const bool known = kind == ".json" && all_.size() < most_read && load_one(file, id, now);
        if (!known) strays.push_back(file);
    }
    if (code) return trouble(code.value(), "read");
    for (const auto& file : strays) {
        const auto owner = all_.find(file.stem().string());
        if (file.extension() == ".part" && owner != all_.end() && !owner->second.record.done) continue;
        (void)::unlink(file.c_str());
    }
    return {};
}

bool upload_shelf::load_one(const std::filesystem::path& file, const std::string& id, time_point now)
{
    const auto text = access::read_private_file(file, longest_record);
    const auto record = text ? parse_upload_record(text->content) : std::nullopt;
    if (!record || record->id != id) return false;
    entry one;
    one.record = *record;
    one.touched = now;
    one.have = record->bytes;
    if (!record->done) {
        one.file =
            std::make_shared<descriptor>(::open(part_file(id).c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
        struct stat found {};
        if (!*one.file || ::fstat(one.file->get(), &found) != 0 || !S_ISREG(found.st_mode)) return false;
        // Bytes past those that were synced may be zeros after a power cut.
        one.have = std::min(record->synced, static_cast<std::uint64_t>(found.st_size));
        if (::ftruncate(one.file->get(), static_cast<off_t>(one.have)) != 0) return false;
        if (one.have == 0) one.digest.emplace();
    }
    all_.emplace(id, std::move(one));
    return true;
}

upload_facts upload_shelf::facts_of(const entry& one, time_point now)
{
    upload_facts facts;
    facts.id = one.record.id;
    facts.path = one.record.path;
    facts.bytes = one.record.bytes;
    facts.have = one.have;
    facts.done = one.record.done;
    facts.with_sha256 = !one.record.sha256.empty();
    facts.at_once = one.record.at_once;
    facts.idle = std::chrono::duration_cast<std::chrono::seconds>(now - one.touched);
    return facts;
}

std::optional<failure> upload_shelf::keep(const entry& one) const
{
    const auto code = access::write_private_file(record_file(one.record.id), text_of(one.record));
    if (!code) return std::nullopt;
    return disk_failure(code.value(), "keeping an upload's record");
}

std::optional<failure> upload_shelf::sync(entry& one) const
{
    if (one.record.done || one.record.synced == one.have) return std::nullopt;
    if (::fdatasync(one.file->get()) != 0) return disk_failure(errno, "writing an upload");
    const auto before = std::exchange(one.record.synced, one.have);
    auto why = keep(one);
    if (why) one.record.synced = before;
    return why;
}

void upload_shelf::remove(const std::string& id)
{
    (void)::unlink(part_file(id).c_str());
    (void)::unlink(record_file(id).c_str());
    all_.erase(id);
}

upload_answer upload_shelf::create(upload_record wish, time_point now)
{
    std::size_t waiting = 0;
    std::uint64_t promised = 0, to_come = 0;
    for (const auto& [id, one] : all_) {
        if (one.record.done) continue;
        ++waiting;
        promised += one.record.bytes;
        to_come += one.record.bytes - one.have;
    }
    if (auto why = refuse_upload(limits_, waiting, promised, wish.bytes)) return refused(fail(503, *why));
    if (auto full = refuse_for_space(place_.get(), wish.bytes + to_come, limits_.reserve_bytes))
        return refused(fail(*full));
    std::array<unsigned char, 16> random{};
    if (!access::random_bytes(random)) return refused(fail(750, "There are no random numbers."));
    entry one;
    one.record = std::move(wish);
    one.record.id = access::to_hex(random);
    one.touched = now;
    one.digest.emplace();
    const auto id = one.record.id;
    one.file = std::make_shared<descriptor>(
        ::open(part_file(id).c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, file_mode));
    if (!*one.file) return refused(disk_failure(errno, "beginning an upload"));
    if (auto why = keep(one)) {
        (void)::unlink(part_file(id).c_str());
        return refused(std::move(*why));
    }
    const auto at = all_.emplace(id, std::move(one)).first;
    return {facts_of(at->second, now), std::nullopt};
}

upload_answer upload_shelf::look(const std::string& id, time_point now) const
{
    const auto at = all_.find(id);
    if (at == all_.end()) return refused(unknown_upload());
    return {facts_of(at->second, now), std::nullopt};
}

std::vector<upload_facts> upload_shelf::list(time_point now) const
{
    std::vector<upload_facts> all;
    for (const auto& [id, one] : all_)
        all.push_back(facts_of(one, now));
    return all;
}

upload_shelf::part upload_shelf::begin(const std::string& id, std::uint64_t offset,
                                       std::optional<std::uint64_t> told, time_point now)
{
    const auto at = all_.find(id);
    if (at == all_.end()) return {0, refused(unknown_upload())};
    auto& one = at->second;
    const auto facts = facts_of(one, now);
    if (one.placing)
        return {0, refused(fail(409, "This upload is whole, and is just being put in its place."), facts)};
    switch (judge_part(one.record, one.have, offset, told)) {
    case part_fault::wrong_offset:
        return {0, refused(fail(409, one.record.done
                                         ? std::string("This upload is done.")
                                         : "The next byte is that at " + std::to_string(one.have) + "."),
                           facts)};
    case part_fault::too_long:
        return {0, refused(fail(400, "The part is longer than the " +
                                         std::to_string(one.record.bytes - one.have) +
                                         " bytes that are missing."),
                           facts)};
    case part_fault::none:
        break;
    }
    one.touched = now;
    return {++one.turn, {facts, std::nullopt}};
}

upload_answer upload_shelf::append(const std::string& id, std::uint64_t turn, std::span<const char> bytes,
                                   time_point now)
{
    const auto at = all_.find(id);
    if (at == all_.end()) return refused(unknown_upload());
    auto& one = at->second;
    if (one.turn != turn || one.placing)
        return refused(fail(409, "Another sender goes on with this upload."), facts_of(one, now));
    if (bytes.size() > one.record.bytes - one.have)
        return refused(fail(400, "The part is longer than what is missing."), facts_of(one, now));
    if (one.have - one.record.synced >= sync_every_bytes) {
        if (auto full = refuse_for_space(place_.get(), one.record.bytes - one.have, limits_.reserve_bytes))
            return refused(fail(*full), facts_of(one, now));
        if (auto why = sync(one)) return refused(std::move(*why), facts_of(one, now));
    }
    for (auto left = bytes; !left.empty();) {
        const auto n = ::pwrite(one.file->get(), left.data(), left.size(),
                                static_cast<off_t>(one.have + (bytes.size() - left.size())));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return refused(disk_failure(errno, "writing an upload"), facts_of(one, now));
        left = left.subspan(static_cast<std::size_t>(n));
    }
    one.have += bytes.size();
    if (one.digest) one.digest->take(bytes.data(), bytes.size());
    one.touched = now;
    return {facts_of(one, now), std::nullopt};
}

upload_answer upload_shelf::end(const std::string& id, std::uint64_t turn, time_point now)
{
    const auto at = all_.find(id);
    if (at == all_.end()) return refused(unknown_upload());
    auto& one = at->second;
    if (one.turn == turn && !one.placing)
        if (auto why = sync(one)) return refused(std::move(*why), facts_of(one, now));
    return {facts_of(one, now), std::nullopt};
}

std::optional<failure> upload_shelf::digest_of(entry& one) const
{
    if (!one.computed.empty()) return std::nullopt;
    if (!one.digest) {
        // Parts of it came to an earlier run of the agent.
        one.digest.emplace();
        std::vector<char> block(block_bytes);
        for (std::uint64_t at = 0; at < one.have;) {
            const auto n = ::pread(one.file->get(), block.data(), block.size(), static_cast<off_t>(at));
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) {
                one.digest.reset();
                return disk_failure(n < 0 ? errno : EIO, "reading an upload");
            }
            one.digest->take(block.data(), static_cast<std::size_t>(n));
            at += static_cast<std::uint64_t>(n);
        }
    }
    auto hex = one.digest->hex();
    one.digest.reset();
    if (!hex) return fail(750, "The SHA-256 could not be computed.");
    one.computed = std::move(*hex);
    return std::nullopt;
}

upload_shelf::whole upload_shelf::check(const std::string& id, const std::string& sha256, time_point now)
{
    whole out;
    const auto at = all_.find(id);
    if (at == all_.end()) {
        out.said = refused(unknown_upload());
        return out;
    }
    auto& one = at->second;
    const auto facts = facts_of(one, now);
    out.said.now = facts;
    if (one.record.done) return out;
    if (one.placing) {
        out.said = refused(fail(409, "This upload is just being put in its place."), facts);
        return out;
    }
    if (one.have < one.record.bytes) {
        out.said = refused(fail(409, std::to_string(one.record.bytes - one.have) +
                                         " bytes of this upload are missing; the next is that at " +
                                         std::to_string(one.have) + "."),
                           facts);
        return out;
    }
    if (!sha256.empty() && !one.record.sha256.empty() && sha256 != one.record.sha256) {
        out.said = refused(fail(400, "Sha256 is another than the one that the upload began with."), facts);
        return out;
    }
    if (auto why = sync(one)) {
        out.said = refused(std::move(*why), facts);
        return out;
    }
    if (const auto& wanted = sha256.empty() ? one.record.sha256 : sha256; !wanted.empty()) {
        if (auto why = digest_of(one)) {
            out.said = refused(std::move(*why), facts);
            return out;
        }
        if (one.computed != wanted) {
            out.said = refused(fail(400, "What arrived is not what was sent: its SHA-256 is " + one.computed +
                                             ". Nothing was kept; begin anew."));
            remove(id);
            return out;
        }
    }
    one.placing = true;
    one.touched = now;
    out.file = one.file;
    out.path = one.record.path;
    out.bytes = one.record.bytes;
    return out;
}

upload_answer upload_shelf::finish(const std::string& id, bool in_place, time_point now)
{
    const auto at = all_.find(id);
    if (at == all_.end()) return refused(unknown_upload());
    auto& one = at->second;
    one.placing = false;
    one.touched = now;
    if (in_place) {
        one.record.done = true;
        one.file.reset();
        one.digest.reset();
        // The file is in its place whether or not this can be written: at worst it is put there once more.
        (void)keep(one);
        (void)::unlink(part_file(id).c_str());
        forget_oldest_done();
    }
    return {facts_of(one, now), std::nullopt};
}

void upload_shelf::forget_oldest_done()
{
    std::size_t done = 0;
    const std::string* oldest = nullptr;
    for (const auto& [id, one] : all_) {
        if (!one.record.done) continue;
        ++done;
        if (oldest == nullptr || one.touched < all_.at(*oldest).touched) oldest = &id;
    }
    if (done > limits_.most && oldest != nullptr) remove(std::string(*oldest));
}

upload_answer upload_shelf::drop(const std::string& id, time_point now)
{
    const auto at = all_.find(id);
    if (at == all_.end()) return refused(unknown_upload());
    if (at->second.placing)
        return refused(fail(409, "This upload is whole, and is just being put in its place."),
                       facts_of(at->second, now));
    const auto facts = facts_of(at->second, now);
    remove(std::string(id));
    return {facts, std::nullopt};
}

std::size_t upload_shelf::expire(time_point now)
{
    std::vector<std::string> over;
    for (const auto& [id, one] : all_)
        if (!one.placing && now - one.touched >= limits_.keep) over.push_back(id);
    for (const auto& id : over)
        remove(id);
    return over.size();
}

} // namespace layerline::commands
