# Third-party libraries, all from Debian 12; docs/architecture.md gives the reason for each.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS url)
# The archives of what is used little of: of a shared library more is resident than a program uses.
find_library(BOOST_URL_ARCHIVE libboost_url.a REQUIRED)
set_target_properties(Boost::url PROPERTIES IMPORTED_LOCATION_RELEASE ${BOOST_URL_ARCHIVE})
find_package(OpenSSL 3 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2>=1.52)
pkg_check_modules(SERIALPORT REQUIRED IMPORTED_TARGET libserialport)
pkg_check_modules(PROMETHEUS REQUIRED IMPORTED_TARGET prometheus-cpp-core) # not its own web server
find_path(TOMLPLUSPLUS_INCLUDE toml++/toml.h REQUIRED) # its headers alone: one source of a program reads TOML
find_package(SOCI CONFIG QUIET)
find_library(SOCI_CORE libsoci_core.a REQUIRED)
find_library(SOCI_SQLITE3 libsoci_sqlite3.a REQUIRED)
find_path(SOCI_INCLUDE soci/soci.h REQUIRED)
add_library(layerline_soci INTERFACE)
add_library(layerline::soci ALIAS layerline_soci)
target_include_directories(layerline_soci SYSTEM INTERFACE ${SOCI_INCLUDE})
target_link_libraries(layerline_soci INTERFACE ${SOCI_SQLITE3} ${SOCI_CORE} sqlite3 ${CMAKE_DL_LIBS})

# OpenVDB's own CMake module asks for more of Boost than is here; a header path and three libraries are all it needs.
if(LAYERLINE_WORKSHOP)
    find_path(OPENVDB_INCLUDE openvdb/openvdb.h REQUIRED)
    find_library(OPENVDB_LIBRARY openvdb REQUIRED)
    find_package(TBB REQUIRED)
    find_package(Imath CONFIG REQUIRED)
    add_library(layerline_openvdb INTERFACE)
    add_library(layerline::openvdb ALIAS layerline_openvdb)
    target_include_directories(layerline_openvdb SYSTEM INTERFACE ${OPENVDB_INCLUDE})
    target_link_libraries(layerline_openvdb INTERFACE ${OPENVDB_LIBRARY} Imath::Imath TBB::tbb Boost::headers)
    find_path(EMBREE_INCLUDE embree3/rtcore.h REQUIRED)
    find_library(EMBREE_LIBRARY embree3 REQUIRED)
    add_library(layerline_embree INTERFACE)
    add_library(layerline::embree ALIAS layerline_embree)
    target_include_directories(layerline_embree SYSTEM INTERFACE ${EMBREE_INCLUDE})
    target_link_libraries(layerline_embree INTERFACE ${EMBREE_LIBRARY} TBB::tbb)
    find_package(meshoptimizer 0.18 CONFIG REQUIRED)
    find_package(EXPAT REQUIRED)
    find_package(JPEG REQUIRED)
    find_package(PNG REQUIRED)
    find_package(ZLIB REQUIRED)
endif()

# Asio and Beast, their bodies compiled once, their headers once (10-35 s of CPU for each unit otherwise).
add_library(layerline_net STATIC ${PROJECT_SOURCE_DIR}/cmake/net_bodies.cpp ${PROJECT_SOURCE_DIR}/cmake/net_beast_bodies.cpp)
add_library(layerline::net ALIAS layerline_net)
target_compile_definitions(layerline_net PUBLIC
    BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
    # Asio keeps two freed pieces of each kind, of up to 1 KiB; ours (transport/small_blocks.hpp) keeps more.
    BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING BOOST_ASIO_DISABLE_SMALL_BLOCK_RECYCLING)
target_link_libraries(layerline_net PUBLIC layerline::options Boost::headers Boost::url OpenSSL::SSL Threads::Threads)
target_precompile_headers(layerline_net PRIVATE ${PROJECT_SOURCE_DIR}/cmake/net_pch.hpp)
