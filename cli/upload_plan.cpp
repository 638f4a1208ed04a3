#include "cli/upload_plan.hpp"

#include <algorithm>
#include <utility>

namespace layerline::cli {

namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds first_delay{500}, last_delay{5000};

unsigned status_of(const verdict& said)
{
    if (!said.body.is_object() || !said.body.contains("Status") || !said.body["Status"].is_number_unsigned())
        return 0;
    return said.body["Status"].get<unsigned>();
}

// Whether the way broke rather than the agent refused: the relay lost the agent, or nothing answered in time.
bool is_the_way(const verdict& said)
{
    const auto status = status_of(said);
    if (status == 0) return said.code == exit_code::unreachable || said.code == exit_code::not_in_time;
    return status == 601 || status == 602 || status == 612;
}

std::optional<std::uint64_t> number_in(const json& from, const char* name)
{
    if (!from.is_object() || !from.contains(name) || !from[name].is_number_unsigned()) return std::nullopt;
    return from[name].get<std::uint64_t>();
}

bool is_done(const json& from)
{
    return from.is_object() && from.contains("Done") && from["Done"] == true;
}

} // namespace

upload_plan::upload_plan(std::uint64_t bytes, std::chrono::seconds patience)
    : bytes_(bytes), patience_(patience)
{
}

std::chrono::milliseconds upload_plan::delay() const
{
    auto wait = first_delay;
    for (int i = 1; i < failures_ && wait < last_delay; ++i)
        wait *= 2;
    return std::min(wait, last_delay);
}

void upload_plan::over(verdict said)
{
    said_ = std::move(said);
    next_ = upload_step::end;
}

void upload_plan::broke(verdict said, std::chrono::steady_clock::time_point now)
{
    ++failures_;
    if (!stuck_since_) stuck_since_ = now;
    if (now - *stuck_since_ >= patience_) {
        over(std::move(said));
        return;
    }
    next_ = id_.empty() ? upload_step::create : upload_step::look;
}

// Where the upload stands, as a good answer tells it.
void upload_plan::stands(const verdict& said, std::chrono::steady_clock::time_point now)
{
    const auto offset = number_in(said.result, "Offset");
    if (!offset || *offset > bytes_) {
        verdict strange;
        strange.code = exit_code::failed;
        strange.text = "The agent does not say where the upload stands.";
        over(std::move(strange));
        return;
    }
    if (is_done(said.result)) {
        over(said);
        return;
    }
    if (*offset > offset_) {
        failures_ = 0;
        stuck_since_.reset();
    } else if (next_ == upload_step::send || next_ == upload_step::commit) {
        verdict nothing;
        nothing.code = exit_code::failed;
        nothing.text = "The agent took nothing of what was sent.";
        broke(std::move(nothing), now);
        return;
    }
    offset_ = *offset;
    next_ = offset_ == bytes_ ? upload_step::commit : upload_step::send;
}

void upload_plan::answered(verdict said, std::chrono::steady_clock::time_point now)
{
    const auto status = status_of(said);
    const bool in_parts = next_ != upload_step::whole;
    if (in_parts && is_the_way(said)) {
        broke(std::move(said), now);
    } else if (next_ == upload_step::create && (status == 754 || status == 788)) {
        next_ = upload_step::whole;
    } else if (in_parts && said.code == exit_code::done) {
        if (next_ == upload_step::create && said.result.is_object() && said.result.contains("UploadId") &&
            said.result["UploadId"].is_string())
            id_ = said.result["UploadId"].get<std::string>();
        stands(said, now);
    } else if (next_ == upload_step::send && (status == 409 || status == 400) &&
               number_in(said.result, "Offset")) {
        // Another offset is the right one, or the part broke off on its way: the agent says where it stands.
        const auto here = *number_in(said.result, "Offset");
        const bool moved = here > offset_;
        if (moved) {
            failures_ = 0;
            stuck_since_.reset();
        }
        broke(std::move(said), now);
    } else {
        over(std::move(said));
    }
}

} // namespace layerline::cli
