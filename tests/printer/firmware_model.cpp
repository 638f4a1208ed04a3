// A Marlin in miniature for tests.
#include "firmware_model.hpp"

#include <cstdlib>

namespace layerline::tests {

namespace {

std::string body_of(std::string line)
{
    if (line.starts_with("N")) line.erase(0, line.find(' ') + 1);
    if (const auto star = line.rfind('*'); star != std::string::npos) line.erase(star);
    return line;
}

} // namespace

void firmware_model::host_writes(std::string_view bytes)
{
    for (const char c : bytes) {
        host_line_ += c;
        if (c != '\n') continue;
        std::string line = std::exchange(host_line_, std::string());
        if (line.size() > 1 && line.front() == 'N' && line.find("M110") == std::string::npos) {
            if (chance(settings_.lose_line)) {
                ++faults_;
                continue;
            }
            if (chance(settings_.corrupt)) {
                ++faults_;
                const auto at = std::uniform_int_distribution<std::size_t>(0, line.size() - 2)(random_);
                line[at] = static_cast<char>(line[at] ^ 0x15);
                if (line[at] == '\n' || line[at] == '\r') line[at] = '~';
            }
        }
        for (const char sent : line)
            wire_.push_back(sent);
    }
}

void firmware_model::reset(bool say_start)
{
    received_.clear();
    queue_.clear();
    planner_ms_.clear();
    last_number_ = 0;
    block_ms_ = -1;
    report_every_ms_ = 0;
    keepalive_ms_ = 2000;
    dead_ = false;
    if (say_start) {
        say("start");
        say("Marlin model");
    }
}

std::string firmware_model::temperatures() const
{
    return "T:21.97 /0.00 B:22.00 /0.00 @:0 B@:0";
}

void firmware_model::ok(std::string_view line, std::string_view extra)
{
    if (++oks_ == settings_.lose_ok || chance(settings_.drop_ok)) {
        ++oks_dropped_;
        return;
    }
    std::string text = "ok";
    if (!extra.empty())
        text += " " + std::string(extra);
    else if (settings_.advanced_ok) {
        if (line.starts_with("N")) text += " " + std::string(line.substr(0, line.find(' ')));
        text += " P" + std::to_string(settings_.planner - 1 - planner_ms_.size());
        text += " B" + std::to_string(settings_.queue - std::max<std::size_t>(1, queue_.size()));
    }
    say(text);
    if (chance(settings_.double_ok)) {
        ++faults_;
        say(text);
    }
}

void firmware_model::line_fault(std::string_view text)
{
    say("Error:" + std::string(text) + ", Last Line: " + std::to_string(last_number_));
    received_.clear(); // what had arrived is thrown away, even half a line
    say("Resend: " + std::to_string(last_number_ + 1));
    if (chance(settings_.silent_resend)) {
        ++faults_;
        return;
    }
    ok(queue_.empty() ? std::string() : queue_.front());
}

void firmware_model::take_line(std::string line)
{
    while (!line.empty() && line.front() == ' ')
        line.erase(0, 1);
    if (line.empty() || line.front() == ';') return;
    if (settings_.emergency_parser) {
        if (line == "M112") {
            say("echo:M112 Shutdown");
            say("Error:Printer halted. kill() called!");
            say("//action:poweroff");
            dead_ = true;
            return;
        }
        if (line == "M108") break_wait_ = true;
    }
    if (line.front() == 'N') {
        const bool restart = line.find("M110") != std::string::npos;
        const char* digits = line.c_str() + 1;
        if (restart)
            if (const auto second = line.find('N', 4); second != std::string::npos)
                digits = line.c_str() + second + 1;
        const long number = std::strtol(digits, nullptr, 10);
        if (number != last_number_ + 1 && !restart) {
            if (number == last_number_ || number == last_number_ - 1) return; // not a word
            line_fault("Line Number is not Last Line Number+1");
            return;
        }
        const auto star = line.rfind('*');
        if (star == std::string::npos) {
            line_fault("No Checksum with line number");
            return;
        }
        unsigned char sum = 0;
        for (std::size_t at = 0; at < star; ++at)
            sum = static_cast<unsigned char>(sum ^ static_cast<unsigned char>(line[at]));
        if (std::strtol(line.c_str() + star + 1, nullptr, 10) != sum) {
            line_fault("checksum mismatch");
            return;
        }
        last_number_ = number;
    }
    queue_.push_back(std::move(line));
}

void firmware_model::read_lines()
{
    while (queue_.size() < settings_.queue && !dead_) {
        const auto end = received_.find('\n');
        if (end == std::string::npos) return;
        std::string line = received_.substr(0, end);
        received_.erase(0, end + 1);
        take_line(std::move(line));
    }
}

bool firmware_model::execute(const std::string& line)
{
    const std::string body = body_of(line);
    const auto word = body.substr(0, body.find(' '));
    const auto blocks = [&](double ms) {
        if (block_ms_ < 0) block_ms_ = ms;
        block_ms_ -= 1;
        return block_ms_ > 0 && !(break_wait_ && word == "M109");
    };
    if (word == "G1") {
        if (planner_ms_.size() >= settings_.planner) return false;
        planner_ms_.push_back(settings_.move_ms);
        executed_.push_back(body);
        ok(line);
    } else if (word == "G28" || word == "M109" || word == "G4") {
        if (blocks(word == "G28" ? 7000 : word == "G4" ? 3000 : 60000)) return false;
        if (word == "G28") say("X:0.00 Y:0.00 Z:5.00 E:0.00 Count X:0 Y:0 Z:2000");
        executed_.push_back(body);
        ok(line);
    } else if (word == "M400") {
        if (!planner_ms_.empty()) return false;
        ok(line);
    } else if (word == "M105") {
        ok(line, temperatures());
    } else if (word == "M115") {
        say("FIRMWARE_NAME:Marlin model (Nov 21 2026 19:19:04) SOURCE_CODE_URL:github.com/x "
            "PROTOCOL_VERSION:1.0 "
            "MACHINE_TYPE:Model UUID:cede2a2f-41a2");
        say(std::string("Cap:AUTOREPORT_TEMP:") + (settings_.autoreport ? "1" : "0"));
        say(std::string("Cap:EMERGENCY_PARSER:") + (settings_.emergency_parser ? "1" : "0"));
        ok(line);
    } else if (word == "M155") {
        report_every_ms_ = std::atoi(body.c_str() + 6) * 1000;
        report_ms_ = 0;
        ok(line);
    } else if (word == "M113") {
        if (settings_.busy)
            keepalive_ms_ = std::atoi(body.c_str() + 6) * 1000;
        else
            say("echo:Unknown command: \"" + body + "\"");
        ok(line);
    } else if (word == "M117") {
        executed_.push_back(body);
        ok(line);
    } else if (word == "M110" || word == "M108") {
        ok(line);
    } else {
        say("echo:Unknown command: \"" + body + "\"");
        ok(line);
    }
    return true;
}

void firmware_model::step()
{
    wire_credit_ += settings_.bytes_per_ms;
    for (; wire_credit_ >= 1; wire_credit_ -= 1) {
        if (wire_.empty()) continue;
        const char c = wire_.front();
        wire_.pop_front();
        if (dead_) continue;
        if (received_.size() >= settings_.receive_buffer) {
            ++overflows_;
            continue;
        }
        received_ += c;
        if (settings_.emergency_parser && c == '\n' && received_.ends_with("M108\n")) break_wait_ = true;
        if (settings_.emergency_parser && c == '\n' && received_.ends_with("M112\n")) take_line("M112");
    }
    if (dead_) return;
    if (!planner_ms_.empty()) {
        planner_ms_.front() -= 1;
        if (planner_ms_.front() <= 0) planner_ms_.pop_front();
    }
    read_lines();
    if (!queue_.empty()) {
        if (execute(queue_.front())) {
            queue_.pop_front();
            block_ms_ = -1;
            busy_ms_ = 0;
            break_wait_ = false;
        } else if (settings_.busy && keepalive_ms_ > 0 && ++busy_ms_ >= keepalive_ms_) {
            busy_ms_ = 0;
            say("echo:busy: processing");
        }
    }
    if (report_every_ms_ > 0 && ++report_ms_ >= report_every_ms_) {
        report_ms_ = 0;
        say(" " + temperatures());
    }
}

} // namespace layerline::tests
