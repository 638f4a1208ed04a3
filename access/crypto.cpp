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

digest sha256(std::string_view bytes)
{
    digest out{};
    unsigned size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, EVP_sha256(), nullptr) != 1 ||
        size != out.size())
        std::abort();
    return out;
}

bool constant_time_equal(std::span<const unsigned char> a, std::span<const unsigned char> b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace layerline::access
