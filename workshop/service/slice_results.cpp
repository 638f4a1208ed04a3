// What came of a slice: its file, and its layers drawn.
#include "workshop/service/file_download.hpp"
#include "workshop/service/slice_preview.hpp"
#include "workshop/service/slice_service.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace layerline::workshop {

using nlohmann::json;
using transport::task;

namespace {

constexpr std::size_t most_known = 4; // indexes of results that are kept

model_answer refused(unsigned http, std::string text)
{
    return slice_refusal(slice_failure{slice_errc::bad_value, {}, std::move(text)}, {}, http);
}

struct slice_file {
    std::string id;
    bool svg = false;
    std::size_t layers = 0;
};

// What it left, by its answer.
slice_file file_of(const job_record& job)
{
    const auto told = slice_log_json(job);
    slice_file made;
    if (!told.contains("data") || !told["data"].is_object()) return made;
    made.id = told["data"].value("fileId", std::string());
    made.svg = told["data"].value("mode", std::string()) == "svg";
    made.layers = told["data"].value("layers", std::size_t{0});
    return made;
}

// Counted from 1; 0 for what is no number.
std::size_t number_of(std::string_view text)
{
    std::size_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    return fault == std::errc() && end == text.data() + text.size() ? value : 0;
}

model_answer drawing(std::string bytes, const char* type)
{
    model_answer answer;
    answer.head.headers.set("content-type", type);
    answer.head.headers.set("x-content-type-options", "nosniff");
    answer.body = std::move(bytes);
    return answer;
}

} // namespace

task<model_answer> slice_service::result(transport::exchange& call, job_record job, bool& sent)
{
    const auto state = slice_state(job);
    if (!is_over(state)) co_return refused(409, "The slice is not over yet.");
    if (state != job_state::succeeded) co_return success(409, slice_log_json(job));
    const auto made = file_of(job);
    if (made.id.empty()) co_return refused(404, "The result was put into the bucket that was asked for.");
    auto find = [id = made.id](ledger& kept) { return kept.find_file(id); };
    auto record = co_await kept_.ask(std::move(find));
    if (record.has_error()) co_return slice_refusal(record.error());
    if (!*record) co_return refused(404, "The result was deleted.");
    co_return co_await send_file(call, disk_, files_.path_of(made.id), (*record)->name,
                                 made.svg ? "application/zip" : "text/x.gcode", sent);
}

task<std::shared_ptr<const gcode::layer_index>> slice_service::index_of(std::string file)
{
    const auto known = std::find_if(layers_.begin(), layers_.end(),
                                    [&file](const known_layers& one) { return one.file == file; });
    if (known != layers_.end()) {
        std::rotate(layers_.begin(), known, known + 1);
        co_return layers_.front().index;
    }
    auto look = [path = files_.path_of(file)] { return index_layers(path); };
    auto index = co_await disk_->run(std::move(look));
    if (index) {
        std::erase_if(layers_, [&file](const known_layers& one) { return one.file == file; });
        layers_.push_front({file, index});
        if (layers_.size() > most_known) layers_.pop_back();
    }
    co_return index;
}

task<model_answer> slice_service::layers(transport::exchange&, job_record job, std::string part, bool&)
{
    if (slice_state(job) != job_state::succeeded) co_return refused(409, "There is no result yet.");
    const auto made = file_of(job);
    if (made.id.empty()) co_return refused(404, "The result was put into the bucket that was asked for.");
    const auto wanted = number_of(part);
    if (made.svg) {
        if (part.empty()) co_return success(200, {{"layers", made.layers}, {"type", "image/svg+xml"}});
        if (wanted == 0 || wanted > made.layers)
            co_return refused(404, "It has layers 1 to " + std::to_string(made.layers) + ".");
        auto draw = [path = files_.path_of(made.id), wanted] { return drawn_layer(path, wanted - 1); };
        auto drawn = co_await disk_->run(std::move(draw));
        if (drawn.empty()) co_return refused(404, "The result was deleted.");
        co_return drawing(std::move(drawn), "image/svg+xml");
    }
    auto index = co_await index_of(made.id);
    if (!index) co_return refused(404, "The result was deleted.");
    if (part.empty()) co_return success(200, layers_json(*index));
    if (wanted == 0 || wanted > index->layers.size())
        co_return refused(404, "It has layers 1 to " + std::to_string(index->layers.size()) + ".");
    auto paint = [path = files_.path_of(made.id), layer = index->layers[wanted - 1]] {
        return painted_layer(path, layer);
    };
    auto painted = co_await disk_->run(std::move(paint));
    if (painted.empty())
        co_return refused(404, "The result was deleted, or the layer is too large to be drawn.");
    co_return drawing(std::move(painted), "application/vnd.layerline.layer");
}

} // namespace layerline::workshop
