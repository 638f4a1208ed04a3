// A call of each command that goes as far as the printer or the files.
#pragma once

#include "access/scope.hpp"

#include <array>

namespace layerline::commands {

inline constexpr const char* no_upload = "uploadid=00000000000000000000000000000000";

// Arguments with which each command goes as far as the printer or the files.
struct example {
    const char* path;
    const char* method;
    access::scope needs;
    const char* query;
    const char* body;
};
inline constexpr std::array examples{
    example{"ping", "GET", access::scope::view, "", ""},
    example{"status", "GET", access::scope::view, "", ""},
    example{"capabilities", "GET", access::scope::view, "", ""},
    example{"events", "GET", access::scope::view, "", ""},
    example{"pause", "POST", access::scope::control, "", ""},
    example{"resume", "POST", access::scope::control, "", ""},
    example{"cancel", "POST", access::scope::control, "", ""},
    example{"start", "POST", access::scope::control, "", R"({"Path":"gcode/a.gcode"})"},
    example{"bed-clear", "POST", access::scope::control, "", ""},
    example{"home", "POST", access::scope::control, "", ""},
    example{"set-temp", "POST", access::scope::control, "", R"({"BedC":60})"},
    example{"emergency-stop", "POST", access::scope::control, "", ""},
    example{"move-axis", "POST", access::scope::control, "", R"({"Axis":"X","DistanceMm":10})"},
    example{"extrude", "POST", access::scope::control, "", R"({"DistanceMm":5})"},
    example{"fan", "POST", access::scope::control, "", R"({"Percent":50})"},
    example{"speed", "POST", access::scope::control, "", R"({"Percent":110})"},
    example{"flow", "POST", access::scope::control, "", R"({"Percent":95})"},
    example{"babystep", "POST", access::scope::control, "", R"({"ZMm":0.02})"},
    example{"motors-off", "POST", access::scope::control, "", ""},
    example{"level-bed", "POST", access::scope::control, "", ""},
    example{"set-light", "POST", access::scope::control, "", R"({"Name":"case","On":true})"},
    example{"set-power", "POST", access::scope::control, "", R"({"Device":"psu","On":false})"},
    example{"macro", "POST", access::scope::control, "", R"({"Name":"PARK"})"},
    example{"exclude-object", "POST", access::scope::control, "", R"({"Name":"cube"})"},
    example{"prompt/answer", "POST", access::scope::control, "", R"({"Choice":0})"},
    example{"console", "POST", access::scope::console, "", R"({"Gcode":"M115"})"},
    example{"power/list", "GET", access::scope::view, "", ""},
    example{"macro/list", "GET", access::scope::view, "", ""},
    example{"console/lines", "GET", access::scope::console, "", ""},
    example{"history", "GET", access::scope::view, "", ""},
    example{"bed-mesh", "GET", access::scope::view, "", ""},
    example{"card/list", "GET", access::scope::files, "", ""},
    example{"files/list", "GET", access::scope::view, "", ""},
    example{"files/details", "GET", access::scope::view, "path=gcode/a.gcode", ""},
    example{"files/upload", "PUT", access::scope::files, "path=gcode/b.gcode", "G28\n"},
    example{"files/upload/create", "POST", access::scope::files, "", R"({"Path":"gcode/b.gcode","Bytes":4})"},
    example{"files/upload/part", "PATCH", access::scope::files,
            "offset=0&uploadid=00000000000000000000000000000000", "G28\n"},
    example{"files/upload/state", "GET", access::scope::files, no_upload, ""},
    example{"files/upload/commit", "POST", access::scope::files, no_upload, ""},
    example{"files/upload/cancel", "POST", access::scope::files, no_upload, ""},
    example{"files/upload/list", "GET", access::scope::files, "", ""},
    example{"files/folder/create", "POST", access::scope::files, "", R"({"Path":"gcode/new"})"},
    example{"files/move", "POST", access::scope::files, "",
            R"({"Path":"gcode/a.gcode","To":"gcode/c.gcode"})"},
    example{"queue/list", "GET", access::scope::view, "", ""},
    example{"queue/add", "POST", access::scope::control, "", R"({"Path":"gcode/a.gcode"})"},
    example{"queue/remove", "POST", access::scope::control, "", R"({"QueueId":"q-1"})"},
    example{"queue/move", "POST", access::scope::control, "", R"({"QueueId":"q-1","Position":0})"},
    example{"queue/pause", "POST", access::scope::control, "", ""},
    example{"queue/resume", "POST", access::scope::control, "", ""},
    example{"queue/start-next", "POST", access::scope::control, "", ""},
    example{"model/print", "POST", access::scope::control, "",
            R"({"FileId":"f-1","Printer":"ender-3","Material":"pla","Quality":"0.2"})"},
    example{"model/print/state", "GET", access::scope::view, "printid=p-1", ""},
    example{"model/print/cancel", "POST", access::scope::control, "", R"({"PrintId":"p-1"})"},
    example{"get-plugin-logs", "GET", access::scope::admin, "", ""},
    example{"send-command", "POST", access::scope::console, "", R"({"Request":{"Path":"/server/info"}})"},
    example{"get-connection-info", "GET", access::scope::admin, "", ""},
    example{"rekey", "POST", access::scope::admin, "", ""},
    example{"proxy/mqtt", "GET", access::scope::console, "", ""},
    example{"files/download", "GET", access::scope::files, "path=gcode/a.gcode", ""},
    example{"files/layers", "GET", access::scope::view, "path=gcode/a.gcode", ""},
    example{"files/thumbnail", "GET", access::scope::view, "path=gcode/a.gcode", ""},
    example{"files/delete", "POST", access::scope::files, "path=gcode/a.gcode", ""},
    example{"webcam/list", "GET", access::scope::view, "", ""},
    example{"list-webcam", "GET", access::scope::view, "", ""},
    example{"webcam/snapshot", "GET", access::scope::view, "index=0", ""},
    example{"webcam/stream", "GET", access::scope::view, "name=bed", ""},
    example{"set-default-webcam", "POST", access::scope::control, "", R"({"Name":"bed"})"},
    example{"get-local-plugin-webcam-items", "GET", access::scope::admin, "", ""},
    example{"set-local-plugin-webcam-items", "POST", access::scope::admin, "",
            R"({"LocalPluginWebcams":[]})"},
};

} // namespace layerline::commands
