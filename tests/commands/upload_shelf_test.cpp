// Uploads in parts on the disk: what survives, what is refused, what is cleaned away.
#include "commands/upload_shelf.hpp"
#include "tests/fakes/scratch_folder.hpp"

#include "access/crypto.hpp"
#include "access/hex.hpp"

#include <sys/stat.h>

using namespace layerline::commands;
using layerline::fakes::scratch_folder;
namespace fs = std::filesystem;

namespace {

std::string sha256_of(const std::string& bytes)
{
    return layerline::access::to_hex(layerline::access::sha256(bytes));
}

struct shelf_desk {
    scratch_folder folder;
    upload_limits limits;
    upload_shelf::time_point now{};
    std::unique_ptr<upload_shelf> shelf;

    shelf_desk()
    {
        limits.reserve_bytes = 0;
        open();
    }
    void open()
    {
        shelf.reset();
        auto opened = upload_shelf::open(folder.at / "uploads", limits, now);
        REQUIRE(opened.has_value());
        shelf = std::move(*opened);
    }
    std::string begin(std::uint64_t bytes, const std::string& sha256 = {})
    {
        upload_record wish;
        wish.path = "gcode/a.gcode";
        wish.bytes = bytes;
        wish.sha256 = sha256;
        const auto made = shelf->create(wish, now);
        if (made.why) FAIL(made.why->error);
        REQUIRE(is_upload_id(made.now->id));
        return made.now->id;
    }
    // One part from begin to end; the status, 200 when it went well.
    int send(const std::string& id, std::uint64_t offset, const std::string& bytes)
    {
        const auto part = shelf->begin(id, offset, bytes.size(), now);
        if (part.said.why) return part.said.why->status;
        const auto said = shelf->append(id, part.turn, bytes, now);
        if (said.why) return said.why->status;
        return shelf->end(id, part.turn, now).why ? 750 : 200;
    }
    std::uint64_t have(const std::string& id) const
    {
        const auto said = shelf->look(id, now);
        REQUIRE(said.now);
        return said.now->have;
    }
};

} // namespace

TEST_CASE("an upload's record is read as it was written, and a damaged one is not read at all", "[upload]")
{
    upload_record record;
    record.id = std::string(32, 'a');
    record.path = "gcode/folder/\"x\".gcode";
    record.bytes = 1000;
    record.synced = 10;
    record.sha256 = std::string(64, '0');
    record.at_once = false;
    const auto text = text_of(record);
    CHECK(parse_upload_record(text) == record);
    for (std::size_t cut = 0; cut < text.size() - 1; ++cut)
        CHECK_FALSE(parse_upload_record(std::string_view(text).substr(0, cut)));
    for (const auto* wrong : {"[]", "7", "{\"version\":1}", "{\"version\":2}"})
        CHECK_FALSE(parse_upload_record(wrong));
    record.synced = 1001;
    CHECK_FALSE(parse_upload_record(text_of(record)));
    record.synced = 0;
    record.path = "gcode/../x";
    CHECK_FALSE(parse_upload_record(text_of(record)));
}

TEST_CASE("a digest is 64 hexadecimal digits of either case", "[upload]")
{
    CHECK(parse_sha256(std::string(64, 'A')) == std::string(64, 'a'));
    CHECK_FALSE(parse_sha256(std::string(63, 'a')));
    CHECK_FALSE(parse_sha256(std::string(64, 'g')));
}

TEST_CASE("parts follow each other, and a wrong offset is told the right one", "[upload]")
{
    shelf_desk desk;
    const auto id = desk.begin(10);
    CHECK(desk.send(id, 0, "0123") == 200);
    const auto wrong = desk.shelf->begin(id, 7, std::nullopt, desk.now);
    REQUIRE(wrong.said.why);
    CHECK(wrong.said.why->status == 409);
    CHECK(wrong.said.now->have == 4);
    CHECK(desk.send(id, 0, "0123") == 409);    // sent twice
    CHECK(desk.send(id, 4, "4567890") == 400); // one byte too many
    CHECK(desk.have(id) == 4);
    CHECK(desk.shelf->check(id, "", desk.now).said.why->status == 409); // not whole yet
    CHECK(desk.send(id, 4, "456789") == 200);
    const auto whole = desk.shelf->check(id, sha256_of("0123456789"), desk.now);
    REQUIRE(whole.file);
    CHECK(desk.folder.text_of("uploads/" + id + ".part") == "0123456789");
    CHECK(desk.send(id, 10, "") == 409); // it is being put in its place
    CHECK(desk.shelf->drop(id, desk.now).why->status == 409);
    CHECK(desk.shelf->finish(id, true, desk.now).now->done);
    CHECK_FALSE(fs::exists(desk.folder.at / "uploads" / (id + ".part")));
    CHECK(desk.shelf->look("0" + id.substr(1), desk.now).why.has_value() == (id[0] != '0'));
}

TEST_CASE("a sender who comes back takes over from the one that hangs", "[upload]")
{
    shelf_desk desk;
    const auto id = desk.begin(8);
    const auto first = desk.shelf->begin(id, 0, std::nullopt, desk.now);
    CHECK_FALSE(desk.shelf->append(id, first.turn, std::string_view("abcd"), desk.now).why);
    const auto second = desk.shelf->begin(id, 4, std::nullopt, desk.now);
    REQUIRE_FALSE(second.said.why);
    const auto late = desk.shelf->append(id, first.turn, std::string_view("XXXX"), desk.now);
    REQUIRE(late.why);
    CHECK(late.why->status == 409);
    CHECK_FALSE(desk.shelf->append(id, second.turn, std::string_view("efgh"), desk.now).why);
    CHECK(desk.shelf->check(id, sha256_of("abcdefgh"), desk.now).file);
}

