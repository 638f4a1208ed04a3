#include "workshop/jobs/job_task.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <utility>

namespace layerline::workshop {

using nlohmann::json;

std::string to_text(const job_task& task)
{
    return json{{"operation", task.operation},
                {"parameters", task.parameters},
                {"source", task.source.string()},
                {"result", task.result},
                {"folder", task.folder.string()},
                {"mostSourceBytes", task.most_source_bytes},
                {"memoryBytes", task.limits.memory_bytes},
                {"cpuSeconds", task.limits.cpu_seconds},
                {"outputBytes", task.limits.output_bytes},
                {"descriptors", task.limits.descriptors}}
        .dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<job_task> parse_task(std::string_view text)
{
    const auto read = json::parse(text, nullptr, false);
    if (!read.is_object()) return std::nullopt;
    try {
        job_task task;
        task.operation = read.at("operation").get<std::string>();
        task.parameters = read.at("parameters").get<std::string>();
        task.source = read.at("source").get<std::string>();
        task.result = read.at("result").get<bool>();
        task.folder = read.at("folder").get<std::string>();
        task.most_source_bytes = read.at("mostSourceBytes").get<std::size_t>();
        task.limits.memory_bytes = read.at("memoryBytes").get<std::uint64_t>();
        task.limits.cpu_seconds = read.at("cpuSeconds").get<std::uint64_t>();
        task.limits.output_bytes = read.at("outputBytes").get<std::uint64_t>();
        task.limits.descriptors = read.at("descriptors").get<std::uint64_t>();
        return task;
    } catch (const json::exception&) {
        return std::nullopt;
    }
}

std::string answer_text(const model_result<std::string>& answer)
{
    json told;
    if (answer.has_error())
        told = json{{"code", static_cast<int>(answer.error().code)}, {"message", answer.error().detail}};
    else
        told = json{{"fields", *answer}};
    return told.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<model_result<std::string>> parse_answer(std::string_view text)
{
    const auto read = json::parse(text, nullptr, false);
    if (!read.is_object()) return std::nullopt;
    if (read.contains("fields")) {
        if (!read["fields"].is_string()) return std::nullopt;
        auto fields = read["fields"].get<std::string>();
        if (!json::parse(fields, nullptr, false).is_object()) return std::nullopt;
        return model_result<std::string>(std::move(fields));
    }
    if (!read.contains("code") || !read.contains("message") || !read["code"].is_number_unsigned() ||
        !read["message"].is_string())
        return std::nullopt;
    for (const auto& row : model_error_table())
        if (read["code"] == static_cast<unsigned>(row.code))
            return model_result<std::string>(model_failure{row.code, read["message"].get<std::string>()});
    return std::nullopt;
}

std::optional<double> last_progress(std::string_view said)
{
    const auto end = said.rfind('\n');
    if (end == std::string_view::npos) return std::nullopt;
    said = said.substr(0, end);
    if (const auto before = said.rfind('\n'); before != std::string_view::npos)
        said = said.substr(before + 1);
    double value = 0;
    const auto [stop, fault] = std::from_chars(said.data(), said.data() + said.size(), value);
    if (fault != std::errc() || stop != said.data() + said.size() || !(value >= 0 && value <= 1))
        return std::nullopt;
    return value;
}

} // namespace layerline::workshop
