#include "agent/guarded_host.hpp"

#include "commands/host_call.hpp"

#include <string>
#include <utility>

namespace layerline::agent {

transport::task<printer::printer_result<commands::host_answer>> guarded_host::ask(commands::host_request what)
{
    access::audit_entry entry;
    entry.who = what.principal;
    entry.name = what.principal_name;
    entry.peer = what.peer;
    entry.action = "host.request";
    entry.target = what.method + " " + what.path.substr(0, what.path.find('?'));
    if (!commands::only_asks(what) && !owner_.send_command_writes) {
        entry.outcome = "forbidden_by_policy";
        (void)audit_.write(entry);
        co_return printer::printer_failure{
            printer::printer_errc::forbidden,
            "Requests that change something at the printer's host are off until send_command_writes = true "
            "stands in policy.toml at the printer: they pass by every check of this agent."};
    }
    auto answered = co_await inner_->ask(std::move(what));
    entry.outcome = answered ? std::to_string(answered->status)
                             : std::string(printer::row_of(answered.error().code).name);
    (void)audit_.write(entry);
    co_return answered;
}

} // namespace layerline::agent
