// What strangers write in headers and fields: credentials, codes, scopes, names, addresses.
#include "access/base32.hpp"
#include "access/base64.hpp"
#include "access/hex.hpp"
#include "access/limits.hpp"
#include "access/pairing.hpp"
#include "access/printable.hpp"
#include "access/scope.hpp"
#include "access/token_service.hpp"

#include <cstdlib>

using namespace layerline::access;

namespace {

void must(bool good)
{
    if (!good) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto secret = secret_from_authorization(text)) must(is_printable_ascii(*secret, 256));
    if (const auto code = normalise_pairing_code(text)) must(normalise_pairing_code(*code) == code);
    if (const auto scopes = parse_scopes(text)) must(parse_scopes(to_string(*scopes)) == scopes);
    if (const auto bytes = from_base64url(text)) must(to_base64url(*bytes) == text);
    if (const auto bytes = from_base32(text)) must(to_base32(*bytes) == text);
    if (const auto bytes = from_hex(text)) must(from_hex(to_hex(*bytes)) == bytes);
    (void)from_base64(text);
    if (is_printable_name(text)) must(text.size() <= 256);
    must(address_key(text).size() <= 64);
    return 0;
}
