#include "workshop/models/amf_document.hpp"

#include "workshop/models/model_words.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <optional>
#include <utility>

namespace layerline::workshop {

namespace {

constexpr std::array<std::pair<std::string_view, double>, 6> units{{{"millimeter", 1},
                                                                    {"inch", 25.4},
                                                                    {"feet", 304.8},
                                                                    {"foot", 304.8},
                                                                    {"meter", 1000},
                                                                    {"micron", 0.001}}};
constexpr std::size_t most_entries = 100'000; // objects and constellations; and instances
constexpr std::size_t longest_number = 64;    // characters, with the space around it

// The numbers of an instance by the names of their elements. Those of scale and mirror are Slic3r's own.
constexpr std::array<std::string_view, 13> instance_numbers{"deltax",  "deltay",  "deltaz", "rx",     "ry",
                                                            "rz",      "scalex",  "scaley", "scalez", "scale",
                                                            "mirrorx", "mirrory", "mirrorz"};
enum : std::size_t { at_delta = 0, at_turn = 3, at_scale = 6, at_whole_scale = 9, at_mirror = 10 };

placement turned(std::size_t axis, double angle)
{
    placement all;
    const auto i = (axis + 1) % 3, k = (axis + 2) % 3;
    all.numbers.at(3 * i + i) = all.numbers.at(3 * k + k) = std::cos(angle);
    all.numbers.at(3 * i + k) = std::sin(angle);
    all.numbers.at(3 * k + i) = -std::sin(angle);
    return all;
}

class amf_listener final : public xml_listener {
public:
    explicit amf_listener(const import_limits& limits) : limits_(limits) {}

    amf_document found;
    bool is_amf = false;

    model_result<void> begin(std::string_view element, const xml_attributes& all) override
    {
        if (text_) return unreadable("a number has an element in it.");
        if (!is_amf) return begin_document(element, all);
        if (element == "object" || element == "constellation") return begin_entry(element, all);
        if (element == "metadata" && all.find("type").value_or("") == "slic3rpe_amf_version") radians_ = true;
        if (entry_ == nullptr) return {};
        if (element == "instance") return begin_instance(all);
        if (element == "volume") support_ = all.find("type").value_or("") == "support";
        if (element == "vertex" || element == "triangle") numbers_ = {};
        if (element == "coordinates") in_coordinates_ = true;
        if (slot_of(element)) text_.emplace();
        return {};
    }

    model_result<void> text(std::string_view piece) override
    {
        if (!text_) return {};
        if (text_->size() + piece.size() > longest_number) return unreadable("a number is too long.");
        *text_ += piece;
        return {};
    }

    model_result<void> end(std::string_view element) override
    {
        if (text_) {
            if (auto done = take_number(element); done.has_error()) return done;
            text_.reset();
            return {};
        }
        if (entry_ == nullptr) return {};
        if (element == "coordinates") in_coordinates_ = false;
        if (element == "vertex") return end_point();
        if (element == "triangle") return end_triangle();
        if (element == "instance") return end_instance();
        if (element == "object" || element == "constellation") return end_entry();
        return {};
    }

private:
    using three_numbers = std::array<std::optional<double>, 3>;

    model_result<void> begin_document(std::string_view element, const xml_attributes& all)
    {
        if (element != "amf") return unreadable("the document is no AMF.");
        is_amf = true;
        const auto unit = all.find("unit").value_or("millimeter"); // the standard's default
        for (const auto& [name, size] : units)
            if (same_word(unit, name)) {
                unit_ = size;
                return {};
            }
        return model_failure{model_errc::wrong_units,
                             "the unit \"" + std::string(unit.substr(0, 32)) + "\" is not known."};
    }

    model_result<void> begin_entry(std::string_view element, const xml_attributes& all)
    {
        const auto id = all.find("id");
        if (!id || entry_ != nullptr || found.entries.size() >= most_entries)
            return unreadable("an object has no id, stands in another, or is one too many.");
        const auto [at, fresh] = found.entries.try_emplace(std::string(*id));
        if (!fresh) return unreadable("two objects have the same id.");
        entry_ = &at->second;
        entry_->constellation = element == "constellation";
        return {};
    }

    model_result<void> begin_instance(const xml_attributes& all)
    {
        const auto id = all.find("objectid").value_or("");
        if (!entry_->constellation || instance_ || id.empty() || ++instances_ > most_entries)
            return unreadable("an instance names no object, stands in no constellation, or is one too many.");
        instance_ = std::string(id);
        where_ = {};
        where_.at(at_scale) = where_.at(at_scale + 1) = where_.at(at_scale + 2) = where_.at(at_whole_scale) =
            1;
        return {};
    }

