// What a store does that has neither folders nor anything beside its files.
#include "commands/file_store.hpp"

#include <utility>

namespace layerline::commands {

namespace {

printer::printer_failure no_folders()
{
    return {printer::printer_errc::unsupported, "These files are not kept in folders."};
}

} // namespace

transport::task<printer::printer_result<file_node>>
file_store::adopt(std::string path, std::shared_ptr<const descriptor> /*file*/,
                  std::shared_ptr<transport::body_source> content)
{
    co_return co_await write(std::move(path), std::move(content));
}

transport::task<printer::printer_result<file_node>> file_store::make_folder(std::string /*path*/)
{
    co_return no_folders();
}

transport::task<printer::printer_result<file_node>> file_store::move(std::string /*from*/, std::string /*to*/)
{
    co_return no_folders();
}

transport::task<printer::printer_result<void>> file_store::remove_folder(std::string /*path*/, bool /*whole*/)
{
    co_return no_folders();
}

transport::task<printer::printer_result<std::optional<gcode_metadata>>>
file_store::metadata(std::string /*path*/)
{
    co_return std::optional<gcode_metadata>();
}

transport::task<printer::printer_result<std::vector<file_thumbnail>>>
file_store::thumbnails(std::string /*path*/)
{
    co_return std::vector<file_thumbnail>();
}

transport::task<printer::printer_result<opened_file>> file_store::thumbnail(std::string /*path*/,
                                                                            std::string /*name*/)
{
    co_return printer::printer_failure{printer::printer_errc::no_such_file, "There is no such picture."};
}

} // namespace layerline::commands
