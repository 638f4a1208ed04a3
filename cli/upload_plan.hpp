// An upload in parts as the command line drives it: what to do after each answer. Pure.
#pragma once

#include "cli/answer.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace layerline::cli {

// What may come next.
enum class upload_step : std::uint8_t {
    create, // begin it
    send,   // the bytes from offset() on
    commit, // they are all there: have the file put in its place
    look,   // ask how far it has come, after delay()
    whole,  // the agent knows nothing of parts: send the file in one piece
    end,    // over: said() tells how
};

class upload_plan {
public:
    // `patience`: how long to go on without a byte of progress.
    upload_plan(std::uint64_t bytes, std::chrono::seconds patience);

    upload_step next() const { return next_; }
    const std::string& id() const { return id_; }
    std::uint64_t offset() const { return offset_; }
    std::chrono::milliseconds delay() const;
    const verdict& said() const { return said_; }

    // The answer to what next() said.
    void answered(verdict said, std::chrono::steady_clock::time_point now);

private:
    void stands(const verdict& said, std::chrono::steady_clock::time_point now);
    void broke(verdict said, std::chrono::steady_clock::time_point now);
    void over(verdict said);

    std::uint64_t bytes_, offset_ = 0;
    std::chrono::seconds patience_;
    std::string id_;
    upload_step next_ = upload_step::create;
    int failures_ = 0; // since the last progress
    std::optional<std::chrono::steady_clock::time_point> stuck_since_;
    verdict said_;
};

} // namespace layerline::cli
