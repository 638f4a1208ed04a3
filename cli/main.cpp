// layerline: a printer from a terminal or a script.
#include "cli/commands.hpp"
#include "cli/doctor_probe.hpp"
#include "cli/doctor_report.hpp"
#include "cli/exit_code.hpp"
#include "cli/model_program.hpp"
#include "cli/settings.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <csignal>
#include <cstdlib>
#include <iostream>

namespace {

using namespace layerline::cli; // NOLINT(google-build-using-namespace)

std::string exit_code_words()
{
    std::string words = "Exit codes:\n";
    for (const auto& row : exit_table())
        words += "  " + std::to_string(static_cast<int>(row.code)) + "\t" + std::string(row.text) + "\n";
    return words;
}

std::optional<std::chrono::milliseconds> seconds_of(double value)
{
    if (value <= 0) return std::nullopt;
    return std::chrono::milliseconds(static_cast<long long>(value * 1000));
}

layerline::transport::task<void> run(api& far, command_line asked, exit_code& code)
{
    code = co_await run_command(far, std::move(asked));
}

layerline::transport::task<void> examine(layerline::transport::net::io_context& context, doctor_options asked,
                                         bool json, exit_code& code)
{
    const auto seen = co_await look_around(context, std::move(asked));
    const auto found = diagnose(seen);
    std::cout << (json ? doctor_json(found) + "\n" : doctor_words(found));
    code = exit_of(found);
}

struct options {
    flags where;
    command_line asked;
    doctor_options doctor;
    double timeout_s = 0, wait_s = 0;
};

void add_terms(CLI::App& verb, options& all)
{
    auto& terms = all.asked.terms;
    verb.add_option("--timeout", all.timeout_s,
                    "seconds that the command may take; it does nothing when they are over");
    verb.add_option("--if-state", terms.expected_state, "do nothing unless the printer is in this state");
    verb.add_option("--if-job", terms.expected_job, "do nothing unless this is the job");
    verb.add_option("--key", terms.key, "idempotency key: a second call with it does nothing");
}

void add_wait(CLI::App& verb, options& all)
{
    verb.add_option("--wait", all.wait_s, "wait at most this many seconds until it has happened");
}

// Those of hand_verbs.hpp.
void add_hand_verbs(CLI::App& program, options& all)
{
    auto& asked = all.asked;
    const auto verb = [&asked](CLI::App& under, const char* name, const char* called, const char* what) {
        auto* added = under.add_subcommand(name, what);
        added->callback([&asked, called] { asked.verb = called; });
        return added;
    };
    auto* macro = verb(program, "macro", "macro", "run one of the printer's macros, or list them");
    macro->add_option("name", asked.name, "which (default: list them)");
    macro->add_option("parameters", asked.words, "NAME=value ...");
    auto* console = verb(program, "console", "console",
                         "send one line of G-code and show the answer, or show what the printer said");
    console->add_option("line", asked.words, "such as M115 (default: show the last lines)");
    auto* cameras = program.add_subcommand("camera", "the printer's cameras");
    cameras->require_subcommand(1);
    verb(*cameras, "list", "camera list", "list the cameras");
    auto* picture = verb(*cameras, "snapshot", "camera snapshot", "take a picture");
    picture->add_option("-o,--output", asked.local, "file to put it into, - for stdout")->required();
    picture->add_option("--camera", asked.name, "its name (default: the default camera)");
    auto* told = verb(program, "events", "events", "show every event of the printer as it comes");
    auto* prompts = program.add_subcommand("prompt", "what the printer asks");
    prompts->require_subcommand(1);
    verb(*prompts, "show", "prompt show", "show the question and its choices");
    auto* answer = verb(*prompts, "answer", "prompt answer", "answer it");
    answer->add_option("choice", asked.choice, "which of the choices, from 0")->required();
    for (auto* with_terms : {macro, console, answer})
        add_terms(*with_terms, all);
    add_wait(*told, all);
}

void add_verbs(CLI::App& program, options& all)
{
    auto& asked = all.asked;
    const auto verb = [&](const char* name, const char* what) {
        auto* added = program.add_subcommand(name, what);
        added->callback([&asked, name] { asked.verb = name; });
        return added;
    };
    verb("ping", "ask whether the agent answers");
    verb("status", "what the printer does");
    verb("capabilities", "what this printer and agent can do, as JSON");
    auto* pause = verb("pause", "pause the job");
    pause->add_flag("--no-park", asked.no_park, "leave the head where it is");
    auto* resume = verb("resume", "go on with a paused job");
    auto* cancel = verb("cancel", "end the job and switch the heaters off");
    auto* start = verb("start", "print a file that the printer has");
    start->add_option("file", asked.path, "its path, such as cube.gcode, folder/cube.gcode or card/CUBE.GCO")
        ->required();
    auto* upload = verb("upload", "send a file to the printer");
    upload->add_option("file", asked.local, "a G-code file here")->required();
    upload->add_option("path", asked.path, "where to put it (default: its own name)");
    upload->add_flag("--print", asked.print, "start it afterwards");
    auto* print = verb("print", "slice a model in the workshop and print it");
    print->add_option("model", asked.local, "a model's file here: STL, OBJ, PLY, OFF, 3MF …")->required();
    print->add_option("name", asked.path, "what the printer's file is called (default: the model's name)");
    print->add_option("--profile", asked.profile, "the printer's profile, such as ender-3")->required();
    print->add_option("--material", asked.material, "its profile")->capture_default_str();
    print->add_option("--quality", asked.quality, "its profile")->capture_default_str();
    print->add_option("--set", asked.words, "SECTION.FIELD=VALUE of a slice request, above the profiles");
    print->add_flag("--no-start", asked.no_start, "the printer gets the file and does not begin");
    auto* files = verb("files", "list the files");
    files->add_option("path", asked.path, "a folder");
    verb("card", "list the files of the printer's own card; start prints one by its card/ path")
        ->add_option("--offset", asked.offset, "leave out so many")
        ->check(CLI::Range(0, 1'000'000));
    auto* download = verb("download", "fetch a file");
    download->add_option("file", asked.path)->required();
    download->add_option("into", asked.local, "where to, - for stdout (default: its own name)");
    auto* removal = verb("delete", "delete a file");
    removal->add_option("file", asked.path, "a file, or a folder")->required();
    removal->add_flag("--recursive", asked.whole, "a folder with all that is in it");
    verb("mkdir", "make a folder")->add_option("folder", asked.path)->required();
    auto* moving = verb("move", "give a file or a folder another name or place");
    moving->add_option("file", asked.path)->required();
    moving->add_option("to", asked.into)->required();
    auto* queue = verb("queue", "list the jobs that wait, or change their queue");
    queue->add_option("action", asked.action, "list, add, remove, move, pause, resume or start-next")
        ->check(CLI::IsMember({"list", "add", "remove", "move", "pause", "resume", "start-next"}));
    queue->add_option("what", asked.name, "add: a file of the printer; remove, move: an entry such as q-3");
    queue->add_option("position", asked.position, "add, move: from 0, the next to start")
        ->check(CLI::Range(0, 1000));
    for (auto* begins : {start, upload, print, queue})
        begins->add_flag("--bed-clear", asked.bed_clear, "I have seen that the bed is clear");
    verb("history", "list past jobs")
        ->add_option("--limit", asked.limit, "how many (default: 20)")
        ->check(CLI::Range(1, 100));
    auto* temps = verb("temps", "show temperatures, or set them");
    temps->add_option("--tool", asked.tool_c, "degrees C for the nozzle, 0 = off");
    temps->add_option("--tool-number", asked.tool, "which nozzle (default: 0)");
    temps->add_option("--bed", asked.bed_c, "degrees C for the bed, 0 = off");
    temps->add_option("--chamber", asked.chamber_c, "degrees C for the chamber, 0 = off");
    auto* home = verb("home", "home the axes");
    home->add_option("axes", asked.axes, "of xyz (default: all)");
    auto* watch = verb("watch", "follow the job until it ends");
    watch->add_flag("--forever", asked.forever, "go on after the job's end");
    auto* clear = verb("bed-clear", "confirm that the bed is clear for the next job");
    verb("emergency-stop", "halt the printer now; it needs a reset afterwards");
    add_hand_verbs(program, all);
    auto* doctor =
        verb("doctor", "look at every hop from here to the printer, and name what is wrong and its remedy");
    doctor->add_option("--state", all.doctor.state,
                       "the agent's state folder (default: " + std::string(usual_agent_state) +
                           " if it is there)");
    doctor->add_option("--print-host", all.doctor.print_host,
                       "the print host's socket (default: " + std::string(usual_print_host) +
                           " if it is there)");
    for (auto* with_terms : {pause, resume, cancel, start, upload, print, temps, home, clear, queue})
        add_terms(*with_terms, all);
    for (auto* waits : {pause, resume, cancel, start, upload, watch})
        add_wait(*waits, all);
}

} // namespace

