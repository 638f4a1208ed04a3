// What a viewer of the event stream is told of its prints from models. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include <map>
#include <string>

namespace layerline::commands {

// One viewer's. An event carries a whole print, as model/print/state tells it, and no id: it is no place to
// go on from.
class model_print_events {
public:
    // `event: model-print` for each of these that is new or stands otherwise than when it was last told; at
    // first for those alone that are not over. `prints` is a list, as model_printer::look_all() gives it.
    std::string next(const nlohmann::json& prints);

private:
    std::map<std::string, nlohmann::json> told_; // by id; of those that there are
    bool begun_ = false;
};

} // namespace layerline::commands
