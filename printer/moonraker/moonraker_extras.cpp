#include "printer/moonraker/moonraker_extras.hpp"

#include "printer/moonraker/host_lists.hpp"

#include <algorithm>
#include <utility>

namespace layerline::printer::moonraker {

using nlohmann::json;
using transport::clock;
using transport::task;

namespace {

// Made in plain functions: g++ 12 does not reliably keep braced lists in coroutine frames.
json page_params(std::uint64_t first, std::size_t count)
{
    return {{"start", first}, {"limit", std::clamp<std::size_t>(count, 1, most_jobs)}, {"order", "desc"}};
}

json job_params(const std::string& id)
{
    return {{"uid", id}};
}

json mesh_params()
{
    return {{"objects", {{"bed_mesh", {"profile_name", "mesh_min", "mesh_max", "probed_matrix"}}}}};
}

json inner(const json& object, const char* name)
{
    if (!object.is_object()) return nullptr;
    const auto at = object.find(name);
    return at == object.end() ? json() : *at;
}

} // namespace

moonraker_extras::moonraker_extras(const moonraker_desk& desk, asking ask) : desk_(desk), ask_(std::move(ask))
{
}

printer_failure moonraker_extras::untold(const char* what) const
{
    const auto state = desk_.state(clock::now());
    if (state.away || state.now == phase::connecting)
        return {state.away.value_or(printer_errc::host_gone), state.reason};
    return no(what);
}

printer_result<std::vector<webcam>> moonraker_extras::webcams() const
{
    if (!desk_.webcams()) return untold("list of cameras");
    return *desk_.webcams();
}

printer_result<std::vector<power_device>> moonraker_extras::power_devices() const
{
    if (!desk_.power_devices()) return untold("power devices that it could switch");
    return *desk_.power_devices();
}

printer_result<std::vector<macro_info>> moonraker_extras::macros() const
{
    if (!desk_.macros()) return untold("macros");
    return *desk_.macros();
}

printer_result<console_page> moonraker_extras::console(std::uint64_t after, std::size_t most) const
{
    return desk_.console().page(after, most);
}

task<printer_result<job_page>> moonraker_extras::history(std::uint64_t first, std::size_t count)
{
    auto told = co_await ask_("server.history.list", page_params(first, count));
    if (!told) co_return told.error();
    co_return read_history(*told);
}

task<printer_result<past_job>> moonraker_extras::job(std::string id)
{
    const auto theirs = history_id_of(id);
    const printer_failure unknown{printer_errc::no_such_file, "There is no such job in the history."};
    if (theirs.empty()) co_return unknown;
    auto told = co_await ask_("server.history.get_job", job_params(theirs));
    if (!told) {
        if (told.error().code == printer_errc::no_such_file) co_return unknown;
        co_return told.error();
    }
    const auto job = inner(*told, "job");
    auto one = read_past_job(job);
    if (!one) co_return unknown;
    co_return std::move(*one);
}

task<printer_result<bed_mesh>> moonraker_extras::mesh()
{
    auto told = co_await ask_("printer.objects.query", mesh_params());
    if (!told) co_return told.error();
    const auto object = inner(inner(*told, "status"), "bed_mesh");
    // An object that is not there answers as an empty one.
    if (!object.is_object() || object.empty()) co_return no("mesh of its bed");
    co_return read_mesh(object);
}

} // namespace layerline::printer::moonraker
