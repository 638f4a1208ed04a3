// Which of two software versions is the older one: "1.2.3", compared by its numbers.
#pragma once

#include <string_view>

namespace layerline::access {

// One to four whole numbers of up to six digits with dots between them.
bool is_version(std::string_view text);
// Whether `version` comes before `minimum`, which is_version(). What is missing counts as 0; "1.2.0-rc1"
// comes before "1.2.0"; build marks ("1.2.0+7") do not matter. What is no version at all is older than
// anything.
bool is_older(std::string_view version, std::string_view minimum);

} // namespace layerline::access
