// The agent's cameras against a fake one on a real socket: the list and its changes, the chosen one, the
// bound on viewers.
#include "agent/camera_hub.hpp"

#include "tests/access/scratch.hpp"
#include "tests/fakes/fake_camera.hpp"
#include "tests/fakes/run_task.hpp"

#include <fstream>

using namespace layerline;
using namespace layerline::agent;
using fakes::fake_camera;
namespace net = transport::net;

namespace {

struct desk {
    explicit desk(camera_hub_limits limits = {}) : hub(context, folder.path(), {}, limits) {}
    ~desk()
    {
        hub.stop();
        context.restart();
        context.run();
    }
    desk(const desk&) = delete;
    desk& operator=(const desk&) = delete;

    camera_settings camera(const std::string& name, const std::string& path = "/stream") const
    {
        camera_settings made;
        made.name = name;
        made.stream = std::get<camera_address>(parse_camera_url(fake.url(path)));
        return made;
    }
    commands::outcome<commands::camera_stream> stream(const std::string& name)
    {
        return fakes::run(context, hub.stream(name));
    }
    static transport::task<std::size_t> read_on(std::shared_ptr<transport::body_source> from,
                                                std::size_t bytes)
    {
        std::size_t all = 0;
        std::vector<char> part(4096);
        while (all < bytes) {
            const auto count = co_await from->read_some(net::buffer(part));
            if (!count || *count == 0) break;
            all += *count;
        }
        co_return all;
    }
    // Whether the stream goes on for three more pictures.
    bool goes_on(const commands::camera_stream& stream)
    {
        constexpr auto wanted = 3 * fake_camera::picture_bytes;
        return fakes::run(context, read_on(stream.content, wanted)) >= wanted;
    }

    access::scratch_folder folder;
    fake_camera fake;
    net::io_context context{1};
    camera_hub hub;
};

} // namespace

TEST_CASE("a list that changes ends the streams of cameras that changed, and of no others")
{
    desk at;
    at.hub.show({at.camera("bed"), at.camera("nozzle")});
    const auto version = at.hub.version();
    const auto bed = at.stream("bed"), nozzle = at.stream("nozzle");
    REQUIRE(bed.has_value());
    REQUIRE(nozzle.has_value());
    CHECK(at.hub.viewers() == 2);
    CHECK(at.hub.streaming() == 2);

    auto turned = at.camera("nozzle");
    turned.rotation = 90;
    at.hub.show({turned, at.camera("bed"), at.camera("door")});
    CHECK(at.hub.version() > version);
    REQUIRE(at.hub.list().size() == 3);
    CHECK(at.hub.list()[0].rotation == 90);
    CHECK(at.goes_on(*bed));
    CHECK_FALSE(at.goes_on(*nozzle));
    CHECK(at.hub.viewers() == 1);
    at.hub.show({});
    CHECK_FALSE(at.goes_on(*bed));
    CHECK(at.stream("bed").error().status == 404);
    CHECK(at.fake.so_far().streams == 2);
}

TEST_CASE("all cameras together have so many viewers and no more")
{
    camera_hub_limits limits;
    limits.max_viewers = 2;
    desk at(limits);
    at.hub.show({at.camera("bed"), at.camera("nozzle")});
    auto one = at.stream("bed");
    const auto two = at.stream("nozzle");
    REQUIRE(one.has_value());
    REQUIRE(two.has_value());
    const auto refused = at.stream("bed");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().status == 503);
    one = commands::fail(404, "");
    CHECK(at.stream("bed").has_value());
}

TEST_CASE("the chosen camera is kept in its file, and nonsense in that file is no choice")
{
    desk at;
    at.hub.show({at.camera("bed"), at.camera("Nozzle ü")});
    CHECK(at.hub.default_name().empty());
    CHECK(fakes::run(at.context, at.hub.choose_default("roof")).error().status == 404);
    REQUIRE(fakes::run(at.context, at.hub.choose_default("Nozzle ü")).has_value());
    camera_hub again(at.context, at.folder.path());
    CHECK(again.default_name() == "Nozzle ü");
    std::ofstream(at.folder / "default_camera") << "\x1b[31m\n";
    camera_hub odd(at.context, at.folder.path());
    CHECK(odd.default_name().empty());
    camera_hub nowhere(at.context, at.folder / "missing");
    nowhere.show({at.camera("bed")});
    CHECK(fakes::run(at.context, nowhere.choose_default("bed")).error().status == 750);
    CHECK(nowhere.default_name().empty());
}

