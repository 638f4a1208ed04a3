#include "workshop/operation_command.hpp"

#include "workshop/models/model_file.hpp"
#include "workshop/operations/operation.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <iostream>

#include <unistd.h>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 4> with_own_command{"import", "analyze", "export", "repair"};

std::string option_name(std::string_view parameter)
{
    std::string name = "--";
    for (const auto c : parameter) {
        const bool capital = c >= 'A' && c <= 'Z';
        if (capital) name += '-';
        name += capital ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return name;
}

std::string help(const parameter& row)
{
    std::string text(row.meaning);
    for (std::size_t i = 0; i < row.choices.size(); ++i)
        text += (i == 0 ? ": " : ", ") + std::string(row.choices[i]);
    if (row.kind == parameter_kind::list) {
        text += ": each as ";
        for (const auto& field : fields_of(row))
            text += (&field == row.fields ? "" : ",") + std::string(field.name);
        return text;
    }
    if (row.most > row.least) text += ", " + json(row.least).dump() + " to " + json(row.most).dump();
    return text;
}

json value_of(const std::string& text, parameter_kind kind)
{
    if (kind != parameter_kind::number && kind != parameter_kind::whole) return text;
    double value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size()) return text; // refused as no number
    return value;
}

// Of "1,2,3,4": the fields in their order. What is missing or too much is refused with the rest.
json entry_of(const std::string& text, const parameter& row)
{
    auto entry = json::object();
    std::string_view rest = text;
    for (const auto& field : fields_of(row)) {
        const bool last = &field == row.fields + row.field_count - 1;
        const auto comma = last ? std::string_view::npos : rest.find(',');
        entry[std::string(field.name)] = value_of(std::string(rest.substr(0, comma)), field.kind);
        rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
    return entry;
}

json value_of(const operation_command::given& option, const parameter& row)
{
    if (row.kind == parameter_kind::flag) return option.on;
    if (row.kind != parameter_kind::list) return value_of(option.text, row.kind);
    auto all = json::array();
    for (const auto& one : option.texts)
        all.push_back(entry_of(one, row));
    return all;
}

int failed(const model_failure& why)
{
    const auto& row = row_of(why.code);
    std::cerr << "layerline-workshop: " << text_of(why) << "\n  " << row.advice << " ("
              << static_cast<int>(why.code) << ", " << row.name << ")\n";
    return 1;
}

// What an operation leaves is STL; other formats are made of that.
model_result<void> converted(const operation_command& commands, std::size_t most_bytes)
{
    const auto model = load_model(commands.out, "mm", most_bytes);
    if (model.has_error()) return model.error();
    return write_model(commands.out, *model, commands.format);
}

} // namespace

void add_operation_commands(CLI::App& models, operation_command& into)
{
    for (const auto& row : operation_table()) {
        if (std::find(with_own_command.begin(), with_own_command.end(), row.name) != with_own_command.end())
            continue;
        auto& entry = into.all.emplace_back();
        entry.row = &row;
        auto* const command = models.add_subcommand(std::string(row.name), std::string(row.does));
        entry.command = command;
        if (row.other_name != row.name) command->alias(std::string(row.other_name));
        command->add_option("FILE", into.file, "the model")->required();
        command->add_option("-o,--output", into.out, "the file to write")->required();
        command->add_option("--units", into.units, "of the file: mm, cm, m, inch or foot")
            ->capture_default_str();
        command->add_flag("--json", into.json, "the result as the Model API answers it");
        if (row.output == operation_output::model)
            command->add_option("--to", into.format, std::string(written_formats))->capture_default_str();
        for (const auto& one : row.parameters) {
            if (one.kind == parameter_kind::model || one.name == "measurementUnits") continue;
            auto& given = entry.parameters.emplace_back();
            given.name = one.name;
            const auto name = option_name(one.name);
            given.option = one.kind == parameter_kind::flag ? command->add_flag(name, given.on, help(one))
                           : one.kind == parameter_kind::list
                               ? command->add_option(name, given.texts, help(one))->allow_extra_args(false)
                               : command->add_option(name, given.text, help(one));
        }
    }
}

const operation_command::entry* asked_for(const operation_command& commands)
{
    const auto hit = std::find_if(commands.all.begin(), commands.all.end(),
                                  [](const auto& entry) { return entry.command->parsed(); });
    return hit != commands.all.end() ? &*hit : nullptr;
}

int run_operation(const operation_command& commands, const operation_command::entry& which,
                  std::size_t most_bytes)
{
    json given{{input_parameter(*which.row), "file"}, {"measurementUnits", commands.units}};
    for (const auto& one : which.row->parameters)
        for (const auto& option : which.parameters)
            if (option.name == one.name && !option.option->empty())
                given[option.name] = value_of(option, one);
    auto checked = checked_parameters(given, which.row->parameters);
    if (checked.has_error()) return failed(checked.error());
    operation_input input;
    input.parameters = *std::move(checked);
    input.source = commands.file;
    input.output = commands.out;
    input.most_bytes = most_bytes;
    input.progress = &show_progress;
    const auto ready = which.row->make_ready != nullptr ? which.row->make_ready() : model_result<void>();
    const auto fields = ready.has_error() ? ready.error() : which.row->run(input);
    show_progress(-1);
    if (fields.has_error()) return failed(fields.error());
    if (which.row->output == operation_output::model && commands.format != "stl")
        if (const auto done = converted(commands, most_bytes); done.has_error()) return failed(done.error());
    if (commands.json)
        std::cout << fields->dump(2) << '\n';
    else
        for (const auto& [name, value] : fields->items())
            std::cout << name << ": " << (value.is_string() ? value.get<std::string>() : value.dump())
                      << '\n';
    return 0;
}

void show_progress(double done)
{
    static const bool terminal = ::isatty(STDERR_FILENO) == 1;
    static int told = -1;
    const int hundredths = static_cast<int>(done * 100);
    if (!terminal || hundredths == told) return;
    told = hundredths;
    constexpr int length = 40;
    const int filled = std::clamp(hundredths * length / 100, 0, length);
    if (done < 0)
        std::fputs("\r\x1b[K", stderr);
    else
        std::fprintf(stderr, "\r[%s%s] %3d %%", std::string(filled, '#').c_str(),
                     std::string(length - filled, ' ').c_str(), hundredths);
}

} // namespace layerline::workshop
