// Scopes, bindings, printable names, versions, the error table, and what an Authorization header holds.
#include "access/binding.hpp"
#include "access/error.hpp"
#include "access/printable.hpp"
#include "access/scope.hpp"
#include "access/software_version.hpp"
#include "access/token_service.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace layerline::access;

TEST_CASE("every scope brings view with it and goes both ways as text")
{
    CHECK(to_string(scope_set{scope::control, scope::files}) == "view,control,files");
    CHECK(to_string({}).empty());
    CHECK(parse_scopes("files, control") == scope_set{scope::control, scope::files});
    CHECK(parse_scopes("") == scope_set{});
    CHECK(parse_scopes("view,control,files,console,ui,admin")->has(scope::admin));
    for (const auto* wrong : {"root", "view,", ",", "view,,files", "View", "view;files"})
        CHECK_FALSE(parse_scopes(wrong));
}

TEST_CASE("a binding mode goes both ways as text, and more binding is more")
{
    for (const auto mode : {binding_mode::off, binding_mode::tls_exporter})
        CHECK(parse_binding(name_of(mode)) == mode);
    CHECK_FALSE(parse_binding("none"));
    CHECK(binding_mode::off < binding_mode::tls_exporter);
}

TEST_CASE("a name is 1-64 visible characters of valid UTF-8")
{
    CHECK(is_printable_name("phone"));
    CHECK(is_printable_name("Küche, 3. Drucker \xE2\x9C\x93"));
    CHECK(is_printable_name(std::string(64, 'a')));
    CHECK_FALSE(is_printable_name(std::string(65, 'a')));
    using namespace std::string_literals;
    for (const auto& wrong : {""s, " a"s, "a "s, "a\nb"s, "a\0b"s, "\x7f"s, "\xc3"s, "\xff"s, "\xc0\xaf"s,
                              "\xed\xa0\x80"s, "\xf4\x90\x80\x80"s, "a\xE2\x80\xAE"s, "\xC2\x9B"s})
        CHECK_FALSE(is_printable_name(wrong));
}

TEST_CASE("each error has a row of its own with a name, a text and an advice")
{
    std::set<std::string_view> names;
    for (const auto& row : error_table()) {
        CHECK(names.insert(row.name).second);
        CHECK_FALSE(row.text.empty());
        CHECK_FALSE(row.advice.empty());
        CHECK(find_error(row.name) == &row);
        CHECK(make_error_code(row.code).message() == row.text);
    }
    CHECK(find_error("no such name") == nullptr);
    CHECK(is_store_failure(make_error_code(errc::store_locked)));
    CHECK_FALSE(is_store_failure(make_error_code(errc::invalid_spec)));
    CHECK_FALSE(is_store_failure({}));
}

TEST_CASE("a token is found behind Bearer and as the password of Basic")
{
    CHECK(secret_from_authorization("Bearer ll_abc") == "ll_abc");
    CHECK(secret_from_authorization("bEARER   ll_abc ") == "ll_abc");
    CHECK(secret_from_authorization("Basic dTpsbF9hYmM=") == "ll_abc"); // u:ll_abc
    CHECK(secret_from_authorization("Basic OmxsX2FiYw==") == "ll_abc"); // :ll_abc
    CHECK(secret_from_authorization("Basic dTphOmI=") == "a:b");        // u:a:b
}

TEST_CASE("anything else in an Authorization header is nothing")
{
    for (const auto* wrong : {"", "Bearer", "Bearer ", "Bearer a b", "Bearer\ta", "Token abc", "Basic",
                              "Basic %%%", "Basic dQ==", "Basic dTo=", "Bearer caf\xc3\xa9", "bearer\n a"})
        CHECK_FALSE(secret_from_authorization(wrong));
    CHECK_FALSE(secret_from_authorization("Bearer " + std::string(300, 'a')));
    CHECK_FALSE(secret_from_authorization("Bearer " + std::string(1 << 20, 'a')));
    CHECK_FALSE(secret_from_authorization(std::string("Bearer a\0b", 10)));
}

TEST_CASE("versions are compared by their numbers, and what is no version is older than anything")
{
    struct row {
        const char* version;
        const char* minimum;
        bool older;
    };
    for (const auto& each :
         {row{"1.2.3", "1.2.3", false}, row{"1.2.3", "1.2.4", true}, row{"1.10.0", "1.9", false},
          row{"1.9", "1.10.0", true}, row{"2", "1.99.99", false}, row{"1", "1.0.0.0", false},
          row{"1.0", "1.0.0.1", true}, row{"1.2.0-rc1", "1.2.0", true}, row{"1.2.1-rc1", "1.2.0", false},
          row{"1.2.0+7", "1.2.0", false}, row{"1.2.0-rc1+7", "1.2.0", true}, row{"", "0.0.1", true},
          row{"new", "0", true}, row{"1..2", "0", true}, row{"9999999", "0", true},
          row{"1.2.3.4.5", "0", true}, row{"0.1.0", "", false}}) {
        INFO(each.version << " against " << each.minimum);
        CHECK(is_older(each.version, each.minimum) == each.older);
    }
    CHECK(is_version("0.1.0"));
    for (const auto* wrong :
         {"", ".", "1.", ".1", "1.2-rc", "v1", " 1", "1 ", "-1", "1.2.3.4.5", "1000000"}) {
        INFO(wrong);
        CHECK_FALSE(is_version(wrong));
    }
}
