// The files of a fake Moonraker, with its HTTP API's answers: those of its web framework too, which says
// "Bad Request" and "Forbidden" where the API's own words would say more.
#pragma once

#include "transport/exchange.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace layerline::fakes {

class fake_moonraker_files {
public:
    struct file {
        std::string content;
        nlohmann::json metadata = nullptr; // null: Moonraker has not looked into it
        double modified = 1795288070.0045612;
    };
    std::map<std::string, file> files; // "folder/name.gcode"
    std::set<std::string> folders;     // "folder", beside those that files need
    std::string in_use;                // the file that is being printed
    std::string spoils;                // uploads arrive with this in place of what was sent
    std::size_t largest_upload = std::size_t{1} << 30U;
    // What the last upload said.
    std::map<std::string, std::string> form;

    // Answers what is under /server/files/; false when the path is another.
    transport::task<bool> serve(transport::exchange& call);

private:
    struct reply {
        unsigned status = 200;
        std::string body;
        transport::fields headers = {};
    };
    static reply refusal(unsigned status, const std::string& message);
    reply directory(const std::string& path) const;
    reply content(const std::string& path, const transport::request_head& asked) const;
    reply remove(const std::string& path);
    reply make_folder(const std::string& path);
    reply remove_folder(const std::string& path, bool force);
    reply move(const std::string& from, const std::string& to);
    reply keep(const std::string& content_type, const std::string& body);
    bool has_folder(const std::string& path) const;
};

} // namespace layerline::fakes
