// Random numbers, digests and comparison over OpenSSL 3.
#include "access/crypto.hpp"

#include <cstdlib>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

namespace layerline::access {

bool random_bytes(std::span<unsigned char> into)
{
    return RAND_priv_bytes(into.data(), static_cast<int>(into.size())) == 1;
}

// Found once: EVP_sha256() is looked up anew by each use of it.
static const EVP_MD* sha256_method()
{
    static const EVP_MD* const found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return found != nullptr ? found : EVP_sha256();
}

digest sha256(std::string_view bytes)
{
    digest out{};
    unsigned size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, sha256_method(), nullptr) != 1 ||
        size != out.size())
        std::abort();
    return out;
}

bool constant_time_equal(std::span<const unsigned char> a, std::span<const unsigned char> b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace layerline::access
