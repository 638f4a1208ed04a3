#include "commands/running_digest.hpp"

#include "access/crypto.hpp"
#include "access/hex.hpp"

#include <openssl/evp.h>

namespace layerline::commands {

namespace {

EVP_MD_CTX* of(void* context)
{
    return static_cast<EVP_MD_CTX*>(context);
}

} // namespace

void running_digest::closer::operator()(void* context) const
{
    EVP_MD_CTX_free(of(context));
}

running_digest::running_digest() : context_(EVP_MD_CTX_new())
{
    good_ = context_ && EVP_DigestInit_ex(of(context_.get()), EVP_sha256(), nullptr) == 1;
}

void running_digest::take(const void* bytes, std::size_t count)
{
    good_ = good_ && EVP_DigestUpdate(of(context_.get()), bytes, count) == 1;
}

std::optional<std::string> running_digest::hex()
{
    access::digest out{};
    if (!good_ || EVP_DigestFinal_ex(of(context_.get()), out.data(), nullptr) != 1) return std::nullopt;
    good_ = false;
    return access::to_hex(out);
}

} // namespace layerline::commands
