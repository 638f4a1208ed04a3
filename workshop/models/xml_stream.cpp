#include "workshop/models/xml_stream.hpp"

#include "workshop/models/import_limits.hpp"

#include <expat.h>

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

namespace layerline::workshop {

namespace {

constexpr int most_depth = 64;
constexpr char separator = '|';

std::string_view local(std::string_view name)
{
    const auto at = name.rfind(separator);
    return at == std::string_view::npos ? name : name.substr(at + 1);
}

} // namespace

std::optional<std::string_view> xml_attributes::find(std::string_view name) const
{
    for (auto at = all_; *at != nullptr; at += 2)
        if (local(at[0]) == name) return std::string_view(at[1]);
    return std::nullopt;
}

struct xml_stream::state {
    xml_listener& listener;
    std::string where;
    XML_Parser parser = XML_ParserCreateNS(nullptr, separator);
    int depth = 0;
    std::optional<model_failure> failure = {};
    std::exception_ptr thrown = {}; // through the library nothing is thrown

    void stop(model_failure why)
    {
        if (!failure) failure = std::move(why);
        XML_StopParser(parser, XML_FALSE);
    }

    std::string place() const
    {
        return where + ", line " + std::to_string(XML_GetCurrentLineNumber(parser)) + ": ";
    }

    template <class Work>
    static void guarded(void* of, Work work)
    {
        auto& self = *static_cast<state*>(of);
        if (self.failure || self.thrown) return; // the library may tell of what it had read already
        try {
            const model_result<void> done = work(self);
            if (done.has_error()) self.stop({done.error().code, self.place() + text_of(done.error())});
        } catch (...) {
            self.thrown = std::current_exception();
            XML_StopParser(self.parser, XML_FALSE);
        }
    }

    static void begun(void* of, const char* name, const char** attributes)
    {
        guarded(of, [&](state& self) -> model_result<void> {
            if (++self.depth > most_depth) return unreadable("elements stand too deep in each other.");
            return self.listener.begin(local(name), xml_attributes(attributes));
        });
    }

    static void ended(void* of, const char* name)
    {
        guarded(of, [&](state& self) -> model_result<void> {
            --self.depth;
            return self.listener.end(local(name));
        });
    }

    static void between(void* of, const char* text, int size)
    {
        guarded(of, [&](state& self) -> model_result<void> {
            return self.listener.text({text, static_cast<std::size_t>(size)});
        });
    }

    static void document_type(void* of, const char*, const char*, const char*, int)
    {
        guarded(of, [](state&) -> model_result<void> { return unreadable("a document type is not taken."); });
    }
};

xml_stream::xml_stream(xml_listener& listener, std::string where)
    : state_(new state{listener, std::move(where)})
{
    if (state_->parser == nullptr) throw std::bad_alloc();
    XML_SetUserData(state_->parser, state_.get());
    XML_SetElementHandler(state_->parser, &state::begun, &state::ended);
    XML_SetCharacterDataHandler(state_->parser, &state::between);
    XML_SetStartDoctypeDeclHandler(state_->parser, &state::document_type);
}

xml_stream::~xml_stream()
{
    XML_ParserFree(state_->parser);
}

model_result<void> xml_stream::feed(std::string_view piece, bool last)
{
    constexpr std::size_t at_once = 1U << 20U;
    do {
        const auto part = piece.substr(0, std::min(piece.size(), at_once));
        piece.remove_prefix(part.size());
        const auto done = XML_Parse(state_->parser, part.data(), static_cast<int>(part.size()),
                                    last && piece.empty() ? XML_TRUE : XML_FALSE);
        if (state_->thrown) std::rethrow_exception(state_->thrown);
        if (state_->failure) return *state_->failure;
        if (done == XML_STATUS_ERROR) {
            const auto code = XML_GetErrorCode(state_->parser);
            if (code == XML_ERROR_NO_MEMORY) throw std::bad_alloc();
            return unreadable(state_->place() + XML_ErrorString(code) + ".");
        }
    } while (!piece.empty());
    return {};
}

} // namespace layerline::workshop
