#include "commands/print_queue.hpp"

#include "commands/file_use.hpp"
#include "commands/virtual_path.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace layerline::commands {

using nlohmann::json;
using printer::phase;
using printer::printer_state;

namespace {

constexpr std::size_t longest_name = 256;

bool is_under_way(phase now)
{
    return now == phase::printing || now == phase::pausing || now == phase::paused ||
           now == phase::resuming || now == phase::cancelling;
}

bool is_known(phase now)
{
    return now != phase::offline && now != phase::connecting;
}

json told(const queue_entry& one)
{
    return {{"id", one.id}, {"path", one.path}, {"added_by", one.added_by}, {"added_unix", one.added_unix}};
}

// Throws nlohmann's exception for a wrong type, gives nothing for a wrong value.
std::optional<queue_entry> entry_in(const json& from)
{
    queue_entry one;
    from.at("id").get_to(one.id);
    from.at("path").get_to(one.path);
    from.at("added_by").get_to(one.added_by);
    from.at("added_unix").get_to(one.added_unix);
    const bool good = one.id.starts_with("q-") && one.id.size() <= 24 &&
                      std::holds_alternative<virtual_path>(parse_virtual_path(one.path));
    if (!good) return std::nullopt;
    return one;
}

failure no_entry()
{
    return fail(404, "There is no such entry in the queue.");
}

} // namespace

std::vector<queue_entry>::iterator print_queue::find(std::string_view id)
{
    return std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& one) { return one.id == id; });
}

bool print_queue::holds(std::string_view path) const
{
    if (current_ && is_at_or_below(current_->what.path, path)) return true;
    return std::any_of(waiting_.begin(), waiting_.end(),
                       [&](const auto& one) { return is_at_or_below(one.path, path); });
}

outcome<queue_entry> print_queue::add(std::string path, std::string by, std::int64_t now_unix,
                                      std::optional<std::size_t> position)
{
    if (waiting_.size() >= max_queue)
        return fail(409, "The queue is full: " + std::to_string(max_queue) + " jobs wait already.");
    if (by.size() > longest_name) by.resize(longest_name);
    queue_entry one{"q-" + std::to_string(++last_id_), std::move(path), std::move(by), now_unix};
    const auto at = std::min(position.value_or(waiting_.size()), waiting_.size());
    waiting_.insert(waiting_.begin() + static_cast<std::ptrdiff_t>(at), one);
    ++revision_;
    return one;
}

outcome<queue_entry> print_queue::remove(std::string_view id)
{
    const auto at = find(id);
    if (at == waiting_.end()) return no_entry();
    auto one = std::move(*at);
    waiting_.erase(at);
    ++revision_;
    return one;
}

outcome<queue_entry> print_queue::move(std::string_view id, std::size_t position)
{
    auto one = remove(id);
    if (!one) return one;
    const auto at = std::min(position, waiting_.size());
    waiting_.insert(waiting_.begin() + static_cast<std::ptrdiff_t>(at), *one);
    return one;
}

void print_queue::pause()
{
    paused_ = true;
    ++revision_;
}

void print_queue::resume()
{
    paused_ = false;
    held_.clear();
    // A person has looked: whether it was printed is theirs to say.
    if (std::exchange(doubtful_, false)) current_.reset();
    ++revision_;
}

outcome<queue_entry> print_queue::begin(const printer_state& now, std::string key)
{
    if (!held_.empty()) return fail(786, "The queue is held: " + held_ + " Resume it to go on.");
    if (paused_) return fail(786, "The queue is paused.");
    if (current_)
        return fail(786, current_->what.path + ", which was started from the queue, has not ended.");
    if (waiting_.empty()) return fail(786, "Nothing waits in the queue.");
    current_ = queue_current{waiting_.front(), {}, now.job ? now.job->id : std::string(), std::move(key)};
    waiting_.erase(waiting_.begin());
    starting_ = true;
    ++revision_;
    return current_->what;
}

void print_queue::began(std::string job)
{
    starting_ = false;
    if (current_) current_->job = std::move(job);
    ++revision_;
}

void print_queue::take_back()
{
    starting_ = false;
    if (current_) waiting_.insert(waiting_.begin(), std::move(current_->what));
    current_.reset();
    ++revision_;
}

