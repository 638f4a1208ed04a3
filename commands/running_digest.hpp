// SHA-256 of bytes as they go by.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace layerline::commands {

class running_digest {
public:
    running_digest();
    void take(const void* bytes, std::size_t count);
    // 64 lower-case digits; once. None if OpenSSL failed.
    std::optional<std::string> hex();

private:
    struct closer {
        void operator()(void* context) const;
    };
    std::unique_ptr<void, closer> context_; // an EVP_MD_CTX
    bool good_ = false;
};

} // namespace layerline::commands
