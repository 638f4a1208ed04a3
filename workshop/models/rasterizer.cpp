#include "workshop/models/rasterizer.hpp"

#include "workshop/models/shares.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

namespace layerline::workshop {

namespace {

constexpr std::size_t fine = 3; // samples along each side of a pixel
constexpr std::size_t samples_in_band = 12'000'000;
constexpr float nothing = std::numeric_limits<float>::max();
constexpr colour material{196, 208, 222};

// Rows of samples, counted from the band's first.
struct strip {
    std::size_t first, end;
};

// The samples of some rows: the depth of what is nearest, and how light it is. Several threads may be at work
// on strips of it that have no row in common.
class band {
public:
    band(std::size_t width, std::size_t rows)
        : width_(width), depth_(std::make_unique_for_overwrite<float[]>(width * rows)), // NOLINT(*-c-arrays)
          shade_(std::make_unique_for_overwrite<std::uint8_t[]>(width * rows))          // NOLINT(*-c-arrays)
    {
    }

    void begin(std::size_t first) { first_ = static_cast<double>(first); }
    void clear(const strip& rows)
    {
        std::fill(depth_.get() + rows.first * width_, depth_.get() + rows.end * width_, nothing);
    }
    void draw(const seen_point& a, const seen_point& b, const seen_point& c, std::uint8_t shade,
              const strip& rows);
    // A row of pixels.
    void resolve(std::size_t row, const std::optional<colour>& background,
                 std::span<std::uint8_t> pixels) const;

private:
    std::size_t width_;
    double first_ = 0;
    // NOLINTBEGIN(*-avoid-c-arrays): each strip's thread is the first to write its rows
    std::unique_ptr<float[]> depth_;
    std::unique_ptr<std::uint8_t[]> shade_;
    // NOLINTEND(*-avoid-c-arrays)
};

// A function of the place that is linear: at each corner a given value.
struct plane {
    double along_x = 0, along_y = 0, at_origin = 0;
    double at(double x, double y) const { return at_origin + along_x * x + along_y * y; }
};

// 0 on the line through p and q; places are told from `origin`.
plane edge(const seen_point& p, const seen_point& q, const seen_point& origin)
{
    const double px = static_cast<double>(p.x) - origin.x, py = static_cast<double>(p.y) - origin.y,
                 qx = static_cast<double>(q.x) - origin.x, qy = static_cast<double>(q.y) - origin.y;
    return {py - qy, qx - px, px * qy - py * qx};
}

// The samples of `within` whose middles lie between the values.
strip samples(double least, double most, const strip& within)
{
    const auto from = static_cast<double>(within.first), to = static_cast<double>(within.end);
    return {static_cast<std::size_t>(std::clamp(std::ceil(least - 0.5), from, to)),
            static_cast<std::size_t>(std::clamp(std::floor(most - 0.5) + 1, from, to))};
}

void band::draw(const seen_point& a, const seen_point& b, const seen_point& c, std::uint8_t shade,
                const strip& rows)
{
    const auto [top, bottom] =
        samples(std::min({a.y, b.y, c.y}) - first_, std::max({a.y, b.y, c.y}) - first_, rows);
    if (top >= bottom) return;
    const auto [left, right] = samples(std::min({a.x, b.x, c.x}), std::max({a.x, b.x, c.x}), {0, width_});
    if (left >= right) return;
    const auto opposite_a = edge(b, c, a), opposite_b = edge(c, a, a), opposite_c = edge(a, b, a);
    const auto whole = opposite_a.at_origin;
    if (whole == 0) return;
    const auto turn = 1 / whole; // so that inside all three are positive, whichever way it turns
    const auto share = [turn](const plane& one) {
        return plane{one.along_x * turn, one.along_y * turn, one.at_origin * turn};
    };
    const auto pa = share(opposite_a), pb = share(opposite_b), pc = share(opposite_c);
    constexpr double rim = -1e-9; // neighbours leave no gap between them
    for (auto y = top; y < bottom; ++y) {
        const auto dy = static_cast<double>(y) + 0.5 + first_ - a.y;
        const auto dx = static_cast<double>(left) + 0.5 - a.x;
        auto wa = pa.at(dx, dy), wb = pb.at(dx, dy), wc = pc.at(dx, dy);
        auto at = y * width_ + left;
        for (auto x = left; x < right; ++x, ++at) {
            if (wa >= rim && wb >= rim && wc >= rim) {
                const auto depth = static_cast<float>(wa * a.depth + wb * b.depth + wc * c.depth);
                if (depth < depth_[at]) {
                    depth_[at] = depth;
                    shade_[at] = shade;
                }
            }
            wa += pa.along_x;
            wb += pb.along_x;
            wc += pc.along_x;
        }
    }
}

void band::resolve(std::size_t row, const std::optional<colour>& background,
                   std::span<std::uint8_t> pixels) const
{
    for (std::size_t x = 0; x < pixels.size() / 4; ++x) {
        unsigned covered = 0, light = 0;
        for (std::size_t j = 0; j < fine; ++j)
            for (std::size_t i = 0; i < fine; ++i) {
                const auto at = (row * fine + j) * width_ + x * fine + i;
                if (depth_[at] == nothing) continue;
                ++covered;
                light += shade_[at];
            }
        constexpr auto all = static_cast<unsigned>(fine) * static_cast<unsigned>(fine);
        const auto shown = [&](std::uint8_t of, std::uint8_t behind) {
            const auto front = covered > 0 ? of * light / covered / 255 : 0;
            if (!background) return static_cast<std::uint8_t>(front);
            return static_cast<std::uint8_t>((front * covered + behind * (all - covered)) / all);
        };
        const auto behind = background.value_or(colour{});
        pixels[4 * x] = shown(material.red, behind.red);
        pixels[4 * x + 1] = shown(material.green, behind.green);
        pixels[4 * x + 2] = shown(material.blue, behind.blue);
        pixels[4 * x + 3] = background ? 255 : static_cast<std::uint8_t>(255 * covered / all);
    }
}

// Triangles in the order of the band that each begins in.
std::vector<std::uint32_t> by_first_band(const mesh& model, const camera_view& view,
                                         std::vector<std::size_t>& ends, std::size_t sample_rows)
{
    const auto band_of = [&](std::uint32_t t) {
        const auto& [a, b, c] = model.triangles[t];
        const auto top = std::min({view.points[a].y, view.points[b].y, view.points[c].y});
        return std::min(ends.size() - 1, static_cast<std::size_t>(std::max(0.0F, top)) / sample_rows);
    };
    const auto count = static_cast<std::uint32_t>(model.triangles.size());
    for (std::uint32_t t = 0; t < count; ++t)
        ++ends[band_of(t)];
    std::partial_sum(ends.begin(), ends.end(), ends.begin());
    auto next = ends;
    std::vector<std::uint32_t> order(count);
    for (auto t = count; t-- > 0;)
        order[--next[band_of(t)]] = t;
    return order;
}

} // namespace

bool draw(const mesh& model, const raster_options& options, const row_taker& take)
{
    const auto width = options.width * fine;
    const auto rows =
        std::clamp<std::size_t>(samples_in_band / (width * fine), 1, options.height); // of pixels
    const auto view = seen(model, options.angles, static_cast<double>(width),
                           static_cast<double>(options.height * fine), options.threads);
    std::vector<std::size_t> ends((options.height + rows - 1) / rows, 0);
    const auto order = by_first_band(model, view, ends, rows * fine);
    band samples(width, rows * fine);
    std::vector<std::uint32_t> here; // triangles of this band, those first that began before it
    std::vector<std::uint8_t> pixels(4 * options.width * rows);
    const auto threads = meant(options.threads);
    for (std::size_t i = 0; i < ends.size(); ++i) {
        const auto first = i * rows, count = std::min(rows, options.height - first);
        const auto begin = order.begin() + static_cast<std::ptrdiff_t>(i == 0 ? 0 : ends[i - 1]);
        here.insert(here.end(), begin, order.begin() + static_cast<std::ptrdiff_t>(ends[i]));
        samples.begin(first * fine);
        // More strips than threads, since there is less in some; but each looks at all triangles.
        const auto strips = threads > 1 ? 2 * threads : 1;
        in_shares(count, (count + strips - 1) / strips, threads, [&](std::size_t from, std::size_t to) {
            const strip mine{from * fine, to * fine};
            samples.clear(mine);
            for (const auto t : here) {
                const auto& [a, b, c] = model.triangles[t];
                samples.draw(view.points[a], view.points[b], view.points[c], view.shades[t], mine);
            }
            for (auto row = from; row < to; ++row)
                samples.resolve(row, options.background,
                                std::span(pixels).subspan(row * 4 * options.width, 4 * options.width));
        });
        const auto below = static_cast<float>((first + count) * fine);
        std::erase_if(here, [&](std::uint32_t t) {
            const auto& [a, b, c] = model.triangles[t];
            return std::max({view.points[a].y, view.points[b].y, view.points[c].y}) < below;
        });
        for (std::size_t row = 0; row < count; ++row)
            if (!take(std::span(pixels).subspan(row * 4 * options.width, 4 * options.width))) return false;
    }
    return true;
}

} // namespace layerline::workshop
