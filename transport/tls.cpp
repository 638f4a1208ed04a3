// OpenSSL's settings.
#include "transport/tls.hpp"

#include "transport/error.hpp"

#include <boost/asio/ip/address.hpp>

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <spdlog/spdlog.h>

namespace layerline::transport {

namespace ssl = net::ssl;

namespace {

void common(ssl::context& context)
{
    SSL_CTX* raw = context.native_handle();
    SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
    SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // Whoever comes back brings a ticket; what we keep of sessions would be kept in vain.
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
}

} // namespace

result<std::shared_ptr<ssl::context>> server_tls(const tls_files& files)
{
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    common(*context);
    error_code ec;
    context->use_certificate_chain_file(files.certificate_chain.string(), ec);
    if (ec) {
        spdlog::error("certificate {}: {}", files.certificate_chain.string(), ec.message());
        return ec;
    }
    context->use_private_key_file(files.private_key.string(), ssl::context::pem, ec);
    if (!ec && SSL_CTX_check_private_key(context->native_handle()) != 1)
        ec = error_code(static_cast<int>(ERR_get_error()), net::error::get_ssl_category());
    if (ec) {
        spdlog::error("private key {}: {}", files.private_key.string(), ec.message());
        return ec;
    }
    return context;
}

result<std::shared_ptr<ssl::context>> client_tls(const std::filesystem::path& ca_file)
{
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    common(*context);
    error_code ec;
    if (ca_file.empty())
        context->set_default_verify_paths(ec);
    else
        context->load_verify_file(ca_file.string(), ec);
    if (ec) {
        spdlog::error("trusted certificates {}: {}", ca_file.string(), ec.message());
        return make_error_code(errc::certificate_refused);
    }
    context->set_verify_mode(ssl::verify_peer);
    return context;
}

void forget_authorities(ssl::context& context)
{
    if (X509_STORE* empty = X509_STORE_new()) SSL_CTX_set_cert_store(context.native_handle(), empty);
}

bool expect_host(SSL* tls, const std::string& host)
{
    X509_VERIFY_PARAM* param = SSL_get0_param(tls);
    error_code not_numeric;
    const auto address = net::ip::make_address(host, not_numeric);
    if (!not_numeric) return X509_VERIFY_PARAM_set1_ip_asc(param, address.to_string().c_str()) == 1;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(param, host.c_str(), host.size()) == 1 &&
           SSL_set_tlsext_host_name(tls, host.c_str()) == 1;
}

std::string refused_certificate(SSL* tls)
{
    const long verdict = SSL_get_verify_result(tls);
    return verdict == X509_V_OK ? std::string{} : X509_verify_cert_error_string(verdict);
}

} // namespace layerline::transport
