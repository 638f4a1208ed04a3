// The report: what is in it, and that it can be written more than once.
#include "printer/virtual/report.hpp"
#include "tests/printer/virtual_board.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace layerline::printer::virtual_printer;
using namespace layerline::printer::virtual_printer::test;

namespace {

class folder {
public:
    folder()
    {
        char name[] = "/tmp/layerline-report-XXXXXX";
        path_ = ::mkdtemp(name);
    }
    ~folder() { std::filesystem::remove_all(path_); }
    std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

nlohmann::json parsed(const std::string& path)
{
    std::ifstream in(path);
    return nlohmann::json::parse(in);
}

} // namespace

TEST_CASE("motion and state are listed as executed, questions are not")
{
    board b(plain());
    b.exchange(numbered(0, "M110 N0"));
    b.exchange("M115\nM105\nM155 S0\nM114\nM400\nM113 S2\nM9999\n", 1s);
    b.exchange("M104 S50\nM106 S255\nG92 E0\nM82\nG4 P1\n", 1s);
    b.exchange(numbered(1, "G28"), 60s);
    CHECK(b.executed == strings{"M104 S50", "M106 S255", "G92 E0", "M82", "G4 P1", "G28"});
    CHECK(b.executed_numbers.front() == std::nullopt);
    CHECK(b.executed_numbers.back() == 1);
}

TEST_CASE("a report is JSON with the list in order, and can be written again")
{
    folder temporary;
    const auto path = temporary.file("report.json");
    board b(plain());
    b.exchange("M302 P1\nG1 X10 E2 F6000\n", 1s);
    report written(path);
    written.executed("G1 X1", 7);
    REQUIRE(written.write(b.status()));
    CHECK(parsed(path)["executed"].size() == 1);
    written.executed("M117 \"quoted\" \xff", std::nullopt);
    REQUIRE(written.write(b.status()));
    const auto seen = parsed(path);
    REQUIRE(seen["executed"].size() == 2);
    CHECK(seen["executed"][0]["command"] == "G1 X1");
    CHECK(seen["executed"][0]["line_number"] == 7);
    CHECK(seen["executed"][1]["line_number"].is_null());
    CHECK(seen["executed"][1]["command"].get<std::string>().find("\"quoted\"") != std::string::npos);
    CHECK(seen["filament_mm"].get<double>() == Approx(2));
    CHECK(seen["path"]["max"][0].get<double>() == Approx(10));
    CHECK(seen["position"]["x"].get<double>() == Approx(10));
    CHECK(seen["killed"] == false);
    CHECK(seen["faults"]["corrupt"] == 0);
}

TEST_CASE("a report that cannot be written says so")
{
    CHECK_THROWS_AS(report("/nonexistent/folder/report.json"), std::runtime_error);
}
