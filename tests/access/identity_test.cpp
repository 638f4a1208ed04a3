// The key: made once, kept privately, bound to its machine.
#include "access/identity.hpp"
#include "scratch.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>

using namespace layerline::access;

namespace {

identity_options in(const scratch_folder& folder)
{
    put_file(folder / "machine-id", "0123456789abcdef0123456789abcdef\n");
    return {folder / "identity.pem", folder / "machine-id"};
}

} // namespace

TEST_CASE("a key is made on first start and is the same on the next")
{
    const scratch_folder folder;
    const auto options = in(folder);
    const auto first = load_identity(options);
    const auto second = load_identity(options);
    REQUIRE(first);
    REQUIRE(second);
    CHECK((*first)->key() == (*second)->key());
    CHECK((*first)->agent_id() == agent_id_of((*first)->key()));
    CHECK(is_agent_id((*first)->agent_id()));
    CHECK((*first)->instance_id() != (*second)->instance_id());
    struct stat about {};
    REQUIRE(::stat(options.file.c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);
    CHECK_FALSE(std::filesystem::exists(folder / "identity.pem.new"));
    CHECK(get_file(options.file).find("0123456789abcdef") == std::string::npos);
}

TEST_CASE("a signature proves its message and key and nothing else")
{
    const auto one = *make_identity();
    const auto other = *make_identity();
    auto proof = *one->sign("message");
    CHECK(verify(one->key(), "message", proof));
    CHECK_FALSE(verify(one->key(), "massage", proof));
    CHECK_FALSE(verify(other->key(), "message", proof));
    proof[5] ^= 1;
    CHECK_FALSE(verify(one->key(), "message", proof));
    CHECK_FALSE(verify(public_key{}, "message", signature{}));
}

TEST_CASE("a key copied to another machine is told apart and left alone")
{
    const scratch_folder folder;
    const auto options = in(folder);
    const auto made = load_identity(options);
    REQUIRE(made);
    const auto before = get_file(options.file);
    put_file(options.machine_id_file, "ffffffffffffffffffffffffffffffff\n");
    CHECK(load_identity(options).error() == errc::other_machine);
    CHECK(get_file(options.file) == before);
    SECTION("and one step makes a new one")
    {
        const auto renewed = renew_identity(options);
        REQUIRE(renewed);
        CHECK((*renewed)->agent_id() != (*made)->agent_id());
        CHECK((*load_identity(options))->key() == (*renewed)->key());
    }
    SECTION("and it is good again on its own machine")
    {
        put_file(options.machine_id_file, "0123456789abcdef0123456789abcdef");
        CHECK(load_identity(options));
    }
}

TEST_CASE("a key whose mark was cut away or taken from another key is not taken for this machine's")
{
    const scratch_folder folder;
    const auto options = in(folder);
    REQUIRE(load_identity(options));
    auto content = get_file(options.file);
    const auto line = content.substr(0, content.find('\n') + 1);
    const auto pem = content.substr(line.size());
    put_file(options.file, pem);
    CHECK(load_identity(options).error() == errc::other_machine);
    REQUIRE(renew_identity(options));
    auto renewed = get_file(options.file);
    put_file(options.file, line + renewed.substr(renewed.find('\n') + 1));
    CHECK(load_identity(options).error() == errc::other_machine);
}

TEST_CASE("a relay's key is bound to no machine")
{
    const scratch_folder folder;
    const identity_options options{folder / "identity.pem", {}};
    const auto made = load_identity(options);
    REQUIRE(made);
    CHECK((*load_identity(options))->key() == (*made)->key());
    CHECK(get_file(options.file).starts_with("-----BEGIN PRIVATE KEY-----"));
}

TEST_CASE("what is wrong with a key file is said")
{
    const scratch_folder folder;
    auto options = in(folder);
    SECTION("no machine id")
    {
        put_file(options.machine_id_file, "uninitialized\n");
        CHECK(load_identity(options).error() == errc::no_machine_id);
        CHECK_FALSE(std::filesystem::exists(options.file));
        options.machine_id_file = folder / "none";
        CHECK(load_identity(options).error() == errc::no_machine_id);
    }
    SECTION("no key in it")
    {
        REQUIRE(load_identity(options));
        for (const std::string wrong :
             {"", "machine: x\n", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}) {
            put_file(options.file, wrong);
            CHECK(load_identity(options).error() == errc::key_unreadable);
        }
        put_file(options.file, std::string(100000, 'x'));
        CHECK(load_identity(options).error() == errc::key_unreadable);
    }
    SECTION("a key of another kind")
    {
        REQUIRE(load_identity(options));
        put_file(options.file, "-----BEGIN PRIVATE KEY-----\n"
                               "MC4CAQAwBQYDK2VuBCIEIHcHbQpzGKV9PBbBclGyZkXfTC+H68CZKrF3+6UduSwq\n"
                               "-----END PRIVATE KEY-----\n"); // X25519, of RFC 8410
        CHECK(load_identity(options).error() == errc::key_unreadable);
    }
    SECTION("others can read it")
    {
        REQUIRE(load_identity(options));
        ::chmod(options.file.c_str(), 0640);
        CHECK(load_identity(options).error() == errc::key_exposed);
    }
    SECTION("a folder that is not there")
    {
        options.file = folder / "no/such/identity.pem";
        CHECK(load_identity(options).error() == errc::key_unwritable);
    }
    SECTION("a folder in its place")
    {
        std::filesystem::create_directory(options.file);
        CHECK(load_identity(options).error() == errc::key_unreadable);
    }
}

TEST_CASE("a start that was cut off while writing the key does not stand in the way")
{
    const scratch_folder folder;
    const auto options = in(folder);
    put_file(folder / "identity.pem.new", "half a k");
    CHECK(load_identity(options));
}
