#include "authority.hpp"

#include <catch2/catch.hpp>

namespace layerline::tests {

namespace {

void openssl(std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), "openssl");
    const auto done = run(std::move(arguments));
    INFO(done.output);
    REQUIRE(done.exit_code == 0);
}

} // namespace

authority::authority()
{
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=A workshop's authority", "-keyout", path("ca.key"), "-out", path("ca.pem")});
}

void authority::sign(const std::string& names, int days)
{
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=relay",
             "-addext", "subjectAltName=" + names, "-addext", "basicConstraints=critical,CA:FALSE", "-keyout",
             path("relay.key"), "-out", path("relay.csr")});
    openssl({"x509", "-req", "-in", path("relay.csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"),
             "-copy_extensions", "copy", "-days", std::to_string(days), "-out", path("relay.pem")});
}

std::string authority::relay_toml() const
{
    return "[listen]\ncertificate = \"" + path("relay.pem") + "\"\nprivate_key = \"" + path("relay.key") +
           "\"\n[limits]\nrequests_per_minute = 100000\n";
}

} // namespace layerline::tests
