// A print from a model as it is kept on the agent's disk.
#include "commands/model_print.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <utility>

namespace layerline::commands {

using nlohmann::json;

namespace {

constexpr std::array all_stages{print_stage::requested, print_stage::slicing,  print_stage::sending,
                                print_stage::starting,  print_stage::started,  print_stage::sent,
                                print_stage::failed,    print_stage::cancelled};

std::optional<print_stage> stage_named(std::string_view name)
{
    for (const auto one : all_stages)
        if (name_of(one) == name) return one;
    return std::nullopt;
}

} // namespace

json model_print::record() const
{
    json all{{"id", id_},
             {"file", wish_.file_id},
             {"printer", wish_.printer},
             {"material", wish_.material},
             {"quality", wish_.quality},
             // Up to 64 KiB of them; once the slice is asked for nobody needs them.
             {"settings", stage_ == print_stage::requested ? wish_.settings : std::string()},
             {"path", wish_.path},
             {"start", wish_.start},
             {"bedClear", wish_.bed_clear},
             {"stage", name_of(stage_)},
             {"slice", slice_},
             {"job", job_},
             {"notes", notes_}};
    if (fault_) all["fault"] = json{{"status", fault_->status}, {"text", fault_->text}};
    return all;
}

std::optional<model_print> model_print::from_record(const json& kept)
{
    try {
        model_wish wish;
        kept.at("file").get_to(wish.file_id);
        kept.at("printer").get_to(wish.printer);
        kept.at("material").get_to(wish.material);
        kept.at("quality").get_to(wish.quality);
        kept.at("settings").get_to(wish.settings);
        kept.at("path").get_to(wish.path);
        kept.at("start").get_to(wish.start);
        kept.at("bedClear").get_to(wish.bed_clear);
        model_print read(kept.at("id").get<std::string>(), std::move(wish));
        const auto stage = stage_named(kept.at("stage").get<std::string>());
        if (!stage) return std::nullopt;
        kept.at("slice").get_to(read.slice_);
        if (!read.slice_.empty() && !is_slice_id(read.slice_)) return std::nullopt;
        if (read.slice_.empty() && (*stage == print_stage::slicing || *stage == print_stage::sending))
            return std::nullopt;
        kept.at("job").get_to(read.job_);
        for (const auto& one : kept.at("notes"))
            read.note(one.get<std::string>());
        if (kept.contains("fault")) {
            const auto& fault = kept.at("fault");
            read.fault_ = print_fault{fault.at("status").get<int>(), fault.at("text").get<std::string>()};
        }
        if ((*stage == print_stage::failed) != read.fault_.has_value()) return std::nullopt;
        read.enter(*stage);
        return read;
    } catch (const json::exception&) {
        return std::nullopt;
    }
}

void model_print::carried_anew()
{
    if (over() || stage_ == print_stage::starting || !wish_.start) return;
    wish_.start = false;
    if (notes_.size() >= max_print_notes) notes_.pop_back(); // this one has to be told
    note("The agent was restarted meanwhile: the G-code is stored, and not started. Start it once you have "
         "seen the printer.");
}

} // namespace layerline::commands
