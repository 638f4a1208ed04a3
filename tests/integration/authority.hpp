// Certificates as an owner makes them with openssl: an authority, and what it signs for a relay.
#pragma once

#include "program.hpp"

#include <string>

namespace layerline::tests {

class authority {
public:
    authority();

    // A certificate for `names` ("IP:127.0.0.1,DNS:localhost") that ends in `days`; -1: it ended yesterday.
    void sign(const std::string& names, int days = 2);

    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
    // relay.toml with the certificate; agent.toml's [relay] that trusts it.
    std::string relay_toml() const;
    std::string agent_relay() const { return "ca_file = \"" + path("ca.pem") + "\"\n"; }

private:
    temp_folder folder_;
};

} // namespace layerline::tests
