#include "workshop/pipeline/slice_log.hpp"

#include "workshop/slicing/slice_reference.hpp"

#include <cmath>
#include <utility>

namespace layerline::workshop {

using nlohmann::json;

namespace {

double rounded(double milliseconds)
{
    return std::round(milliseconds * 10) / 10;
}

void add(json& data, const std::string& response_id, const std::vector<slice_step>& steps)
{
    double total = 0;
    for (const auto& one : steps)
        total += one.milliseconds;
    data["responseId"] = response_id;
    data["version"] = slice_version;
    data["totalTime"] = rounded(total);
    data["steps"] = steps_json(steps);
}

} // namespace

void slice_log::begin(std::string_view name)
{
    finish();
    steps_.push_back({std::string(name), 0, {}, 0});
    since_ = clock::now();
    open_ = true;
}

void slice_log::note(std::string_view sentence)
{
    if (steps_.empty()) return;
    auto& message = steps_.back().message;
    if (message.size() + sentence.size() + 1 > most_step_text) {
        if (!message.ends_with(" …")) message += " …";
        return;
    }
    if (!message.empty()) message += ' ';
    message += sentence;
}

void slice_log::fail(const slice_failure& why)
{
    if (steps_.empty()) begin("Parse slice request");
    note((why.field.empty() ? std::string() : why.field + ": ") + text_of(why));
    steps_.back().code = internal_code_of(why);
}

void slice_log::append(const std::vector<slice_step>& steps)
{
    finish();
    steps_.insert(steps_.end(), steps.begin(), steps.end());
}

const std::vector<slice_step>& slice_log::finish()
{
    if (open_)
        steps_.back().milliseconds = std::chrono::duration<double, std::milli>(clock::now() - since_).count();
    open_ = false;
    return steps_;
}

json steps_json(const std::vector<slice_step>& steps)
{
    auto all = json::array();
    for (const auto& one : steps)
        all.push_back({{"stepName", one.name},
                       {"stepTime", rounded(one.milliseconds)},
                       {"message", one.message},
                       {"success", one.code == 0},
                       {"code", one.code}});
    return all;
}

std::vector<slice_step> steps_from(const json& told)
{
    std::vector<slice_step> all;
    if (!told.is_array()) return all;
    for (const auto& one : told) {
        try {
            all.push_back({one.at("stepName").get<std::string>(), one.at("stepTime").get<double>(),
                           one.at("message").get<std::string>(), one.at("code").get<int>()});
        } catch (const json::exception&) {
            continue;
        }
    }
    return all;
}

json failed_slice(const slice_failure& why, const std::string& response_id,
                  const std::vector<slice_step>& steps)
{
    json data{{"msg", (why.field.empty() ? std::string() : why.field + ": ") + text_of(why)},
              {"field", why.field}};
    add(data, response_id, steps);
    return {{"status", static_cast<int>(why.code)}, {"data", std::move(data)}};
}

json finished_slice(json facts, const std::string& response_id, const std::vector<slice_step>& steps)
{
    add(facts, response_id, steps);
    return {{"status", 200}, {"data", std::move(facts)}};
}

} // namespace layerline::workshop
