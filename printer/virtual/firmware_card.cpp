// Prints from the printer's own card, by commands and by the panel's buttons.
#include "printer/virtual/firmware_impl.hpp"

namespace layerline::printer::virtual_printer {

// The next line of the card's file, when nothing else is to be done.
bool firmware::impl::feed_from_card()
{
    if (!inserted.printing || !queue.empty()) return false;
    if (auto line = inserted.next()) {
        queue.push_back({std::move(*line), std::nullopt, false, true});
        return true;
    }
    if (!planner.idle()) return false; // its last moves
    inserted.printing = false;
    say("Done printing file");
    return true;
}

void firmware::impl::end_card_print()
{
    inserted.printing = false;
    inserted.rewind();
    heaters_off();
}

void firmware::impl::press(panel_button which)
{
    switch (which) {
    case panel_button::start:
        if (!inserted.present() || inserted.printing) return;
        inserted.choose_first();
        say("echo:enqueueing \"M23 " + inserted.short_name() + "\"");
        say("echo:Now fresh file: " + inserted.short_name());
        say("File opened: " + inserted.short_name() + " Size: " + std::to_string(inserted.size()));
        say("File selected");
        say("echo:enqueueing \"M24\"");
        if (settings.prompts) say("//action:resume");
        inserted.printing = true;
        return;
    case panel_button::pause:
        if (!inserted.printing) return;
        inserted.printing = false;
        if (settings.prompts) say("//action:paused");
        return;
    case panel_button::resume:
        if (!inserted.chosen() || inserted.printing) return;
        inserted.printing = true;
        if (settings.prompts) say("//action:resumed");
        return;
    case panel_button::cancel:
        end_card_print();
        if (settings.prompts) say("//action:cancel");
        return;
    case panel_button::click:
        emergency_now({emergency::kind::continue_on});
        return;
    }
}

bool firmware::impl::begin_card(const command& read)
{
    if (read.letter() != 'M' || !inserted.present()) return false;
    switch (read.code()) {
    case 20:
        say("Begin file list");
        for (const auto& line : inserted.entries(read.seen('L')))
            say(line);
        say("End file list");
        return true;
    case 21:
        say("echo:SD card ok");
        return true;
    case 23: {
        const std::string name(read.argument());
        say("echo:Now fresh file: " + name);
        if (!inserted.choose(name)) {
            say("open failed, File: " + name + ".");
            return true;
        }
        say("File opened: " + inserted.short_name() + " Size: " + std::to_string(inserted.size()));
        say("File selected");
        return true;
    }
    case 24:
        if (inserted.chosen()) {
            if (settings.prompts) say("//action:resume");
            inserted.printing = true;
        }
        return true;
    case 25:
        if (inserted.printing && settings.prompts) say("//action:paused");
        inserted.printing = false;
        return true;
    case 26:
        if (read.value('S').value_or(0) == 0) inserted.rewind();
        return true;
    case 27:
        if (read.seen('C') && settings.family == firmware_family::marlin)
            say("Current file: " +
                (inserted.chosen() ? inserted.short_name() + " " + inserted.long_name() : "(no file)"));
        else if (inserted.printing)
            say("SD printing byte " + std::to_string(inserted.position()) + "/" +
                std::to_string(inserted.size()));
        else
            say("Not SD printing");
        return true;
    case 524:
        if (settings.family != firmware_family::marlin) return false;
        end_card_print();
        return true;
    default:
        return false;
    }
}

} // namespace layerline::printer::virtual_printer
