#include "commands/file_use.hpp"

namespace layerline::commands {

bool is_at_or_below(std::string_view path, std::string_view folder)
{
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

bool is_in_use(const printer::printer_state& state, std::string_view path)
{
    if (!state.job || !is_at_or_below(state.job->path, path)) return false;
    switch (state.now) {
    case printer::phase::idle:
    case printer::phase::finished:
    case printer::phase::cancelled:
    case printer::phase::error:
        return false;
    case printer::phase::offline:
    case printer::phase::connecting:
        // The job may be going on where nobody sees it, unless it is known to be over: all of the file was
        // printed, or the bed was cleared since.
        return !state.bed_clear && !(state.job->size_bytes && state.job->done_bytes == state.job->size_bytes);
    default:
        return true;
    }
}

} // namespace layerline::commands
