// A mesh in Embree's tree. Included by what asks it alone.
#pragma once

#include "workshop/models/mesh.hpp"

#include <embree3/rtcore.h>

#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

namespace layerline::workshop {

class embree_scene {
public:
    // Copies the mesh. Throws std::bad_alloc.
    embree_scene(const mesh& model, unsigned threads)
        : device_(rtcNewDevice(("threads=" + std::to_string(threads)).c_str()), &rtcReleaseDevice),
          scene_(nullptr, &rtcReleaseScene)
    {
        if (!device_) throw std::bad_alloc();
        scene_.reset(rtcNewScene(device_.get()));
        rtcSetSceneFlags(scene_.get(), RTC_SCENE_FLAG_ROBUST);
        const std::unique_ptr<RTCGeometryTy, void (*)(RTCGeometry)> shape(
            rtcNewGeometry(device_.get(), RTC_GEOMETRY_TYPE_TRIANGLE), &rtcReleaseGeometry);
        fill(shape.get(), RTC_BUFFER_TYPE_VERTEX, RTC_FORMAT_FLOAT3, model.points);
        fill(shape.get(), RTC_BUFFER_TYPE_INDEX, RTC_FORMAT_UINT3, model.triangles);
        rtcCommitGeometry(shape.get());
        rtcAttachGeometry(scene_.get(), shape.get());
        rtcCommitScene(scene_.get());
        if (rtcGetDeviceError(device_.get()) != RTC_ERROR_NONE) throw std::bad_alloc();
    }

    RTCScene get() const { return scene_.get(); }

private:
    template <class Row>
    static void fill(RTCGeometry shape, RTCBufferType what, RTCFormat how, const std::vector<Row>& rows)
    {
        static_assert(sizeof(Row) == 12);
        void* const into = rtcSetNewGeometryBuffer(shape, what, 0, how, sizeof(Row), rows.size());
        if (into == nullptr) throw std::bad_alloc();
        std::memcpy(into, rows.data(), rows.size() * sizeof(Row));
    }

    std::unique_ptr<RTCDeviceTy, void (*)(RTCDevice)> device_;
    std::unique_ptr<RTCSceneTy, void (*)(RTCScene)> scene_;
};

} // namespace layerline::workshop
