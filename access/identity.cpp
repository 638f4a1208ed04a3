// The key file: a line that binds it to the machine, then the key as PEM.
#include "access/identity.hpp"
#include "access/base32.hpp"
#include "access/crypto.hpp"
#include "access/private_file.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

namespace layerline::access {

namespace {

using boost::system::result;

template <auto release>
struct releases {
    template <class T>
    void operator()(T* object) const
    {
        release(object);
    }
};
using key_handle = std::unique_ptr<EVP_PKEY, releases<EVP_PKEY_free>>;
using digest_handle = std::unique_ptr<EVP_MD_CTX, releases<EVP_MD_CTX_free>>;
using bio_handle = std::unique_ptr<BIO, releases<BIO_free>>;

constexpr std::string_view machine_line = "machine: ";
constexpr std::size_t max_key_file = 4096;
constexpr std::size_t max_machine_id = 1024;

const unsigned char* bytes_of(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

class ed25519_identity final : public identity {
public:
    ed25519_identity(key_handle pair, const public_key& key, std::string instance)
        : pair_(std::move(pair)), key_(key), agent_id_(agent_id_of(key)), instance_id_(std::move(instance))
    {
    }
    const public_key& key() const override { return key_; }
    const std::string& agent_id() const override { return agent_id_; }
    const std::string& instance_id() const override { return instance_id_; }
    result<signature> sign(std::string_view message) const override
    {
        const digest_handle context(EVP_MD_CTX_new());
        signature proof{};
        std::size_t size = proof.size();
        if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, pair_.get()) != 1 ||
            EVP_DigestSign(context.get(), proof.data(), &size, bytes_of(message), message.size()) != 1 ||
            size != proof.size()) {
            ERR_clear_error();
            return make_error_code(errc::crypto_failed);
        }
        return proof;
    }
    EVP_PKEY* pair() const { return pair_.get(); }

private:
    key_handle pair_;
    public_key key_;
    std::string agent_id_, instance_id_;
};

result<std::shared_ptr<const ed25519_identity>> from_pair(key_handle pair)
{
    public_key key{};
    std::size_t size = key.size();
    std::array<unsigned char, 10> instance{};
    if (EVP_PKEY_get_raw_public_key(pair.get(), key.data(), &size) != 1 || size != key.size() ||
        !random_bytes(instance)) {
        ERR_clear_error();
        return make_error_code(errc::crypto_failed);
    }
    return std::make_shared<const ed25519_identity>(std::move(pair), key, to_base32(instance));
}

result<std::shared_ptr<const ed25519_identity>> generate()
{
    key_handle pair(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    if (!pair) {
        ERR_clear_error();
        return make_error_code(errc::crypto_failed);
    }
    return from_pair(std::move(pair));
}

// What this machine calls itself; nothing if it has no name yet (first boot writes "uninitialized").
std::optional<std::string> machine_id(const std::filesystem::path& file)
{
    const auto read = read_private_file(file, max_machine_id);
    if (!read) return std::nullopt;
    std::string id = read->content;
    id.erase(id.find_last_not_of(" \t\r\n") + 1);
    id.erase(0, id.find_first_not_of(" \t\r\n"));
    if (id.empty() || id == "uninitialized") return std::nullopt;
    return id;
}

// The machine id itself is not kept and not told: it is meant to stay on its machine.
std::string machine_mark(std::string_view machine, const public_key& key)
{
    std::string text = "layerline-machine-v1";
    text += '\0';
    text += machine;
    text += '\0';
    text.append(reinterpret_cast<const char*>(key.data()), key.size());
    return to_base32(sha256(text));
}

result<std::string> as_pem(EVP_PKEY* pair)
{
    const bio_handle out(BIO_new(BIO_s_secmem()));
    if (!out || PEM_write_bio_PrivateKey(out.get(), pair, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
        ERR_clear_error();
        return make_error_code(errc::crypto_failed);
    }
    char* data = nullptr;
    const auto size = BIO_get_mem_data(out.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
}

key_handle from_pem(std::string_view text)
{
    const bio_handle in(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    // No password is ever asked for: a locked key is none of ours.
    const auto no_password = [](char*, int, int, void*) { return -1; };
    key_handle pair(in ? PEM_read_bio_PrivateKey(in.get(), nullptr, no_password, nullptr) : nullptr);
    ERR_clear_error();
    if (pair && EVP_PKEY_get_base_id(pair.get()) != EVP_PKEY_ED25519) return nullptr;
    return pair;
}

// The mark in the file's first line, if it has one.
std::optional<std::string_view> mark_in(std::string_view content)
{
    if (!content.starts_with(machine_line)) return std::nullopt;
    content.remove_prefix(machine_line.size());
    return content.substr(0, content.find('\n'));
}

} // namespace

std::string agent_id_of(const public_key& key)
{
    const std::string_view bytes(reinterpret_cast<const char*>(key.data()), key.size());
    return to_base32(sha256(bytes)).substr(0, 26);
}

bool is_agent_id(std::string_view id)
{
    return id.size() == 26 &&
           std::ranges::all_of(id, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7'); });
}

bool verify(const public_key& key, std::string_view message, const signature& proof)
{
    const key_handle held(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
    const digest_handle context(EVP_MD_CTX_new());
    const bool good =
        held && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, held.get()) == 1 &&
        EVP_DigestVerify(context.get(), proof.data(), proof.size(), bytes_of(message), message.size()) == 1;
    ERR_clear_error(); // each wrong signature leaves an entry behind
    return good;
}

result<std::shared_ptr<const identity>> make_identity()
{
    auto made = generate();
    if (!made) return made.error();
    return std::shared_ptr<const identity>(*std::move(made));
}

result<std::shared_ptr<const identity>> renew_identity(const identity_options& options)
{
    std::optional<std::string> machine;
    if (!options.machine_id_file.empty()) {
        machine = machine_id(options.machine_id_file);
        if (!machine) return make_error_code(errc::no_machine_id);
    }
    auto made = generate();
    if (!made) return made.error();
    auto pem = as_pem((*made)->pair());
    if (!pem) return pem.error();
    std::string content;
    if (machine) content = std::string(machine_line) + machine_mark(*machine, (*made)->key()) + '\n';
    content += *pem;
    const auto failed = write_private_file(options.file, content);
    OPENSSL_cleanse(pem->data(), pem->size());
    OPENSSL_cleanse(content.data(), content.size());
    if (failed) return make_error_code(errc::key_unwritable);
    return std::shared_ptr<const identity>(*std::move(made));
}

result<std::shared_ptr<const identity>> load_identity(const identity_options& options)
{
    auto read = read_private_file(options.file, max_key_file);
    if (!read && read.error() == boost::system::errc::no_such_file_or_directory)
        return renew_identity(options);
    if (!read) return make_error_code(errc::key_unreadable);
    if (read->exposed) return make_error_code(errc::key_exposed);
    auto pair = from_pem(read->content);
    const auto mark = mark_in(read->content);
    const std::optional<std::string> kept_mark = mark ? std::optional<std::string>(*mark) : std::nullopt;
    OPENSSL_cleanse(read->content.data(), read->content.size());
    if (!pair) return make_error_code(errc::key_unreadable);
    auto loaded = from_pair(std::move(pair));
    if (!loaded) return loaded.error();
    if (!options.machine_id_file.empty()) {
        const auto machine = machine_id(options.machine_id_file);
        if (!machine) return make_error_code(errc::no_machine_id);
        // A key without a mark was not made by an agent on this machine either.
        if (kept_mark != machine_mark(*machine, (*loaded)->key()))
            return make_error_code(errc::other_machine);
    }
    return std::shared_ptr<const identity>(*std::move(loaded));
}

} // namespace layerline::access
