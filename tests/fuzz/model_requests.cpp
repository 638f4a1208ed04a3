// What callers of the workshop write in addresses, JSON and forms.
#include "workshop/jobs/chain.hpp"
#include "workshop/service/callback.hpp"
#include "workshop/service/chunk_plan.hpp"
#include "workshop/service/model_routes.hpp"
#include "workshop/service/operation_request.hpp"
#include "workshop/service/token_request.hpp"

#include <cstdlib>

using namespace layerline::workshop;

namespace {

void must(bool good)
{
    if (!good) std::abort();
}

void take_chain(std::string_view text)
{
    auto job = parse_chain(text);
    if (job.has_error()) return;
    must(!job->steps.empty());
    std::size_t steps = 0;
    for (auto now = *job;; ++steps) {
        const auto end = after_step(now, "{}", "r-made");
        if (!end.next) break;
        now = *end.next;
        now.fields = end.fields;
    }
    must(steps < most_steps);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto wish = parse_upload_wish(text, 1000);
    if (wish.has_value()) must(wish->bytes >= 1 && wish->bytes <= 1000 && !wish->name.empty());
    const auto sum = parse_commit(text, {});
    if (sum.has_value()) must(sum->size() == 64);
    if (const auto number = parse_chunk_number(text))
        must(*number < most_chunks && std::to_string(*number) == text);
    const auto line = text.find('\n');
    const auto first = text.substr(0, line);
    const auto rest = line == std::string_view::npos ? std::string_view() : text.substr(line + 1);
    const auto token = parse_token_request(first, rest);
    if (token.has_value()) must(!token->secret.empty());
    (void)parse_operation(first, rest);
    take_chain(text);
    if (is_callback_url(text)) must(text.starts_with("http"));
    if (callback_address_allowed(std::string(text), false))
        must(callback_address_allowed(std::string(text), true));
    (void)model_route_of(text);
    must(plain_file_name(text).size() <= 128);
    return 0;
}
