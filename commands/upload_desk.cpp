// Bodies in blocks of 64 KiB to the shelf; whole files to the store.
#include "commands/upload_desk.hpp"

#include "commands/disk_body.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <span>
#include <utility>

namespace layerline::commands {

using transport::clock;
using transport::task;
namespace net = transport::net;

namespace {

constexpr auto as_tuple = net::as_tuple(net::use_awaitable);
constexpr std::size_t block_bytes = std::size_t{64} * 1024;
constexpr std::chrono::minutes sweep_every{10};

// A part under way: however it ends, what came of it is made safe on the disk.
class open_part {
public:
    open_part(std::shared_ptr<disk_threads> disk, std::shared_ptr<upload_shelf> shelf, std::string id,
              std::uint64_t turn)
        : disk_(std::move(disk)), shelf_(std::move(shelf)), id_(std::move(id)), turn_(turn)
    {
    }
    ~open_part()
    {
        if (!ended_)
            disk_->post(
                [shelf = shelf_, id = id_, turn = turn_] { (void)shelf->end(id, turn, clock::now()); });
    }
    open_part(const open_part&) = delete;
    open_part& operator=(const open_part&) = delete;
    void ended() { ended_ = true; }

private:
    std::shared_ptr<disk_threads> disk_;
    std::shared_ptr<upload_shelf> shelf_;
    std::string id_;
    std::uint64_t turn_;
    bool ended_ = false;
};

} // namespace

// A whole upload on its way into the store.
struct upload_desk::placement {
    explicit placement(net::io_context& context) : bell(context, clock::time_point::max()) {}
    net::steady_timer bell;
    net::cancellation_signal stop;
    std::optional<upload_answer> said;
};

upload_desk::upload_desk(net::io_context& context, file_store& files, std::unique_ptr<upload_shelf> shelf,
                         std::function<bool(const std::string&)> in_use, std::shared_ptr<disk_threads> disk)
    : context_(context), files_(files), shelf_(std::move(shelf)), disk_(std::move(disk)),
      in_use_(std::move(in_use)), sweep_(context)
{
}

upload_desk::~upload_desk()
{
    disk_->join();
}

task<upload_answer> upload_desk::create(upload_record wish)
{
    auto make = [shelf = shelf_, wish = std::move(wish)]() mutable {
        return shelf->create(std::move(wish), clock::now());
    };
    co_return co_await disk_->run(std::move(make));
}

task<upload_answer> upload_desk::look(std::string id)
{
    auto ask = [shelf = shelf_, id = std::move(id)] { return shelf->look(id, clock::now()); };
    co_return co_await disk_->run(std::move(ask));
}

task<std::vector<upload_facts>> upload_desk::list()
{
    auto ask = [shelf = shelf_] { return shelf->list(clock::now()); };
    co_return co_await disk_->run(std::move(ask));
}

task<upload_answer> upload_desk::drop(std::string id)
{
    auto ask = [shelf = shelf_, id = std::move(id)] { return shelf->drop(id, clock::now()); };
    co_return co_await disk_->run(std::move(ask));
}

task<upload_answer> upload_desk::append(std::string id, std::uint64_t offset,
                                        std::shared_ptr<transport::body_source> body)
{
    auto begin = [shelf = shelf_, id, offset, told = body->remaining()] {
        return shelf->begin(id, offset, told, clock::now());
    };
    const auto begun = co_await disk_->run(std::move(begin));
    if (begun.said.why) co_return begun.said;
    open_part part(disk_, shelf_, id, begun.turn);
    const auto block = std::make_shared<std::vector<char>>(block_bytes);
    std::optional<failure> broke;
    for (;;) {
        const auto got = co_await body->read_some(net::buffer(*block));
        if (!got)
            broke = fail(400, "The part broke off (" + got.error().message() +
                                  "); go on from the offset that is told.");
        if (!got || *got == 0) break;
        auto append = [shelf = shelf_, id, turn = begun.turn, block, n = *got] {
            return shelf->append(id, turn, std::span(block->data(), n), clock::now());
        };
        auto appended = co_await disk_->run(std::move(append));
        if (appended.why) co_return appended;
    }
    auto end = [shelf = shelf_, id, turn = begun.turn] { return shelf->end(id, turn, clock::now()); };
    auto said = co_await disk_->run(std::move(end));
    part.ended();
    if (!said.why) said.why = std::move(broke);
    if (said.why || !said.now || said.now->have < said.now->bytes || !said.now->at_once) co_return said;
    co_return co_await place(std::move(id), std::string());
}

task<upload_answer> upload_desk::place(std::string id, std::string sha256)
{
    auto known = placing_.find(id);
    if (known == placing_.end()) {
        auto one = std::make_shared<placement>(context_);
        known = placing_.emplace(id, one).first;
        auto over = [this, id, one](const std::exception_ptr& thrown) { placed(id, one, thrown != nullptr); };
        net::co_spawn(context_, place_now(id, std::move(sha256), one),
                      net::bind_cancellation_slot(one->stop.slot(), std::move(over)));
    }
    const auto mine = known->second;
    while (!mine->said) {
        (void)co_await mine->bell.async_wait(as_tuple);
        const auto cancel = co_await net::this_coro::cancellation_state;
        if (!mine->said && cancel.cancelled() != net::cancellation_type::none)
            throw boost::system::system_error(net::error::operation_aborted);
    }
    co_return *mine->said;
}

task<void> upload_desk::place_now(std::string id, std::string sha256, std::shared_ptr<placement> into)
{
    auto check = [shelf = shelf_, id, sha256 = std::move(sha256)] {
        return shelf->check(id, sha256, clock::now());
    };
    auto whole = co_await disk_->run(std::move(check));
    if (!whole.file) { // refused, or done before
        into->said = std::move(whole.said);
        co_return;
    }
    std::optional<failure> why;
    if (in_use_(whole.path)) {
        why = fail(409, "A file of that name is being printed; it is kept as it is. Ask for the upload to be "
                        "committed when the job is over.");
    } else {
        auto content = make_disk_body(disk_, whole.file, 0, whole.bytes);
        const auto stored = co_await files_.adopt(whole.path, whole.file, std::move(content));
        if (!stored) why = fail(stored.error());
    }
    auto finish = [shelf = shelf_, id, good = !why] { return shelf->finish(id, good, clock::now()); };
    auto said = co_await disk_->run(std::move(finish));
    if (why) said.why = std::move(why);
    into->said = std::move(said);
}

void upload_desk::placed(const std::string& id, const std::shared_ptr<placement>& one, bool broke)
{
    if (broke) {
        disk_->post([shelf = shelf_, id] { (void)shelf->finish(id, false, clock::now()); });
        if (!one->said) {
            one->said.emplace();
            one->said->why = fail(750, "The file could not be put in its place: the agent ends, or failed.");
        }
    }
    placing_.erase(id);
    one->bell.cancel();
}

task<void> upload_desk::run()
{
    while (!stopping_) {
        sweep_.expires_after(sweep_every);
        (void)co_await sweep_.async_wait(as_tuple);
        if (stopping_) co_return;
        auto clean = [shelf = shelf_] { return shelf->expire(clock::now()); };
        (void)co_await disk_->run(std::move(clean));
    }
}

void upload_desk::stop()
{
    stopping_ = true;
    sweep_.cancel();
    // A placement that ends takes itself out of the map.
    const auto open = placing_;
    for (const auto& [id, one] : open)
        one->stop.emit(net::cancellation_type::terminal);
}

} // namespace layerline::commands
