# Flags that every target of ours carries. The same flags everywhere, so that one precompiled header serves all.
add_library(layerline_options INTERFACE)
add_library(layerline::options ALIAS layerline_options)
target_include_directories(layerline_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_features(layerline_options INTERFACE cxx_std_20)
target_compile_definitions(layerline_options INTERFACE LAYERLINE_VERSION="${PROJECT_VERSION}")
target_compile_options(layerline_options INTERFACE
    $<IF:$<STREQUAL:$<TARGET_PROPERTY:TYPE>,MODULE_LIBRARY>,-fPIC,-fPIE> -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wnull-dereference
    # -Wconversion is left out: Asio's and nlohmann's templates raise it in our instantiations.
    # gcc 12 raises these falsely in coroutine frames and in inlined std::string (gcc bugs 105562, 104336).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-restrict -Wno-null-dereference -fcoroutines>)
# A program with the property LAYERLINE_STATIC has no shared libraries.
target_link_options(layerline_options INTERFACE
    $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:$<IF:$<BOOL:$<TARGET_PROPERTY:LAYERLINE_STATIC>>,-static-pie,-pie>>)

if(LAYERLINE_SANITIZE)
    target_compile_options(layerline_options INTERFACE
        -fsanitize=${LAYERLINE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    # The vptr check opens a pipe to read memory, and reports a bad object where the tests leave no descriptor.
    target_compile_options(layerline_options INTERFACE -fno-sanitize=vptr)
    target_link_options(layerline_options INTERFACE -fsanitize=${LAYERLINE_SANITIZE})
    target_compile_definitions(layerline_options INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(LAYERLINE_FUZZ)
    target_compile_options(layerline_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(LAYERLINE_HARDEN)
    target_compile_options(layerline_options INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong)
    target_compile_definitions(layerline_options INTERFACE _GLIBCXX_ASSERTIONS)
    target_link_options(layerline_options INTERFACE -Wl,-z,relro,-z,now)
    # A bit instead of 24 bytes for each address to be set at the start: 100 KiB less to be read in, and resident.
    target_link_options(layerline_options INTERFACE
        $<IF:$<BOOL:$<TARGET_PROPERTY:LAYERLINE_STATIC>>,,-Wl$<COMMA>-z$<COMMA>pack-relative-relocs>)
endif()

# layerline_room(<folder> SOURCES ... LINK ...): a folder is a static library layerline::<folder>.
# NET says that the room uses Asio or Beast: it then shares their compiled bodies and precompiled header.
function(layerline_room name)
    cmake_parse_arguments(ROOM "NET" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
    add_library(layerline_${name} STATIC ${ROOM_SOURCES})
    add_library(layerline::${name} ALIAS layerline_${name})
    target_link_libraries(layerline_${name} PUBLIC layerline::options ${ROOM_LINK} PRIVATE ${ROOM_PRIVATE_LINK})
    if(ROOM_NET)
        target_link_libraries(layerline_${name} PUBLIC layerline::net)
        target_precompile_headers(layerline_${name} REUSE_FROM layerline_net)
    endif()
endfunction()

# layerline_program(<name> SOURCES ... LINK ...): an executable of ours, installed.
function(layerline_program name)
    cmake_parse_arguments(PROG "NET" "" "SOURCES;LINK" ${ARGN})
    add_executable(${name} ${PROG_SOURCES})
    target_link_libraries(${name} PRIVATE layerline::options ${PROG_LINK})
    target_compile_definitions(${name} PRIVATE)
    if(PROG_NET)
        target_link_libraries(${name} PRIVATE layerline::net)
        target_precompile_headers(${name} REUSE_FROM layerline_net)
    endif()
    install(TARGETS ${name} RUNTIME DESTINATION bin)
endfunction()

# layerline_runs_once(<source>...): compiled small rather than fast, such as the parsing of arguments, which takes a tenth of a
# program's text. Without the precompiled header, which holds for one optimisation only.
function(layerline_runs_once)
    set_source_files_properties(${ARGN} PROPERTIES
        COMPILE_OPTIONS "$<$<CONFIG:Release>:-Os>" SKIP_PRECOMPILE_HEADERS "$<CONFIG:Release>")
endfunction()