int main(int argc, char** argv)
{
    if (asks_for_model(argc, argv)) return become_workshop(argc, argv);
    options all;
    CLI::App program{"layerline: a 3D printer from a terminal or a script"};
    program.set_version_flag("--version", std::string(LAYERLINE_VERSION));
    program.add_option("--url", all.where.url,
                       "agent or relay (LAYERLINE_URL; default: http://127.0.0.1:8481)");
    program.add_option("--token", all.where.token,
                       "better kept in LAYERLINE_TOKEN or ~/.config/layerline/cli.toml");
    program.add_option("--printer", all.where.printer,
                       "agent id of a printer behind a relay (LAYERLINE_PRINTER)");
    program.add_option("--ca-file", all.where.ca_file,
                       "certificates to trust (LAYERLINE_CA_FILE; default: the system's)");
    program.add_option("--config", all.where.config, "instead of ~/.config/layerline/cli.toml");
    program.add_flag("--allow-insecure", all.where.allow_insecure,
                     "http:// to other machines: the token is readable on the way");
    program.add_flag("--json", all.asked.json, "print the API's JSON");
    program.add_flag("-q,--quiet", all.asked.quiet, "no progress");
    program.footer("model analyse|repair|reduce|scale|thumbnail|convert FILE ... works on a model's file "
                   "here, with layerline-workshop.\n" +
                   exit_code_words());
    program.require_subcommand(1);
    program.fallthrough();
    add_verbs(program, all);
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& fault) {
        return program.exit(fault) == 0 ? 0 : static_cast<int>(exit_code::usage);
    }
    all.asked.terms.time = seconds_of(all.timeout_s);
    all.asked.wait = seconds_of(all.wait_s);

    // One thread: the environment is not changed while it is read.
    const auto environment = [](const char* name) -> const char* {
        return std::getenv(name); // NOLINT(concurrency-mt-unsafe): before there is a second thread
    };                            // NOLINT(concurrency-mt-unsafe)
    auto found = resolve(all.where, environment);
    if (const auto* fault = std::get_if<settings_fault>(&found)) {
        std::cerr << "layerline: " << fault->text << "\n";
        return static_cast<int>(exit_code::usage);
    }
    std::signal(SIGPIPE, SIG_IGN);
    layerline::transport::net::io_context context(1);
    api far(context, std::get<settings>(found));
    exit_code code = exit_code::failed;
    // Ends with the command: connections that are kept for a next one do not hold it up.
    const auto ended = [&context](const std::exception_ptr& fault) {
        if (fault) std::cerr << "layerline: an unexpected fault ended the command\n";
        context.stop();
    };
    if (all.asked.verb == "doctor") {
        all.doctor.where = std::get<settings>(found);
        auto examination = examine(context, std::move(all.doctor), all.asked.json, code);
        layerline::transport::net::co_spawn(context, std::move(examination), ended);
    } else {
        auto command = run(far, std::move(all.asked), code);
        layerline::transport::net::co_spawn(context, std::move(command), ended);
    }
    context.run();
    return static_cast<int>(code);
}
