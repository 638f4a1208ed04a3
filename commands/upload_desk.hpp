// Uploads in parts, for the commands: the shelf on a disk thread of its own, and the way of a whole file into
// the store, which goes on when its sender is gone.
#pragma once

#include "commands/disk_threads.hpp"
#include "commands/file_store.hpp"
#include "commands/upload_shelf.hpp"
#include "transport/exchange.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace layerline::commands {

// Used from one io_context, which must outlive it; so must the store.
class upload_desk {
public:
    // `disk`: of one thread; it may be shared. `in_use`: whether a job that has not ended prints the file of
    // that path.
    upload_desk(transport::net::io_context& context, file_store& files, std::unique_ptr<upload_shelf> shelf,
                std::function<bool(const std::string&)> in_use,
                std::shared_ptr<disk_threads> disk = std::make_shared<disk_threads>(1));
    ~upload_desk();
    upload_desk(const upload_desk&) = delete;
    upload_desk& operator=(const upload_desk&) = delete;

    transport::task<upload_answer> create(upload_record wish);
    // The upload's bytes from `offset` on, as many as the body has. With the last byte the file is put in its
    // place, unless the upload was begun otherwise. A body that breaks off leaves what came.
    transport::task<upload_answer> append(std::string id, std::uint64_t offset,
                                          std::shared_ptr<transport::body_source> body);
    // Puts a whole upload in its place; `sha256` may be empty. A second call waits for the first.
    transport::task<upload_answer> place(std::string id, std::string sha256);
    transport::task<upload_answer> look(std::string id);
    transport::task<upload_answer> drop(std::string id);
    transport::task<std::vector<upload_facts>> list();

    // Gives up what had no byte for too long, until stop().
    transport::task<void> run();
    // Ends what is being put in its place; it can be asked for again after the next start.
    void stop();

private:
    struct placement;
    transport::task<void> place_now(std::string id, std::string sha256, std::shared_ptr<placement> into);
    void placed(const std::string& id, const std::shared_ptr<placement>& one, bool broke);

    transport::net::io_context& context_;
    file_store& files_;
    std::shared_ptr<upload_shelf> shelf_; // used on the disk thread alone
    std::shared_ptr<disk_threads> disk_;
    std::function<bool(const std::string&)> in_use_;
    std::map<std::string, std::shared_ptr<placement>> placing_;
    transport::net::steady_timer sweep_;
    bool stopping_ = false;
};

} // namespace layerline::commands
