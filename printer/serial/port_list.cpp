// The serial ports of this host.
#include "printer/serial/port_list.hpp"

#include <filesystem>
#include <libserialport.h>
#include <system_error>

namespace layerline::printer::serial {

namespace {

std::string link_to(const std::string& device, const char* folder)
{
    std::error_code failure;
    const auto real = std::filesystem::canonical(device, failure);
    if (failure) return {};
    for (std::filesystem::directory_iterator at(folder, failure), end; !failure && at != end;
         at.increment(failure)) {
        std::error_code dangling;
        if (std::filesystem::canonical(at->path(), dangling) == real && !dangling) return at->path().string();
    }
    return {};
}

std::string text_or_empty(const char* text)
{
    return text ? std::string(text) : std::string();
}

} // namespace

std::vector<listed_port> list_ports()
{
    std::vector<listed_port> all;
    sp_port** ports = nullptr;
    if (sp_list_ports(&ports) != SP_OK || !ports) return all;
    for (std::size_t at = 0; ports[at]; ++at) {
        listed_port port;
        port.name = text_or_empty(sp_get_port_name(ports[at]));
        port.description = text_or_empty(sp_get_port_description(ports[at]));
        port.by_id = link_to(port.name, "/dev/serial/by-id");
        port.by_path = link_to(port.name, "/dev/serial/by-path");
        all.push_back(std::move(port));
    }
    sp_free_port_list(ports);
    return all;
}

} // namespace layerline::printer::serial
