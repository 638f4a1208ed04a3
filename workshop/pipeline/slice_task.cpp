#include "workshop/pipeline/slice_task.hpp"

#include <utility>

namespace layerline::workshop {

using nlohmann::json;

std::string to_text(const slice_task& task)
{
    auto sources = json::array();
    for (const auto& one : task.sources)
        sources.push_back({{"file", one.file.string()}, {"name", one.name}, {"result", one.result}});
    return json{{"data", task.data},
                {"svg", task.svg},
                {"responseId", task.response_id},
                {"sources", std::move(sources)},
                {"bucketOut", task.bucket_out.string()},
                {"cache", task.cache.string()},
                {"mostCacheBytes", task.most_cache_bytes},
                {"engine", task.engine}}
        .dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<slice_task> parse_slice_task(std::string_view text)
{
    auto read = json::parse(text, nullptr, false);
    if (!read.is_object()) return std::nullopt;
    try {
        slice_task task;
        task.data = std::move(read.at("data"));
        task.svg = read.at("svg").get<bool>();
        task.response_id = read.at("responseId").get<std::string>();
        for (const auto& one : read.at("sources"))
            task.sources.push_back({one.at("file").get<std::string>(), one.at("name").get<std::string>(),
                                    one.at("result").get<bool>()});
        task.bucket_out = read.at("bucketOut").get<std::string>();
        task.cache = read.at("cache").get<std::string>();
        task.most_cache_bytes = read.at("mostCacheBytes").get<std::uint64_t>();
        task.engine = read.at("engine").get<std::string>();
        if (!task.data.is_object() || !task.data.contains("model") ||
            task.sources.size() != task.data["model"].size())
            return std::nullopt;
        return task;
    } catch (const json::exception&) {
        return std::nullopt;
    }
}

} // namespace layerline::workshop
