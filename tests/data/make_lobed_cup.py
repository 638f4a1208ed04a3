#!/usr/bin/env python3
"""Writes lobed_cup.stl (ASCII): a solid with eight lobes, twisted as it rises. A shape of our own for a test print.

Usage: make_lobed_cup.py > lobed_cup.stl
"""
import math

SEGMENTS, LAYERS, HEIGHT_MM, RADIUS_MM, LOBE_MM, TWIST_RAD = 96, 12, 6.0, 14.0, 1.5, 0.4


def ring(level):
    z = HEIGHT_MM * level / LAYERS
    twist = TWIST_RAD * level / LAYERS
    points = []
    for i in range(SEGMENTS):
        angle = 2 * math.pi * i / SEGMENTS
        radius = RADIUS_MM + LOBE_MM * math.cos(8 * angle) - 1.5 * level / LAYERS
        points.append((radius * math.cos(angle + twist), radius * math.sin(angle + twist), z))
    return points


def facet(a, b, c):
    print("facet normal 0 0 0\nouter loop")
    for p in (a, b, c):
        print("vertex %.5f %.5f %.5f" % p)
    print("endloop\nendfacet")


print("solid lobed_cup")
rings = [ring(level) for level in range(LAYERS + 1)]
for low, high in zip(rings, rings[1:]):
    for i in range(SEGMENTS):
        j = (i + 1) % SEGMENTS
        facet(low[i], low[j], high[j])
        facet(low[i], high[j], high[i])
for i in range(SEGMENTS):
    j = (i + 1) % SEGMENTS
    facet((0, 0, 0.0), rings[0][j], rings[0][i])
    facet((0, 0, HEIGHT_MM), rings[-1][i], rings[-1][j])
print("endsolid lobed_cup")
