// From names to live cameras, and from their trouble to the API's failures.
#include "agent/camera_hub.hpp"

#include "agent/camera_ways.hpp"
#include "agent/state_folder.hpp"
#include "camera/frame_body.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>
#include <utility>

namespace layerline::agent {

using camera::live_camera;
using camera::trouble;
using camera::trouble_kind;
using commands::outcome;
using transport::task;

namespace {

void note(const std::string& name, const trouble& why)
{
    spdlog::info("camera {}: {}", name, why.text);
}

commands::failure failure_of(const std::string& name, const trouble& why)
{
    const int status = why.kind == trouble_kind::silent ? 504 : 502;
    auto failed = commands::fail(status, "The camera \"" + name + "\" " + why.text + ".");
    failed.at = commands::hop::camera;
    note(name, why);
    return failed;
}

std::string read_name(const std::filesystem::path& file)
{
    std::ifstream in(file, std::ios::binary);
    std::string name;
    if (!in || !std::getline(in, name) || !is_camera_name(name)) return {};
    return name;
}

commands::camera_facts facts_of(const camera_settings& settings)
{
    commands::camera_facts facts;
    facts.name = settings.name;
    facts.flip_h = settings.flip_h;
    facts.flip_v = settings.flip_v;
    facts.rotation = static_cast<int>(settings.rotation);
    facts.enabled = settings.enabled;
    if (settings.snapshot) facts.snapshot_url = settings.snapshot->told;
    if (settings.stream) facts.stream_url = settings.stream->told;
    return facts;
}

} // namespace

camera_hub::camera_hub(transport::net::io_context& context, const std::filesystem::path& state,
                       camera_places places, camera_hub_limits limits)
    : context_(context), default_file_(state / "default_camera"), places_(std::move(places)), limits_(limits),
      added_(state / "added_cameras.json", places_), chosen_(read_name(default_file_))
{
    join();
}

camera_hub::~camera_hub() = default;

void camera_hub::show(std::vector<camera_settings> configured)
{
    if (configured.size() > max_cameras) configured.resize(max_cameras);
    configured_ = std::move(configured);
    join();
}

void camera_hub::tell(std::vector<printer::webcam> told)
{
    told_ = std::move(told);
    join();
}

void camera_hub::join()
{
    auto joined = join_cameras(added_.joined_to(configured_), told_, places_);
    for (const auto& why : joined.left_out)
        spdlog::info("{}", why);
    replace(std::move(joined.all));
}

void camera_hub::replace(std::vector<camera_settings> cameras)
{
    std::vector<entry> now;
    for (auto& settings : cameras) {
        const auto before = std::find_if(cameras_.begin(), cameras_.end(), [&](const entry& one) {
            return one.live && one.settings == settings;
        });
        auto tell = [name = settings.name](const trouble& why) { note(name, why); };
        auto live =
            before != cameras_.end()
                ? std::exchange(before->live, nullptr)
                : std::make_shared<live_camera>(context_.get_executor(), make_camera_way(context_, settings),
                                                limits_.times, std::move(tell));
        now.push_back({std::move(settings), std::move(live)});
    }
    for (const auto& gone : cameras_)
        if (gone.live) gone.live->stop("is no longer on the list");
    cameras_ = std::move(now);
    ++version_;
}

void camera_hub::stop()
{
    for (const auto& one : cameras_)
        one.live->stop("is no longer shown: the agent ends");
}

std::size_t camera_hub::viewers() const
{
    std::size_t count = 0;
    for (const auto& one : cameras_)
        count += one.live->viewers();
    return count;
}

std::size_t camera_hub::streaming() const
{
    return static_cast<std::size_t>(std::count_if(cameras_.begin(), cameras_.end(),
                                                  [](const entry& one) { return one.live->streaming(); }));
}

std::vector<commands::camera_facts> camera_hub::list() const
{
    std::vector<commands::camera_facts> all;
    all.reserve(cameras_.size());
    for (const auto& one : cameras_)
        all.push_back(facts_of(one.settings));
    return all;
}

outcome<std::shared_ptr<live_camera>> camera_hub::find(const std::string& name) const
{
    const auto found = std::find_if(cameras_.begin(), cameras_.end(),
                                    [&](const entry& one) { return one.settings.name == name; });
    if (found == cameras_.end()) return commands::fail(404, "There is no camera \"" + name + "\".");
    if (!found->settings.enabled) return commands::fail(404, "The camera \"" + name + "\" is switched off.");
    return found->live;
}

task<outcome<void>> camera_hub::choose_default(std::string name)
{
    auto found = find(name);
    if (!found) co_return found.error();
    if (name == chosen_) co_return outcome<void>();
    const auto kept = write_whole(default_file_, name + "\n");
    if (!kept)
        co_return commands::fail(750, "The choice cannot be kept in " + default_file_.string() + ": " +
                                          kept.error().message());
    chosen_ = std::move(name);
    ++version_;
    co_return outcome<void>();
}

task<outcome<void>> camera_hub::set_added(std::vector<commands::camera_facts> cameras)
{
    auto kept = added_.set(std::move(cameras), configured_);
    if (kept) join();
    co_return kept;
}

task<outcome<commands::camera_picture>> camera_hub::snapshot(std::string name)
{
    auto found = find(name);
    if (!found) co_return found.error();
    const auto got = co_await live_camera::snapshot(*found);
    if (const auto* why = std::get_if<trouble>(&got)) co_return failure_of(name, *why);
    const auto& part = std::get<camera::frame>(got);
    commands::camera_picture picture;
    picture.type = part->type;
    picture.bytes = std::shared_ptr<const std::string>(part, &part->bytes);
    co_return picture;
}

task<outcome<commands::camera_stream>> camera_hub::stream(std::string name)
{
    auto found = find(name);
    if (!found) co_return found.error();
    if (viewers() >= limits_.max_viewers)
        co_return commands::fail(503, std::to_string(limits_.max_viewers) +
                                          " viewers look at this printer's cameras already.");
    auto got = co_await live_camera::watch(*found);
    if (const auto* why = std::get_if<trouble>(&got)) co_return failure_of(name, *why);
    commands::camera_stream stream;
    stream.type = camera::mixed_replace_type;
    stream.content = std::get<std::shared_ptr<transport::body_source>>(std::move(got));
    co_return stream;
}

} // namespace layerline::agent
