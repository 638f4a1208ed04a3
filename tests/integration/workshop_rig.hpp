// A real workshop on loopback, with a token, and its children to be stopped or killed.
#pragma once

#include "program.hpp"
#include "web.hpp"

#include <optional>
#include <string>
#include <vector>

namespace layerline::tests {

class workshop_rig {
public:
    // `toml` is its workshop.toml, `program` the workshop itself.
    explicit workshop_rig(const std::string& toml = {},
                          std::filesystem::path program = program_path("layerline-workshop"));

    void start();
    web_answer ask(const std::string& method, const std::string& target, const std::string& body = {},
                   const std::string& content_type = {}) const;
    // The id of an upload with these bytes; fails the test if it is refused.
    std::string upload(const std::string& bytes) const;
    // The id of an operation that was accepted.
    std::string begin(const std::string& operation, const nlohmann::json& parameters) const;
    // How it stands once it is over; fails the test after `patience`.
    nlohmann::json over(const std::string& id, seconds patience = seconds(60)) const;
    // Both: the answer's first code, the operation's.
    static int code_of(const web_answer& answer);
    static int code_of(const nlohmann::json& operation);
    // The processes that the service runs now.
    std::vector<pid_t> children() const;
    // Until there is one; its pid.
    pid_t wait_for_child(seconds patience = seconds(20)) const;

    std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
    std::string make_token(const std::string& scopes, const std::vector<std::string>& more = {}) const;
    std::string token, url, metrics;
    std::optional<program> service;

private:
    temp_folder folder_;
    std::filesystem::path program_;
};

} // namespace layerline::tests