void print_queue::in_doubt()
{
    starting_ = false;
    if (!current_) return;
    hold("Whether " + current_->what.path + " was started is not known; look whether it prints.");
    doubtful_ = true;
}

void print_queue::hold(std::string why)
{
    held_ = std::move(why);
    doubtful_ = false;
    ++revision_;
}

bool print_queue::follow_current(const printer_state& now)
{
    auto& mine = *current_;
    if (mine.job.empty()) {
        // Not told with the start's answer: it is the first job of that file after the one before.
        if (!now.job || now.job->path != mine.what.path || now.job->id == mine.before) return false;
        mine.job = now.job->id;
        if (std::exchange(doubtful_, false)) held_.clear();
        ++revision_;
    }
    const auto path = mine.what.path;
    if (!now.job || now.job->id != mine.job) {
        // The state may be older than the start's answer; without a job it tells only when it is idle.
        if (now.job ? now.job->id == mine.before : now.now != phase::idle) return false;
        current_.reset();
        hold("How " + path + " ended was not seen.");
        return true;
    }
    if (is_under_way(now.now)) return false;
    current_.reset();
    ++revision_;
    if (now.now == phase::cancelled) hold(path + " was cancelled.");
    if (now.now == phase::error) hold(path + " failed" + (now.reason.empty() ? "." : ": " + now.reason));
    const bool whole = now.job->size_bytes && now.job->done_bytes == now.job->size_bytes;
    if (now.now == phase::idle && !whole) hold("How " + path + " ended was not seen.");
    return true;
}

bool print_queue::follow(const printer_state& now)
{
    if (!is_known(now.now) || starting_) return false;
    const auto before = revision_;
    const bool ours = current_.has_value();
    if (ours) (void)follow_current(now);
    if (ours && !current_) running_.clear();
    if (now.job && is_under_way(now.now)) running_ = now.job->id;
    if (!ours && now.job && !running_.empty() && now.job->id == running_ && !is_under_way(now.now)) {
        running_.clear();
        if (!waiting_.empty() && now.now == phase::cancelled) hold(now.job->path + " was cancelled.");
        if (!waiting_.empty() && now.now == phase::error)
            hold(now.job->path + " failed" + (now.reason.empty() ? "." : ": " + now.reason));
    }
    return revision_ != before;
}

std::string print_queue::text() const
{
    json all{
        {"version", 1}, {"paused", paused_}, {"held", held_}, {"doubtful", doubtful_}, {"last", last_id_}};
    all["waiting"] = json::array();
    for (const auto& one : waiting_)
        all["waiting"].push_back(told(one));
    all["current"] = nullptr;
    if (current_) {
        all["current"] = told(current_->what);
        all["current"]["job"] = current_->job;
        all["current"]["before"] = current_->before;
        all["current"]["key"] = current_->key;
    }
    return all.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::optional<print_queue> print_queue::parse(std::string_view text)
{
    const json all = json::parse(text, nullptr, false);
    if (!all.is_object()) return std::nullopt;
    print_queue read;
    try {
        if (all.at("version") != 1) return std::nullopt;
        all.at("paused").get_to(read.paused_);
        all.at("held").get_to(read.held_);
        all.at("doubtful").get_to(read.doubtful_);
        all.at("last").get_to(read.last_id_);
        if (!all.at("waiting").is_array() || all.at("waiting").size() > max_queue + 1) return std::nullopt;
        for (const auto& from : all.at("waiting")) {
            auto one = entry_in(from);
            if (!one) return std::nullopt;
            read.waiting_.push_back(std::move(*one));
        }
        if (const auto& from = all.at("current"); !from.is_null()) {
            auto one = entry_in(from);
            if (!one) return std::nullopt;
            queue_current current{std::move(*one), from.at("job").get<std::string>(),
                                  from.at("before").get<std::string>(), from.at("key").get<std::string>()};
            read.current_ = std::move(current);
        }
    } catch (const json::exception&) {
        return std::nullopt;
    }
    // The agent ended while it was starting that one.
    if (read.current_ && read.current_->job.empty() && read.held_.empty()) read.in_doubt();
    return read;
}

} // namespace layerline::commands
