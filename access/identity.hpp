// The Ed25519 key of this agent or relay: made on first start, bound to the machine, signs handshakes.
#pragma once

#include "access/error.hpp"

#include <boost/system/result.hpp>

#include <array>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace layerline::access {

using public_key = std::array<unsigned char, 32>; // Ed25519
using signature = std::array<unsigned char, 64>;

// The first 26 characters of lower-case base32(SHA-256(key)).
std::string agent_id_of(const public_key& key);
// Whether `id` has the form of an agent id: 26 characters of a-z and 2-7.
bool is_agent_id(std::string_view id);
// Whether `proof` is the signature of `message` under `key`.
bool verify(const public_key& key, std::string_view message, const signature& proof);

class identity {
public:
    virtual ~identity() = default;
    virtual const public_key& key() const = 0;
    virtual const std::string& agent_id() const = 0;
    // Random, 16 base32 characters, new at each start: tells two running copies of one key apart.
    virtual const std::string& instance_id() const = 0;
    // errc::crypto_failed if OpenSSL refuses. Safe from several threads.
    virtual boost::system::result<signature> sign(std::string_view message) const = 0;
};

struct identity_options {
    std::filesystem::path file; // such as <state>/identity.pem; its folder must exist
    // The key is bound to what this file says; empty: not bound (the relay).
    std::filesystem::path machine_id_file = "/etc/machine-id";
};

// Reads the key, or makes it if there is no file (mode 0600; temporary name, fsync, rename).
// errc::other_machine when the key was made under another machine id: nothing is changed, and the owner is
// told to run renew_identity's command. errc::no_machine_id, key_unreadable, key_exposed, key_unwritable,
// crypto_failed.
boost::system::result<std::shared_ptr<const identity>> load_identity(const identity_options& options);
// The one-step re-key: replaces the file by a new key. The agent id changes, so it must be paired again.
boost::system::result<std::shared_ptr<const identity>> renew_identity(const identity_options& options);
// A key that lives in memory only.
boost::system::result<std::shared_ptr<const identity>> make_identity();

} // namespace layerline::access
