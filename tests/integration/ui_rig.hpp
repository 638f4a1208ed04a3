// The real relay in host mode, an agent with a fake local UI on its list, and a token that may see it.
#pragma once

#include "faulty_way.hpp"
#include "rig.hpp"
#include "tests/fakes/fake_ui.hpp"
#include "transport/exchange.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>

namespace layerline::tests {

// An Authorization field with the token as the password.
std::string basic(const std::string& token);

// Lets the next start of the agent show the UI at `url`, under a policy of the owner's that allows it.
void allow_ui(rig& at, const std::string& url,
              const std::string& policy = "forbidden_scopes = [\"console\"]\n");

class ui_rig {
public:
    explicit ui_rig(const std::string& policy = "forbidden_scopes = [\"console\"]\n");

    std::string port() const { return std::to_string(at.port_of(at.relay_url())); }
    std::string host(const std::string& label) const { return label + ".print.test:" + port(); }
    std::string host() const { return host(at.agent_id()); }
    std::string origin() const { return "http://" + host(); }

    web_request request(const std::string& path, const std::string& method = "GET") const;
    // Bytes of our own to the relay, with one line for each of the fields.
    std::string raw(const std::string& request_line, const std::string& fields) const;
    transport::request_head head(const std::string& path) const;
    std::shared_ptr<transport::requester> client();

    rig at;
    std::unique_ptr<fakes::fake_ui> ui = std::make_unique<fakes::fake_ui>();
    std::unique_ptr<faulty_way> way; // that the tunnel goes
    std::string token;
    boost::asio::io_context context{1};
};

// Open descriptors of a running program.
std::size_t descriptors_of(const program& one);

} // namespace layerline::tests