TEST_CASE("an upload goes on after a restart where its bytes were safe", "[upload]")
{
    shelf_desk desk;
    const std::string all(100'000, 'q');
    const auto id = desk.begin(all.size(), sha256_of(all));
    CHECK(desk.send(id, 0, all.substr(0, 60'000)) == 200);
    // Bytes that nobody made safe: a power cut may leave anything in their place.
    std::ofstream(desk.folder.at / "uploads" / (id + ".part"), std::ios::app) << "not safe";
    desk.open();
    CHECK(desk.have(id) == 60'000);
    CHECK(desk.send(id, 60'000, all.substr(60'000)) == 200);
    desk.open();
    CHECK(desk.have(id) == all.size());
    const auto whole = desk.shelf->check(id, "", desk.now);
    CHECK(whole.file);
    desk.shelf->finish(id, true, desk.now);
    desk.open();
    CHECK(desk.shelf->look(id, desk.now).now->done); // for a sender who lost the answer
}

TEST_CASE("an upload with another SHA-256 than promised leaves nothing", "[upload]")
{
    shelf_desk desk;
    const auto id = desk.begin(4, sha256_of("good"));
    CHECK(desk.send(id, 0, "evil") == 200);
    const auto checked = desk.shelf->check(id, "", desk.now);
    CHECK_FALSE(checked.file);
    REQUIRE(checked.said.why);
    CHECK(checked.said.why->status == 400);
    CHECK(checked.said.why->error.find(sha256_of("evil")) != std::string::npos);
    CHECK(desk.shelf->look(id, desk.now).why->status == 404);
    CHECK(desk.folder.files_in("uploads") == 0);

    const auto other = desk.begin(4, sha256_of("good"));
    CHECK(desk.send(other, 0, "good") == 200);
    CHECK(desk.shelf->check(other, sha256_of("else"), desk.now).said.why->status == 400);
    CHECK(desk.have(other) == 4); // the two digests differ: nothing is judged by either
}

TEST_CASE("uploads are bounded in number and in what they may come to", "[upload]")
{
    shelf_desk desk;
    desk.limits.most = 2;
    desk.limits.most_bytes = 1000;
    desk.open();
    const auto first = desk.begin(400);
    upload_record wish;
    wish.path = "gcode/b.gcode";
    wish.bytes = 601;
    CHECK(desk.shelf->create(wish, desk.now).why->status == 503);
    wish.bytes = 600;
    CHECK_FALSE(desk.shelf->create(wish, desk.now).why);
    wish.bytes = 1;
    CHECK(desk.shelf->create(wish, desk.now).why->status == 503);
    CHECK_FALSE(desk.shelf->drop(first, desk.now).why);
    CHECK_FALSE(desk.shelf->create(wish, desk.now).why);
    CHECK(desk.shelf->list(desk.now).size() == 2);

    desk.limits.reserve_bytes = std::uint64_t{1} << 60U;
    desk.open();
    CHECK(desk.shelf->create(wish, desk.now).why->status == 503);
    for (const auto& one : desk.shelf->list(desk.now))
        CHECK_FALSE(desk.shelf->drop(one.id, desk.now).why);
    CHECK(desk.shelf->create(wish, desk.now).why->status == 750); // the disk's reserve
    CHECK(desk.folder.files_in("uploads") == 0);
}

TEST_CASE("what had no byte for too long is given up", "[upload]")
{
    shelf_desk desk;
    const auto old = desk.begin(10), alive = desk.begin(10);
    desk.now += desk.limits.keep - std::chrono::seconds(1);
    CHECK(desk.send(alive, 0, "x") == 200);
    CHECK(desk.shelf->expire(desk.now) == 0);
    desk.now += std::chrono::seconds(1);
    CHECK(desk.shelf->expire(desk.now) == 1);
    CHECK(desk.shelf->look(old, desk.now).why->status == 404);
    CHECK(desk.have(alive) == 1);
    CHECK(desk.folder.files_in("uploads") == 2);
}

TEST_CASE("the shelf cleans what belongs to no upload, and nothing else", "[upload]")
{
    shelf_desk desk;
    const auto good = desk.begin(10), damaged = desk.begin(10), lost = desk.begin(10);
    desk.folder.put("uploads/" + damaged + ".json", "{");
    fs::remove(desk.folder.at / "uploads" / (lost + ".part"));
    desk.folder.put("uploads/" + std::string(32, 'b') + ".part", "stray");
    desk.folder.put("uploads/notes.txt", "of the owner");
    desk.open();
    CHECK(desk.shelf->list(desk.now).size() == 1);
    CHECK(desk.have(good) == 0);
    CHECK(desk.folder.files_in("uploads") == 3);
    CHECK(desk.folder.text_of("uploads/notes.txt") == "of the owner");
}

TEST_CASE("a link in a part file's place is not followed", "[upload]")
{
    shelf_desk desk;
    const auto id = desk.begin(10);
    desk.folder.put("victim", "keep me");
    fs::remove(desk.folder.at / "uploads" / (id + ".part"));
    fs::create_symlink(desk.folder.at / "victim", desk.folder.at / "uploads" / (id + ".part"));
    desk.open();
    CHECK(desk.shelf->look(id, desk.now).why->status == 404);
    CHECK(desk.folder.text_of("victim") == "keep me");
}