    // Which number this element is, of an instance's or of a point's and a triangle's; nothing for other
    // elements.
    std::optional<std::size_t> slot_of(std::string_view element) const
    {
        if (instance_) {
            for (std::size_t i = 0; i < instance_numbers.size(); ++i)
                if (element == instance_numbers.at(i)) return i;
            return std::nullopt;
        }
        static constexpr std::array<std::string_view, 6> names{"x", "y", "z", "v1", "v2", "v3"};
        for (std::size_t i = 0; i < names.size(); ++i)
            if (element == names.at(i) && (i < 3) == in_coordinates_) return i;
        return std::nullopt;
    }

    model_result<void> take_number(std::string_view element)
    {
        model_words words(*text_);
        const auto word = words.next();
        const auto slot = slot_of(element);
        std::optional<double> read = number_in(word);
        if (element.starts_with('v')) {
            const auto corner = whole_in(word); // a float does not hold each of them
            read = corner && *corner >= 0 && *corner <= INT32_MAX ? std::optional<double>(*corner)
                                                                  : std::nullopt;
        }
        if (!read || !std::isfinite(*read) || !words.next().empty() || !slot)
            return unreadable("\"" + std::string(element.substr(0, 32)) + "\" needs a number.");
        if (instance_)
            where_.at(*slot) = *read;
        else
            numbers_.at(*slot % 3) = *read;
        return {};
    }

    model_result<void> end_point()
    {
        if (!numbers_[0] || !numbers_[1] || !numbers_[2]) return unreadable("a point needs three numbers.");
        const point at{static_cast<float>(*numbers_[0] * unit_), static_cast<float>(*numbers_[1] * unit_),
                       static_cast<float>(*numbers_[2] * unit_)};
        if (!sane(at, limits_.max_coordinate)) return unreadable("a point is over a kilometre away.");
        if (++points_ > 3 * limits_.max_triangles) return too_many(points_, limits_.max_triangles);
        entry_->surface.points.push_back(at);
        return {};
    }

    model_result<void> end_triangle()
    {
        triangle one{};
        for (std::size_t i = 0; i < 3; ++i) {
            if (!numbers_.at(i)) return unreadable("a triangle needs three corners.");
            one.at(i) = static_cast<std::uint32_t>(*numbers_.at(i));
        }
        if (support_) return {}; // not part of the model
        if (++triangles_ > limits_.max_triangles) return too_many(triangles_, limits_.max_triangles);
        entry_->surface.triangles.push_back(one);
        return {};
    }

    // First scaled, then turned about X, Y and Z, then moved.
    model_result<void> end_instance()
    {
        amf_instance one{*std::exchange(instance_, std::nullopt), {}};
        for (std::size_t axis = 0; axis < 3; ++axis)
            one.where.numbers.at(4 * axis) = where_.at(at_scale + axis) * where_.at(at_whole_scale) *
                                             (where_.at(at_mirror + axis) < 0 ? -1 : 1);
        for (std::size_t axis = 0; axis < 3; ++axis)
            one.where = combined(
                one.where, turned(axis, where_.at(at_turn + axis) * (radians_ ? 1 : std::numbers::pi / 180)));
        for (std::size_t axis = 0; axis < 3; ++axis)
            one.where.numbers.at(9 + axis) = where_.at(at_delta + axis) * unit_;
        entry_->instances.push_back(std::move(one));
        return {};
    }

    model_result<void> end_entry()
    {
        for (const auto& one : entry_->surface.triangles)
            for (const auto corner : one)
                if (corner >= entry_->surface.points.size())
                    return unreadable("a triangle's corner is none of the object's " +
                                      std::to_string(entry_->surface.points.size()) + " points.");
        entry_ = nullptr;
        support_ = false;
        return {};
    }

    const import_limits& limits_;
    double unit_ = 1;
    bool radians_ = false;       // that program's files have angles so, against the standard
    amf_entry* entry_ = nullptr; // what is open, here and below
    std::optional<std::string> instance_, text_;
    bool support_ = false, in_coordinates_ = false;
    three_numbers numbers_;
    std::array<double, instance_numbers.size()> where_{};
    std::size_t points_ = 0, triangles_ = 0, instances_ = 0;
};

} // namespace

model_result<amf_document> read_amf_document(const xml_source& source, const std::string& where,
                                             const import_limits& limits)
{
    amf_listener listener(limits);
    xml_stream xml(listener, where);
    auto read = source([&xml](std::string_view piece) { return xml.feed(piece, false); });
    if (!read.has_error()) read = xml.feed({}, true);
    if (read.has_error()) return read.error();
    return std::move(listener.found);
}

} // namespace layerline::workshop
