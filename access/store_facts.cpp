// Opening the store, and the facts in it.
#include "access/columns.hpp"
#include "access/sqlite_store.hpp"

namespace layerline::access {

namespace {

using transport::result;
using transport::task;

constexpr std::size_t max_key = 128;
constexpr std::size_t max_value = 64UL * 1024;

} // namespace

task<result<std::optional<std::string>>> sqlite_store::fact(std::string key)
{
    return on_store<std::optional<std::string>>(
        thread_, [key = std::move(key)](database& data) -> std::optional<std::string> {
            std::string value;
            data.sql() << "select value from facts where name = :name", soci::use(key), soci::into(value);
            if (!data.sql().got_data()) return std::nullopt;
            return value;
        });
}

task<result<void>> sqlite_store::set_fact(std::string key, std::string value)
{
    return on_store<void>(thread_, [key = std::move(key), value = std::move(value)](database& data) {
        if (key.empty() || key.size() > max_key || value.size() > max_value)
            throw store_error(errc::invalid_spec);
        data.sql() << "insert into facts (name, value) values (:name, :value) "
                      "on conflict (name) do update set value = excluded.value",
            soci::use(key), soci::use(value);
    });
}

task<result<void>> sqlite_store::erase_fact(std::string key)
{
    return on_store<void>(thread_, [key = std::move(key)](database& data) {
        data.sql() << "delete from facts where name = :name", soci::use(key);
    });
}

task<result<void>> sqlite_store::look_outside()
{
    (void)thread_.outside_changes(); // so that it does not rest again at once
    // Whatever wakes a thread that rests makes it look first.
    return on_store<void>(thread_, [](database&) {});
}

result<std::unique_ptr<store>> open_store(const store_options& options)
{
    auto data = std::make_unique<database>();
    if (const auto failed = data->open(options)) {
        const auto why = is_store_failure(failed) ? static_cast<errc>(failed.value()) : errc::store_failed;
        if (!options.may_open_later || row_of(why).permanent) return failed;
        return std::unique_ptr<store>(std::make_unique<sqlite_store>(std::make_unique<database>(), options,
                                                                     closed_database{options, why}));
    }
    return std::unique_ptr<store>(std::make_unique<sqlite_store>(std::move(data), options));
}

} // namespace layerline::access