TEST_CASE("a camera's failure has its name, its cause and where it happened")
{
    desk at;
    at.hub.show({at.camera("bed", "/nowhere")});
    const auto refused = at.stream("bed");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().status == 502);
    CHECK(refused.error().error.find("The camera \"bed\" answered HTTP 404") == 0);
    CHECK(refused.error().at == commands::hop::camera);
    at.fake.die();
    CHECK(at.stream("bed").error().error.find("The camera \"bed\" cannot be reached") == 0);
}

namespace {

commands::camera_facts added(const std::string& name, const std::string& snapshot,
                             const std::string& stream = {})
{
    commands::camera_facts made;
    made.name = name;
    made.snapshot_url = snapshot;
    made.stream_url = stream;
    return made;
}

} // namespace

TEST_CASE("cameras added by command stand after the configured ones and before the printer's, and outlive a "
          "restart")
{
    desk at;
    at.hub.show({at.camera("bed")});
    printer::webcam told;
    told.name = "door";
    told.snapshot_url = at.fake.url("/snapshot");
    auto twin = told;
    twin.name = "roof";
    at.hub.tell({told, twin});
    auto roof = added("roof", "", at.fake.url("/stream?n=1"));
    roof.rotation = 180;
    REQUIRE(fakes::run(at.context, at.hub.set_added({roof})).has_value());
    const auto names = [](const camera_hub& hub) {
        std::string all;
        for (const auto& one : hub.list())
            all += one.name + " ";
        return all;
    };
    CHECK(names(at.hub) == "bed roof door ");
    CHECK(at.hub.list()[1].rotation == 180);
    CHECK(at.hub.list()[1].stream_url.find('?') == std::string::npos); // what viewers are told
    CHECK(at.hub.added()[0].stream_url == at.fake.url("/stream?n=1"));
    CHECK(at.stream("roof").has_value());

    camera_hub again(at.context, at.folder.path());
    CHECK(names(again) == "roof ");
    CHECK(again.added()[0].stream_url == at.fake.url("/stream?n=1"));
    REQUIRE(fakes::run(at.context, at.hub.set_added({})).has_value());
    CHECK(names(at.hub) == "bed door roof ");
}

TEST_CASE("a camera is added only where the owner allows cameras, all of a list or none")
{
    desk at;
    at.hub.show({at.camera("bed")});
    const auto refused = [&](std::vector<commands::camera_facts> list) {
        const auto done = fakes::run(at.context, at.hub.set_added(std::move(list)));
        REQUIRE_FALSE(done.has_value());
        CHECK(done.error().status == 400);
        CHECK(at.hub.list().size() == 1);
        CHECK(at.hub.added().empty());
        return done.error().error;
    };
    const auto good = at.fake.url("/snapshot");
    CHECK(refused({added("a", good), added("b", "http://192.0.2.7/x")}) ==
          "LocalPluginWebcams[1] cannot be added: it is at 192.0.2.7, which is not in printer.camera_hosts.");
    CHECK(refused({added("a", good, "http://169.254.1.1/x")}).find("[0]") != std::string::npos);
    CHECK(refused({added("a", good, "file:///etc/passwd")}).find("[0]") != std::string::npos);
    CHECK(refused({added("a", good), added("a", good)}).find("same name") != std::string::npos);
    CHECK(refused({added("bed", good)}).find("is configured") != std::string::npos);
    CHECK(refused({added("a;M112", good)}).find("its name must") != std::string::npos);
    std::vector<commands::camera_facts> many;
    for (std::size_t i = 0; i < max_cameras; ++i)
        many.push_back(added("c" + std::to_string(i), good));
    CHECK(refused(many).find("at most 16 cameras") != std::string::npos);

    camera_hub nowhere(at.context, at.folder / "missing");
    CHECK(fakes::run(at.context, nowhere.set_added({added("a", good)})).error().status == 750);
    CHECK(nowhere.list().empty());
}

TEST_CASE("what stands in the file of added cameras is judged anew at each start")
{
    desk at;
    std::ofstream(at.folder / "added_cameras.json")
        << R"([{"Name":"a","FlipH":false,"FlipV":true,"Rotation":0,)"
           R"("Enabled":true,"SnapshotUrl":"http://192.0.2.7/x","StreamUrl":null}])";
    const camera_hub strict(at.context, at.folder.path());
    CHECK(strict.list().empty());
    CHECK(strict.added().size() == 1);
    camera_places places;
    places.allowed = {"192.0.2.7"};
    const camera_hub allowing(at.context, at.folder.path(), places);
    CHECK(allowing.list().size() == 1);
    std::ofstream(at.folder / "added_cameras.json") << "[{}]";
    CHECK(camera_hub(at.context, at.folder.path(), places).added().empty());
}
