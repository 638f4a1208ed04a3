#include "cli/file_digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <memory>
#include <string_view>

namespace layerline::cli {

std::optional<std::string> sha256_of_file(const std::filesystem::path& file)
{
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) return std::nullopt;
    std::ifstream in(file, std::ios::binary);
    std::array<char, 64UL * 1024> block{};
    while (in) {
        in.read(block.data(), block.size());
        if (EVP_DigestUpdate(context.get(), block.data(), static_cast<std::size_t>(in.gcount())) != 1)
            return std::nullopt;
    }
    std::array<unsigned char, 32> digest{};
    if (!in.eof() || EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) return std::nullopt;
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (const auto byte : digest) {
        hex += digits[byte >> 4U];
        hex += digits[byte & 15U];
    }
    return hex;
}

} // namespace layerline::cli
