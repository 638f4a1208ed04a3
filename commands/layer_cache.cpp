#include "commands/layer_cache.hpp"

#include <algorithm>
#include <vector>

namespace layerline::commands {

namespace net = transport::net;

namespace {

constexpr std::size_t most_kept = 3;
constexpr int most_under_way = 2;
// Read at once: between two of them others get their turn, 5 ms later at most on a small board.
constexpr std::size_t part_bytes = std::size_t{32} * 1024;

} // namespace

transport::task<outcome<std::shared_ptr<const gcode::layer_index>>> layer_cache::of(file_store& files,
                                                                                    std::string path)
{
    const auto node = co_await files.stat(path);
    if (!node) co_return fail(node.error());
    if (node->folder) co_return fail(400, "Path names a folder, not a file.");
    const auto known = std::find_if(kept_.begin(), kept_.end(), [&](const kept& one) {
        return one.path == path && one.size_bytes == node->size_bytes &&
               one.modified_unix == node->modified_unix;
    });
    if (known != kept_.end()) {
        std::rotate(kept_.begin(), known, known + 1);
        co_return kept_.front().index;
    }
    if (under_way_ >= most_under_way)
        co_return fail(503, "The layers of two other files are being looked up; try again in a few seconds.");
    struct turn {
        int& count;
        explicit turn(int& c) : count(c) { ++count; }
        ~turn() { --count; }
        turn(const turn&) = delete;
        turn& operator=(const turn&) = delete;
    };
    const turn mine(under_way_);
    const auto opened = co_await files.read(path);
    if (!opened) co_return fail(opened.error());
    gcode::layer_indexer indexer;
    std::vector<char> part(part_bytes);
    for (;;) {
        const auto got = co_await opened->content->read_some(net::buffer(part));
        if (!got)
            co_return fail(750, "The file could not be read to its end: " + got.error().message() + ".");
        if (*got == 0) break;
        indexer.push({part.data(), *got});
        co_await net::post(net::use_awaitable);
    }
    auto index = std::make_shared<const gcode::layer_index>(indexer.finish());
    if (index->layers.empty()) co_return fail(400, "There are no layers in this file.");
    std::erase_if(kept_, [&](const kept& one) { return one.path == path; });
    kept_.push_front({path, node->size_bytes, node->modified_unix, index});
    if (kept_.size() > most_kept) kept_.pop_back();
    co_return index;
}

} // namespace layerline::commands
