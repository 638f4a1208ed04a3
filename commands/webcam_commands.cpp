// webcam/list, webcam/snapshot, webcam/stream, set-default-webcam and the list of cameras that were added.
#include "commands/command_groups.hpp"
#include "commands/webcam_result.hpp"

#include <vector>

namespace layerline::commands {

using nlohmann::json;
namespace net = transport::net;

namespace {

constexpr std::size_t part_bytes = 32UL * 1024; // of a stream, at once

std::vector<camera_facts> cameras_of(const command_context& at)
{
    return at.cameras != nullptr ? at.cameras->list() : std::vector<camera_facts>();
}

std::string chosen_in(const command_context& at)
{
    return at.cameras != nullptr ? at.cameras->default_name() : std::string();
}

transport::response_head head_of(const command_context& at, const camera_facts& camera,
                                 const std::string& type)
{
    transport::response_head head;
    head.headers.set("content-type", type);
    head.headers.set("cache-control", "no-store");
    head.headers.set("x-content-type-options", "nosniff");
    head.headers.set("x-oe-webcam-transform", transform_words(camera));
    head.headers.set("x-layerline-camera-transform", transform_json(camera));
    head.headers.set("x-layerline-priority", "bulk"); // pictures never stand before a command
    head.headers.set("x-request-id", at.request_id);
    return head;
}

// Until the camera or the viewer ends it. A stream that breaks off is not finished, which the viewer sees.
transport::task<void> pump(transport::exchange& call, std::shared_ptr<transport::body_source> from)
{
    std::vector<unsigned char> part(part_bytes);
    for (;;) {
        const auto count = co_await from->read_some(net::buffer(part));
        if (!count) co_return;
        if (*count == 0) break;
        const auto sent = co_await call.write(net::buffer(part.data(), *count));
        if (!sent) co_return;
    }
    (void)co_await call.finish();
}

json chosen_result(const std::vector<camera_facts>& all, const std::string& name)
{
    return {{"Name", name}, {"DefaultIndex", default_index(all, name)}};
}

} // namespace

transport::task<command_answer> run_webcam_list(command_context& at, const arguments&)
{
    co_return command_answer(webcam_list(cameras_of(at), chosen_in(at), true));
}

transport::task<command_answer> run_get_added_webcams(command_context& at, const arguments&)
{
    co_return command_answer(
        added_webcams(at.cameras != nullptr ? at.cameras->added() : std::vector<camera_facts>()));
}

transport::task<command_answer> run_set_added_webcams(command_context& at, const arguments& given)
{
    auto list = read_added_webcams(given.text("LocalPluginWebcams").value_or(""));
    if (!list) co_return command_answer(list.error());
    if (at.cameras == nullptr) co_return command_answer(fail(788, "This agent shows no cameras."));
    const auto kept = co_await at.cameras->set_added(std::move(*list));
    if (!kept) co_return command_answer(kept.error());
    co_return command_answer(json::object());
}

transport::task<void> run_webcam_snapshot(command_context& at, const arguments& given)
{
    const auto camera = camera_meant(cameras_of(at), chosen_in(at), given);
    if (!camera) {
        co_await send_raw_failure(at, camera.error());
        co_return;
    }
    auto picture = co_await at.cameras->snapshot(camera->name);
    if (!picture) {
        co_await send_raw_failure(at, picture.error());
        co_return;
    }
    auto head = head_of(at, *camera, picture->type);
    head.headers.set("content-length", std::to_string(picture->bytes->size()));
    if (const auto begun = co_await at.call.respond(std::move(head)); !begun) co_return;
    if (at.call.request().method != "HEAD") {
        const auto sent = co_await at.call.write(net::buffer(*picture->bytes));
        if (!sent) co_return;
    }
    (void)co_await at.call.finish();
}

transport::task<void> run_webcam_stream(command_context& at, const arguments& given)
{
    const auto camera = camera_meant(cameras_of(at), chosen_in(at), given);
    if (!camera) {
        co_await send_raw_failure(at, camera.error());
        co_return;
    }
    auto stream = co_await at.cameras->stream(camera->name);
    if (!stream) {
        transport::fields more;
        if (stream.error().status == 503) more.set("retry-after", "5");
        co_await send_raw_failure(at, stream.error(), std::move(more));
        co_return;
    }
    if (const auto begun = co_await at.call.respond(head_of(at, *camera, stream->type)); !begun) co_return;
    co_await pump(at.call, std::move(stream->content));
}

transport::task<command_answer> run_set_default_webcam(command_context& at, const arguments& given)
{
    const auto camera = camera_meant(cameras_of(at), chosen_in(at), given);
    if (!camera) co_return command_answer(camera.error());
    const auto kept = co_await at.cameras->choose_default(camera->name);
    if (!kept) co_return command_answer(kept.error());
    co_return command_answer(chosen_result(cameras_of(at), camera->name));
}

} // namespace layerline::commands
