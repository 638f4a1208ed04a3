// The squared distances to planes, weighted by area, as one quadratic form.
#pragma once

#include "workshop/models/mesh.hpp"

#include <algorithm>

namespace layerline::workshop {

struct quadric {
    double xx = 0, xy = 0, xz = 0, yy = 0, yz = 0, zz = 0, xd = 0, yd = 0, zd = 0, dd = 0, weight = 0;

    // The plane at which n·p + d is 0; `n` of unit length.
    void take(const vector3& n, double d, double w)
    {
        xx += w * n.x * n.x, xy += w * n.x * n.y, xz += w * n.x * n.z;
        yy += w * n.y * n.y, yz += w * n.y * n.z, zz += w * n.z * n.z;
        xd += w * n.x * d, yd += w * n.y * d, zd += w * n.z * d;
        dd += w * d * d, weight += w;
    }
    void take(const quadric& o)
    {
        xx += o.xx, xy += o.xy, xz += o.xz, yy += o.yy, yz += o.yz, zz += o.zz;
        xd += o.xd, yd += o.yd, zd += o.zd, dd += o.dd, weight += o.weight;
    }
    // The sum of all, at that place.
    double at(const point& p) const
    {
        const double x = p.x, y = p.y, z = p.z;
        const auto sum = x * (xx * x + 2 * (xy * y + xz * z + xd)) + y * (yy * y + 2 * (yz * z + yd)) +
                         z * (zz * z + 2 * zd) + dd;
        return std::max(sum, 0.0);
    }
    // Where the sum is least; along what the planes leave open not far from there.
    point best_near(const point& p) const
    {
        constexpr double flat_share = 1e-3; // of the trace: holds points where planes are parallel
        const double x = p.x, y = p.y, z = p.z, stiff = flat_share * (xx + yy + zz);
        const double a = xx + stiff, d = yy + stiff, f = zz + stiff;
        const vector3 slope{xx * x + xy * y + xz * z + xd, xy * x + yy * y + yz * z + yd,
                            xz * x + yz * y + zz * z + zd};
        // Cramer's rule for the symmetric matrix a xy xz, xy d yz, xz yz f.
        const auto aa = d * f - yz * yz, ab = xz * yz - xy * f, ac = xy * yz - xz * d;
        const auto whole = a * aa + xy * ab + xz * ac;
        if (!(whole > 0)) return p;
        const auto bb = a * f - xz * xz, bc = xy * xz - a * yz, cc = a * d - xy * xy;
        const vector3 by{aa * slope.x + ab * slope.y + ac * slope.z,
                         ab * slope.x + bb * slope.y + bc * slope.z,
                         ac * slope.x + bc * slope.y + cc * slope.z};
        return {static_cast<float>(x - by.x / whole), static_cast<float>(y - by.y / whole),
                static_cast<float>(z - by.z / whole)};
    }
};

} // namespace layerline::workshop
