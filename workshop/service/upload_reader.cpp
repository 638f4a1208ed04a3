#include "workshop/service/upload_reader.hpp"

#include "workshop/models/file_kind.hpp"
#include "workshop/models/model_format.hpp"
#include "workshop/operations/parameters.hpp"
#include "workshop/service/model_routes.hpp"

namespace layerline::workshop {

namespace {

constexpr std::size_t head_bytes = 512;

} // namespace

std::optional<model_failure> refused_as_no_model(std::string_view head)
{
    const auto kind = kind_of_no_model(head);
    if (!kind || kind->picture) return std::nullopt;
    return model_failure{model_errc::type_not_accepted,
                         "This is " + std::string(kind->what) +
                             ". Files that are taken: " + std::string(read_formats) + "."};
}

upload_reader::upload_reader(const std::optional<std::string>& boundary, std::string name,
                             std::uint64_t most_bytes)
    : name_(std::move(name)), most_(most_bytes), in_file_(!boundary), had_file_(!boundary)
{
    if (boundary) form_.emplace(*boundary);
}

model_result<std::string> upload_reader::take(std::string_view bytes)
{
    std::string file;
    if (!form_) {
        file = bytes;
    } else {
        form_->push(bytes);
        for (bool more = true; more;) {
            switch (form_->next()) {
            case commands::form_step::part:
                in_file_ = form_->part().filename || form_->part().name == "file";
                if (in_file_ && had_file_) return invalid_parameter("file");
                if (in_file_) name_ = form_->part().filename.value_or("");
                had_file_ = had_file_ || in_file_;
                break;
            case commands::form_step::content:
                if (in_file_) file += form_->content();
                break;
            case commands::form_step::part_end:
                in_file_ = false;
                break;
            case commands::form_step::end:
                form_over_ = true;
                more = false;
                break;
            case commands::form_step::need_more:
                more = false;
                break;
            case commands::form_step::fault:
                return invalid_parameter("file");
            }
        }
    }
    bytes_ += file.size();
    if (bytes_ > most_)
        return model_failure{model_errc::file_too_big, "File is too big: more than " + std::to_string(most_) +
                                                           " bytes. File was not saved."};
    if (head_.size() < head_bytes) head_.append(file, 0, head_bytes - head_.size());
    return file;
}

model_result<std::string> upload_reader::end()
{
    if (form_ && (!form_over_ || !had_file_)) return invalid_parameter("file");
    if (bytes_ == 0) return model_failure{model_errc::file_empty, "File content is empty."};
    if (auto other = refused_as_no_model(head_)) return *std::move(other);
    return plain_file_name(name_);
}

} // namespace layerline::workshop
