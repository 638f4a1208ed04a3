// One print from a model: what is asked of the workshop and the printer in turn, and what their answers make
// of it. Pure: bodies in, the next step out; who carries them is model_printer.
#pragma once

#include "printer/printer_action.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::commands {

inline constexpr std::size_t max_print_notes = 32, max_print_note_bytes = 512;

struct model_wish {
    std::string file_id;                    // in the workshop, of the same principal
    std::string printer, material, quality; // profiles
    std::string settings;                   // an object as JSON text; empty: none
    std::string path;                       // virtual, of the G-code
    bool start = true, bed_clear = false;
};

enum class print_stage : std::uint8_t {
    requested, // the profiles make a request
    slicing,
    sending,  // the G-code, into the printer's files
    starting, // the printer was asked
    started,
    sent, // as `started`, where no start was wished
    failed,
    cancelled
};
std::string_view name_of(print_stage stage);
// Whether it may become a part of an address.
bool is_slice_id(std::string_view text);

// Why it failed. `status` is the Slice API's where the workshop refused (602), else the Plugin API's.
struct print_fault {
    int status = 0;
    std::string text;
};

class model_print {
public:
    model_print(std::string id, model_wish wish);

    // What POST /slices/v1/requests takes.
    std::string profile_request() const;
    // Its answer: what POST /slices/v1 takes, with no temperature above what the printer may be heated to
    // from afar. Nothing: it has failed.
    std::optional<std::string> request_made(unsigned http, std::string_view body,
                                            const printer::link_capabilities& can);
    // The answer of POST /slices/v1; false: it has failed.
    bool slice_begun(unsigned http, std::string_view body);
    // How GET /slices/v1/ID says that it stands. True: it is over, well (then the stage is `sending`) or not.
    bool slice_told(unsigned http, std::string_view body);
    // The answer of GET …/result, with its length if it was told; false: it has failed.
    bool result_opened(unsigned http, std::optional<std::uint64_t> bytes, std::uint64_t most_bytes);
    void sending(std::uint64_t done);
    // The file is in its place. True: it is to be started now.
    bool stored();
    void started(std::string job);
    void fail(int status, std::string text);
    // Why it cannot be cancelled, or nothing: then it is.
    std::optional<std::string> cancel();

    bool over() const;
    print_stage stage() const { return stage_; }
    const model_wish& wish() const { return wish_; }
    const std::string& id() const { return id_; }
    const std::string& slice() const { return slice_; } // its id in the workshop; empty before
    const std::optional<print_fault>& fault() const { return fault_; }
    // As model/print/state tells it.
    nlohmann::json told() const;

    // All that there is to know of it, to be kept on a disk; and back: nothing where that is damaged.
    nlohmann::json record() const;
    static std::optional<model_print> from_record(const nlohmann::json& kept);
    // Whoever carried it ended and has begun anew. It goes on from where it was, but nothing is started any
    // more: nobody may be near the printer by now (the file is stored, and a note says so). A start that was
    // under way stays `starting` until someone has looked at the printer.
    void carried_anew();

private:
    void refused(unsigned http, const nlohmann::json& answer);
    void note(std::string text);
    void enter(print_stage next);

    std::string id_;
    model_wish wish_;
    print_stage stage_ = print_stage::requested;
    double share_ = 0; // of the stage, 0..1
    std::optional<std::uint64_t> bytes_;
    std::string slice_, job_;
    std::vector<std::string> notes_;
    std::optional<print_fault> fault_;
};

} // namespace layerline::commands
