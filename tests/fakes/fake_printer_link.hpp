// A printer that does what the test says: its state is set, its answers are scripted, its orders are kept.
#pragma once

#include "printer/printer_link.hpp"
#include "tests/fakes/event_flag.hpp"
#include "transport/error.hpp"

#include <functional>
#include <vector>

namespace layerline::fakes {

class fake_printer_link final : public printer::printer_link {
public:
    struct order {
        printer::action what;
        printer::terms how;
    };
    std::vector<order> orders; // in the order they came
    printer::link_capabilities can;
    printer::printer_extras* more = nullptr; // what extras() gives; by default a printer without any
    // What perform() gives; by default a bare success.
    std::function<printer::printer_result<printer::performed>(const order&)> answers;
    int waiting = 0; // how many wait in changed()
    event_flag waiting_changed;

    // Sets the state; its sequence grows by one.
    void become(printer::printer_state next)
    {
        next.sequence = state_.sequence + 1;
        state_ = std::move(next);
        bell_.ring();
    }

    transport::task<void> run() override
    {
        co_await bell_.until([this] { return stopped_; });
    }
    void stop() override
    {
        stopped_ = true;
        bell_.ring();
    }
    printer::printer_state state() const override { return state_; }
    transport::task<transport::result<void>> changed(std::uint64_t since) override
    {
        struct counted {
            fake_printer_link& link;
            explicit counted(fake_printer_link& l) : link(l)
            {
                ++link.waiting;
                link.waiting_changed.ring();
            }
            ~counted() { --link.waiting; }
        };
        const counted here(*this);
        co_await bell_.until([this, since] { return stopped_ || state_.sequence != since; });
        if (stopped_) co_return make_error_code(transport::errc::shutting_down);
        co_return transport::result<void>();
    }
    transport::task<printer::printer_result<printer::performed>> perform(printer::action what,
                                                                         printer::terms how) override
    {
        orders.push_back({std::move(what), std::move(how)});
        if (answers) co_return answers(orders.back());
        co_return printer::performed{};
    }
    printer::link_capabilities capabilities() const override { return can; }
    printer::printer_extras& extras() override { return more ? *more : printer::printer_link::extras(); }

private:
    printer::printer_state state_;
    bool stopped_ = false;
    event_flag bell_;
};

} // namespace layerline::fakes
