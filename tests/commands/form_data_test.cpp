// Forms as clients send them, in any slicing, and as attackers do.
#include "commands/form_data.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace layerline::commands;

namespace {

struct read_form {
    std::vector<std::pair<form_part, std::string>> parts;
    form_step last = form_step::need_more;
    std::string fault;
};

read_form read(std::string_view text, std::size_t slice, const std::string& boundary = "XX")
{
    read_form all;
    form_reader reader(boundary);
    for (std::size_t at = 0;;) {
        all.last = reader.next();
        switch (all.last) {
        case form_step::need_more:
            if (at >= text.size()) return all;
            reader.push(text.substr(at, slice));
            at += slice;
            break;
        case form_step::part:
            all.parts.emplace_back(reader.part(), "");
            break;
        case form_step::content:
            all.parts.back().second += reader.content();
            break;
        case form_step::part_end:
            break;
        case form_step::end:
            return all;
        case form_step::fault:
            all.fault = reader.fault();
            return all;
        }
    }
}

const std::string form =
    "--XX\r\nContent-Disposition: form-data; name=\"print\"\r\n\r\ntrue\r\n"
    "--XX\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".gcode\"\r\n"
    "Content-Type: application/octet-stream\r\n\r\nG28\r\n--X\r\n-\r\n\r\n--XX\r\n"
    "Content-Disposition: form-data; name=empty\r\n\r\n\r\n--XX--\r\n";

} // namespace

TEST_CASE("a form comes apart the same however its bytes are cut")
{
    for (std::size_t slice = 1; slice <= form.size(); ++slice) {
        const auto all = read(form, slice);
        REQUIRE(all.last == form_step::end);
        REQUIRE(all.parts.size() == 3);
        CHECK(all.parts[0].first.name == "print");
        CHECK_FALSE(all.parts[0].first.filename);
        CHECK(all.parts[0].second == "true");
        CHECK(all.parts[1].first.filename == "a \"b\".gcode");
        CHECK(all.parts[1].second == "G28\r\n--X\r\n-\r\n");
        CHECK(all.parts[2].first.name == "empty");
        CHECK(all.parts[2].second.empty());
    }
}

TEST_CASE("what is no form says why, within its bounds")
{
    for (const std::size_t slice : {1UL, 4096UL}) {
        CHECK(read(std::string(20'000, 'x'), slice).fault.find("boundary") != std::string::npos);
        CHECK(read("--XX\r\n" + std::string(20'000, 'x'), slice).fault.find("too long") != std::string::npos);
        CHECK(read("--XX\r\nContent-Type: text/plain\r\n\r\nx\r\n--XX--", slice).fault.find("no name") !=
              std::string::npos);
        CHECK(read("--XXjunk\r\n", slice).last == form_step::fault);
        std::string many;
        for (std::size_t i = 0; i <= max_parts; ++i)
            many += "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n";
        CHECK(read(many, slice).fault.find("too many") != std::string::npos);
    }
    CHECK(read("--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nno end", 5).last ==
          form_step::need_more);
}

TEST_CASE("a boundary is read from the content type, quoted or not")
{
    CHECK(form_boundary("multipart/form-data; boundary=abc") == "abc");
    CHECK(form_boundary("Multipart/Form-Data;charset=x; BOUNDARY=\"a b\"") == "a b");
    CHECK_FALSE(form_boundary("multipart/mixed; boundary=abc"));
    CHECK_FALSE(form_boundary("multipart/form-data"));
    CHECK_FALSE(form_boundary("multipart/form-data; boundary="));
    CHECK_FALSE(form_boundary("multipart/form-data; boundary=" + std::string(71, 'a')));
    CHECK_FALSE(form_boundary("multipart/form-data; boundary=\"abc"));
}
