// The shelf of uploads that come in parts: a folder with a part file and a small record for each. What is on
// it survives the agent; what is given up is cleaned away. Blocking calls, all on one disk thread.
#pragma once

#include "commands/descriptor.hpp"
#include "commands/reply.hpp"
#include "commands/running_digest.hpp"
#include "commands/upload_plan.hpp"
#include "printer/printer_error.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace layerline::commands {

// What is told of an upload.
struct upload_facts {
    std::string id, path;
    std::uint64_t bytes = 0, have = 0;
    bool done = false;
    bool with_sha256 = false;
    bool at_once = true;          // put in its place with the last byte
    std::chrono::seconds idle{0}; // since its last byte, as far as this agent saw
};

// How a call went; `now` is also told beside a failure.
struct upload_answer {
    std::optional<upload_facts> now;
    std::optional<failure> why;
};

class upload_shelf {
public:
    using time_point = std::chrono::steady_clock::time_point;

    // Opens the folder, makes it (0750) if need be, reads the records and removes what belongs to none.
    static printer::printer_result<std::unique_ptr<upload_shelf>> open(std::filesystem::path folder,
                                                                       upload_limits limits, time_point now);

    // A new upload of `bytes` bytes; `wish` has no id yet.
    upload_answer create(upload_record wish, time_point now);
    upload_answer look(const std::string& id, time_point now) const;
    std::vector<upload_facts> list(time_point now) const;

    // A part begins at `offset`: from now on only this turn may append. A wrong offset is 409, with the right
    // one in the facts.
    struct part {
        std::uint64_t turn = 0;
        upload_answer said;
    };
    part begin(const std::string& id, std::uint64_t offset, std::optional<std::uint64_t> told,
               time_point now);
    // The turn's next bytes. Refused when a later turn began, or past the upload's end.
    upload_answer append(const std::string& id, std::uint64_t turn, std::span<const char> bytes,
                         time_point now);
    // The turn's last byte was here, or it broke off: what came is made safe.
    upload_answer end(const std::string& id, std::uint64_t turn, time_point now);

    // The last byte is here, and the SHA-256 (of `sha256`, or told before) is right: the file, which nothing
    // changes until finish(). A wrong SHA-256 drops the upload.
    struct whole {
        std::shared_ptr<const descriptor> file;
        std::string path;
        std::uint64_t bytes = 0;
        upload_answer said;
    };
    whole check(const std::string& id, const std::string& sha256, time_point now);
    // After check(): it is in its place, or could not be put there.
    upload_answer finish(const std::string& id, bool in_place, time_point now);

    upload_answer drop(const std::string& id, time_point now);
    // Drops what has had no byte for too long; gives how many.
    std::size_t expire(time_point now);

private:
    struct entry {
        upload_record record;
        std::shared_ptr<descriptor> file; // open unless it is done
        std::uint64_t have = 0;
        std::uint64_t turn = 0;
        bool placing = false; // between check() and finish()
        time_point touched;
        std::optional<running_digest> digest; // of all bytes so far, if this agent saw all of them
        std::string computed;                 // of the whole file, once that is known
    };

    upload_shelf(std::filesystem::path folder, upload_limits limits);
    printer::printer_result<void> load(time_point now);
    std::filesystem::path record_file(const std::string& id) const { return folder_ / (id + ".json"); }
    std::filesystem::path part_file(const std::string& id) const { return folder_ / (id + ".part"); }
    // Whether the record and its part file are good.
    bool load_one(const std::filesystem::path& file, const std::string& id, time_point now);
    std::optional<failure> keep(const entry& one) const;
    std::optional<failure> sync(entry& one) const;
    std::optional<failure> digest_of(entry& one) const;
    void remove(const std::string& id);
    void forget_oldest_done();
    static upload_facts facts_of(const entry& one, time_point now);

    std::filesystem::path folder_;
    upload_limits limits_;
    descriptor place_; // the folder
    std::map<std::string, entry> all_;
};

} // namespace layerline::commands
