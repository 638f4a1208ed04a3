// TLS settings of both sides, and the words for a certificate that was not trusted.
#pragma once

#include "transport/http_server.hpp"

#include <boost/asio/ssl/context.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace layerline::transport {

// TLS 1.2 at least; the error says what is wrong with the files.
result<std::shared_ptr<net::ssl::context>> server_tls(const tls_files& files);

// Trusts the CA file alone, or the system's store if none is named. errc::certificate_refused if the file
// cannot be used.
result<std::shared_ptr<net::ssl::context>> client_tls(const std::filesystem::path& ca_file);

// After the handshake of the only connection that the context was made for: frees the authorities, of which
// the system has a megabyte.
void forget_authorities(net::ssl::context& context);

// Before a client's handshake: the name (or numeric address) that the certificate has to carry, and SNI.
bool expect_host(SSL* tls, const std::string& host);

// After a failed handshake: why the certificate was refused; empty if it was not.
std::string refused_certificate(SSL* tls);

} // namespace layerline::transport
