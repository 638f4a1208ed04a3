#include "workshop/models/triangle_tree.hpp"

#include "workshop/models/shares.hpp"

#include <cmath>
#include <utility>

namespace layerline::workshop {

namespace {

vector3 place(const point& at)
{
    return {at.x, at.y, at.z};
}

vector3 minus(const vector3& a, const vector3& b)
{
    return {a.x - b.x, a.y - b.y, a.z - b.z};
}

vector3 plus(const vector3& a, const vector3& b, double times)
{
    return {a.x + times * b.x, a.y + times * b.y, a.z + times * b.z};
}

double squared(const vector3& a)
{
    return dot(a, a);
}

// The low 21 bits, two empty ones between each.
std::uint64_t spread(std::uint64_t bits)
{
    bits = (bits | bits << 32U) & 0x001f00000000ffffU;
    bits = (bits | bits << 16U) & 0x001f0000ff0000ffU;
    bits = (bits | bits << 8U) & 0x100f00f00f00f00fU;
    bits = (bits | bits << 4U) & 0x10c30c30c30c30c3U;
    return (bits | bits << 2U) & 0x1249249249249249U;
}

std::uint64_t cell(double value, double least, double size)
{
    constexpr double cells = 1U << 21U;
    if (!(size > 0)) return 0;
    return static_cast<std::uint64_t>(std::clamp((value - least) / size * cells, 0.0, cells - 1));
}

double segment_distance(const vector3& from, const vector3& a, const vector3& b)
{
    const auto along = minus(b, a), to = minus(from, a);
    const auto length = squared(along);
    const auto part = length > 0 ? std::clamp(dot(to, along) / length, 0.0, 1.0) : 0.0;
    return squared(plus(to, along, -part));
}

point least_of(const point& a, const point& b, const point& c)
{
    return {std::min(std::min(a.x, b.x), c.x), std::min(std::min(a.y, b.y), c.y),
            std::min(std::min(a.z, b.z), c.z)};
}

point most_of(const point& a, const point& b, const point& c)
{
    return {std::max(std::max(a.x, b.x), c.x), std::max(std::max(a.y, b.y), c.y),
            std::max(std::max(a.z, b.z), c.z)};
}

constexpr std::size_t keys_a_sort = 65'536, triangles_a_share = 32'768;

// Shares sorted side by side, then joined two by two.
template <class Key>
void sort_in_shares(std::vector<Key>& keys, unsigned threads)
{
    const auto at = [&keys](std::size_t i) {
        return keys.begin() + static_cast<std::ptrdiff_t>(std::min(i, keys.size()));
    };
    in_shares(keys.size(), keys_a_sort, threads,
              [&](std::size_t first, std::size_t end) { std::sort(at(first), at(end)); });
    for (auto width = keys_a_sort; width < keys.size(); width *= 2)
        in_shares(keys.size(), 2 * width, threads, [&](std::size_t first, std::size_t end) {
            std::inplace_merge(at(first), at(first + width), at(end));
        });
}

} // namespace

void bounds::take(const point& at)
{
    least = {std::min(least.x, at.x), std::min(least.y, at.y), std::min(least.z, at.z)};
    most = {std::max(most.x, at.x), std::max(most.y, at.y), std::max(most.z, at.z)};
}

void bounds::take(const bounds& other)
{
    least = {std::min(least.x, other.least.x), std::min(least.y, other.least.y),
             std::min(least.z, other.least.z)};
    most = {std::max(most.x, other.most.x), std::max(most.y, other.most.y), std::max(most.z, other.most.z)};
}

bounds bounds_of(const mesh& model)
{
    bounds all;
    for (const auto& at : model.points)
        all.take(at);
    return all;
}

bounds bounds_of(const mesh& model, std::uint32_t which)
{
    bounds all;
    for (const auto corner : model.triangles[which])
        all.take(model.points[corner]);
    return all;
}

double squared_distance(const vector3& from, const vector3& a, const vector3& b, const vector3& c)
{
    const auto normal = cross(minus(b, a), minus(c, a));
    const auto length = squared(normal);
    if (!(length > 0))
        return std::min(
            {segment_distance(from, a, b), segment_distance(from, b, c), segment_distance(from, c, a)});
    const auto outside_of = [&](const vector3& p, const vector3& q) {
        return dot(cross(minus(q, p), minus(from, p)), normal) < 0;
    };
    // The nearest place is at an edge beyond which it lies, if there is one.
    auto nearest = std::numeric_limits<double>::max();
    if (outside_of(a, b)) nearest = segment_distance(from, a, b);
    if (outside_of(b, c)) nearest = std::min(nearest, segment_distance(from, b, c));
    if (outside_of(c, a)) nearest = std::min(nearest, segment_distance(from, c, a));
    if (nearest < std::numeric_limits<double>::max()) return nearest;
    const auto height = dot(minus(from, a), normal);
    return height * height / length;
}

triangle_tree::triangle_tree(const mesh& model, unsigned threads) : model_(&model)
{
    const auto all = bounds_of(model);
    std::vector<std::pair<std::uint64_t, std::uint32_t>> keys(model.triangles.size());
    const vector3 least = place(all.least), size = minus(place(all.most), least);
    in_shares(keys.size(), triangles_a_share, threads, [&](std::size_t first, std::size_t end) {
        for (auto t = static_cast<std::uint32_t>(first); t < end; ++t) {
            const auto box = bounds_of(model, t);
            const auto middle = [](double low, double high) { return (low + high) / 2; };
            keys[t] = {spread(cell(middle(box.least.x, box.most.x), least.x, size.x)) |
                           spread(cell(middle(box.least.y, box.most.y), least.y, size.y)) << 1U |
                           spread(cell(middle(box.least.z, box.most.z), least.z, size.z)) << 2U,
                       t};
        }
    });
    sort_in_shares(keys, threads);
    order_.reserve(keys.size());
    for (const auto& [key, t] : keys)
        order_.push_back(t);
    while (leaves_ * in_leaf < order_.size())
        leaves_ *= 2;
    boxes_.resize(2 * leaves_ - 1);
    in_shares(leaves_, triangles_a_share / in_leaf, threads, [&](std::size_t first, std::size_t end) {
        for (auto node = leaves_ - 1 + first; node < leaves_ - 1 + end; ++node)
            for (auto at = first_of(node); at < end_of(node); ++at)
                boxes_[node].take(bounds_of(model, order_[at]));
    });
    for (auto node = leaves_ - 1; node-- > 0;) {
        boxes_[node].take(boxes_[2 * node + 1]);
        boxes_[node].take(boxes_[2 * node + 2]);
    }
}

bool triangle_tree::any_within(const vector3& from, double distance, std::uint32_t but,
                               std::size_t& patience) const
{
    const auto most = distance * distance;
    std::array<std::size_t, 64> stack{};
    std::size_t depth = 1; // the root
    while (depth > 0 && patience > 0) {
        const auto node = stack.at(--depth);
        --patience;
        if (boxes_[node].squared_distance(from) > most) continue;
        if (node + 1 < leaves_) {
            stack.at(depth++) = 2 * node + 2;
            stack.at(depth++) = 2 * node + 1;
            continue;
        }
        for (auto at = first_of(node); at < end_of(node); ++at) {
            const auto& [a, b, c] = model_->triangles[order_[at]];
            if (order_[at] != but &&
                squared_distance(from, place(model_->points[a]), place(model_->points[b]),
                                 place(model_->points[c])) <= most)
                return true;
        }
    }
    return false;
}

void triangle_tree::look_in_leaf(const vector3& from, std::uint32_t node, nearest_place& best) const
{
    for (auto at = first_of(node); at < end_of(node); ++at) {
        const auto& [i, j, k] = model_->triangles[order_[at]];
        const auto &a = model_->points[i], &b = model_->points[j], &c = model_->points[k];
        // Most of them are past already by their boxes, which are a fifth of the work.
        const bounds box{least_of(a, b, c), most_of(a, b, c)};
        if (box.squared_distance(from) >= best.squared_distance) continue;
        const auto far = squared_distance(from, place(a), place(b), place(c));
        if (far < best.squared_distance)
            best = {far, order_[at], static_cast<std::uint32_t>(node + 1 - leaves_)};
    }
}

void triangle_tree::look_below(const vector3& from, std::uint32_t top, double enough,
                               nearest_place& best) const
{
    const auto least_at_top = boxes_[top].squared_distance(from);
    if (least_at_top >= best.squared_distance) return;
    std::array<std::pair<double, std::uint32_t>, 64> stack; // NOLINT(*-member-init): one entry is enough
    std::size_t depth = 0;
    stack[depth++] = {least_at_top, top};
    while (depth > 0) {
        const auto [least, node] = stack[--depth];
        if (least >= best.squared_distance) continue;
        if (node + 1 >= leaves_) {
            look_in_leaf(from, node, best);
            if (best.squared_distance <= enough) return;
            continue;
        }
        std::pair one{boxes_[2 * node + 1].squared_distance(from), 2 * node + 1};
        std::pair other{boxes_[2 * node + 2].squared_distance(from), 2 * node + 2};
        if (one.first < other.first) std::swap(one, other);
        if (one.first < best.squared_distance) stack[depth++] = one;
        if (other.first < best.squared_distance) stack[depth++] = other; // the nearer one comes first
    }
}

nearest_place triangle_tree::nearest(const vector3& from, std::optional<std::uint32_t> hint,
                                     double enough) const
{
    nearest_place best;
    // Up to a box that the place is in, where the way down to the nearest leaf is short.
    std::uint32_t node = 0;
    if (hint) node = static_cast<std::uint32_t>(leaves_ - 1 + std::min<std::size_t>(*hint, leaves_ - 1));
    while (node > 0 && boxes_[node].squared_distance(from) > 0)
        node = (node - 1) / 2;
    look_below(from, node, enough, best);
    // What is beside the way from there to the root is everything else.
    for (; node > 0 && best.squared_distance > enough; node = (node - 1) / 2)
        look_below(from, node % 2 == 1 ? node + 1 : node - 1, enough, best);
    return best;
}

} // namespace layerline::workshop
