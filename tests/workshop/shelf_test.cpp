#include "workshop/jobs/shelf.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>

using namespace layerline::workshop;

namespace {

struct state_folder {
    std::filesystem::path at;
    state_folder()
    {
        std::string name = "/tmp/shelf_test.XXXXXX";
        at = ::mkdtemp(name.data());
    }
    ~state_folder() { std::filesystem::remove_all(at); }
    std::unique_ptr<shelf> open() const
    {
        auto opened = shelf::open(at);
        REQUIRE(opened.has_value());
        return *std::move(opened);
    }
    std::size_t files() const
    {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(at / "files"), {}));
    }
};

std::string text_in(const std::filesystem::path& file)
{
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

TEST_CASE("an upload is there whole or not at all", "[shelf]")
{
    const state_folder state;
    const auto files = state.open();
    const auto id = new_id('f');
    {
        const auto upload = *files->begin(id);
        REQUIRE(upload->append("solid ").has_value());
        REQUIRE(upload->append("x").has_value());
        CHECK_FALSE(std::filesystem::exists(files->path_of(id)));
        REQUIRE(upload->commit().has_value());
        CHECK(upload->bytes() == 7);
    }
    CHECK(text_in(files->path_of(id)) == "solid x");
    {
        const auto dropped = *files->begin(new_id('f'));
        REQUIRE(dropped->append("y").has_value());
    }
    CHECK(state.files() == 1);
}

TEST_CASE("what a crash leaves of uploads, outputs and attempts is gone at the next start", "[shelf]")
{
    const state_folder state;
    {
        const auto files = state.open();
        const auto folder = files->make_work_folder("o-1", 1);
        REQUIRE(folder.has_value());
        std::ofstream(*folder / "output") << "z";
        std::ofstream(files->path_of("f-1.arriving")) << "half";
        std::ofstream(files->path_of("f-2")) << "without a record";
        std::ofstream(files->path_of("f-3")) << "with one";
    }
    const auto files = state.open();
    files->remove_all_but({"f-3"});
    CHECK(state.files() == 1);
    CHECK(std::filesystem::is_empty(state.at / "work"));
}

TEST_CASE("a job's output becomes a file, but a link that its process made does not", "[shelf]")
{
    const state_folder state;
    const auto files = state.open();
    const auto folder = *files->make_work_folder("o-1", 1);
    std::ofstream(folder / "output") << "abc";
    CHECK(*files->take_in(folder / "output", "r-1") == 3);
    CHECK(text_in(files->path_of("r-1")) == "abc");
    std::filesystem::create_symlink("/etc/passwd", folder / "output");
    CHECK(files->take_in(folder / "output", "r-2").has_error());
}

TEST_CASE("ids are random, and nothing else is one", "[shelf]")
{
    CHECK(is_id(new_id('o')));
    CHECK(new_id('f') != new_id('f'));
    for (const auto* other :
         {"", "f-", "../../etc/passwd", "f-aaaaaaaaaaaaaaaaaaaaaaaa/.", "x-aaaaaaaaaaaaaaaaaaaaaaaaaa"})
        CHECK_FALSE(is_id(other));
}
