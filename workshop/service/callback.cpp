#include "workshop/service/callback.hpp"

#include "access/hex.hpp"
#include "transport/dial_address.hpp"

#include <boost/asio/ip/address.hpp>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

namespace layerline::workshop {

namespace {

namespace ip = boost::asio::ip;

bool four_allowed(const ip::address_v4& at, bool local)
{
    const auto b = at.to_bytes();
    if (b[0] == 0 || b[0] >= 224) return false;   // "this network", multicast, reserved, broadcast
    if (b[0] == 169 && b[1] == 254) return false; // link-local: where clouds keep their credentials
    const bool inside = b[0] == 127 || b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0U) == 16) ||
                        (b[0] == 192 && b[1] == 168) || (b[0] == 100 && (b[1] & 0xc0U) == 64);
    return local || !inside;
}

} // namespace

bool is_callback_url(std::string_view url)
{
    if (!url.starts_with("http://") && !url.starts_with("https://")) return false;
    const bool plain = std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    return plain && transport::parse_address(url).has_value();
}

bool callback_address_allowed(const std::string& numeric, bool local)
{
    boost::system::error_code fault;
    const auto at = ip::make_address(numeric, fault);
    if (fault) return false;
    if (at.is_v4()) return four_allowed(at.to_v4(), local);
    const auto six = at.to_v6();
    if (six.is_unspecified() || six.is_multicast() || six.is_link_local()) return false;
    if (six.is_loopback()) return local;
    const auto b = six.to_bytes();
    if ((b[0] & 0xfeU) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0U) == 0xc0))
        return local; // unique and site local
    // IPv4 in IPv6's clothes: mapped, compatible, and what a translator makes of it (64:ff9b::/96).
    const auto zeros = [&b](std::size_t from, std::size_t to) {
        return std::all_of(b.begin() + static_cast<std::ptrdiff_t>(from),
                           b.begin() + static_cast<std::ptrdiff_t>(to),
                           [](unsigned char c) { return c == 0; });
    };
    const bool mapped = zeros(0, 10) && b[10] == b[11] && (b[10] == 0 || b[10] == 0xff);
    const bool translated = b[0] == 0 && b[1] == 0x64 && b[2] == 0xff && b[3] == 0x9b && zeros(4, 12);
    if (mapped || translated) return four_allowed(ip::address_v4({b[12], b[13], b[14], b[15]}), local);
    return true;
}

std::optional<std::string> signature_of(std::string_view secret, std::int64_t now_unix, std::string_view body)
{
    const auto time = std::to_string(now_unix);
    const auto text = time + "." + std::string(body);
    std::array<unsigned char, EVP_MAX_MD_SIZE> made{};
    unsigned size = 0;
    if (::HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
               reinterpret_cast<const unsigned char*>(text.data()), text.size(), made.data(),
               &size) == nullptr)
        return std::nullopt;
    return "t=" + time + ",v1=" + access::to_hex({made.data(), size});
}

std::optional<std::chrono::seconds> next_try_after(std::uint32_t tries)
{
    if (tries >= most_tells) return std::nullopt;
    std::chrono::seconds wait{5};
    for (std::uint32_t i = 1; i < tries; ++i)
        wait *= 4;
    return std::min(wait, std::chrono::seconds(3600));
}

} // namespace layerline::workshop
