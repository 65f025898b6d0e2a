"""Coordinate systems a source may state (rule P4), and their way into WGS-84.

`gcj02` is the shifted system of Chinese online maps, `bd09` the second shift Baidu adds to it, `cgcs2000` the national
geodetic datum, equal to WGS-84 within a few centimetres. The shift was never published officially; the formula is the
one in general use since 2010 (a transverse-Mercator like series on the Krasovsky 1940 ellipsoid). It has no closed
inverse, so the inverse is found by fixed-point iteration until the forward formula gives the input back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

SYSTEMS = ("wgs84", "gcj02", "bd09", "cgcs2000")

VAGUEST = 20_040_000
"""Metres, half the way round the Earth: a guess from the network alone may be off by hundreds of kilometres."""

Points = NDArray[np.float64]
"""Degrees, longitude and latitude in the last axis: shape (2,) or (n, 2)."""

_AXIS = 6378245.0
"""Semi-major axis of the Krasovsky 1940 ellipsoid, metres."""
_ECCENTRICITY = 0.00669342162296594323
"""Its eccentricity squared."""
_BAIDU = np.pi * 3000 / 180
_CLOSE = 1e-10
"""Degrees; about a hundredth of a millimetre."""


def to_wgs84(points: Any, system: str) -> Points:
    """The points in WGS-84; `points` and the result are degrees, longitude first. Raises KeyError on another system."""
    given = np.asarray(points, dtype=np.float64)
    return {"wgs84": _same, "cgcs2000": _same, "gcj02": gcj02_to_wgs84, "bd09": _bd09_to_wgs84}[system](given)


def wgs84_to_gcj02(points: Points) -> Points:
    """Points shifted as Chinese online maps shift them; outside China they stay as they are."""
    lng, lat = points[..., 0], points[..., 1]
    east, north = lng - 105.0, lat - 35.0
    wave = 20 * np.sin(6 * np.pi * east) + 20 * np.sin(2 * np.pi * east)
    up = -100 + 2 * east + 3 * north + 0.2 * north**2 + 0.1 * east * north + 0.2 * np.sqrt(np.abs(east))
    up += (wave + 20 * np.sin(np.pi * north) + 40 * np.sin(np.pi / 3 * north)) * 2 / 3
    up += (160 * np.sin(np.pi / 12 * north) + 320 * np.sin(np.pi / 30 * north)) * 2 / 3
    right = 300 + east + 2 * north + 0.1 * east**2 + 0.1 * east * north + 0.1 * np.sqrt(np.abs(east))
    right += (wave + 20 * np.sin(np.pi * east) + 40 * np.sin(np.pi / 3 * east)) * 2 / 3
    right += (150 * np.sin(np.pi / 12 * east) + 300 * np.sin(np.pi / 30 * east)) * 2 / 3
    flatness = 1 - _ECCENTRICITY * np.sin(np.radians(lat)) ** 2
    metres_up = _AXIS * (1 - _ECCENTRICITY) / flatness**1.5
    metres_right = _AXIS / np.sqrt(flatness) * np.cos(np.radians(lat))
    shift = np.degrees(np.stack([right / metres_right, up / metres_up], axis=-1))
    inside = (lng >= 72.004) & (lng <= 137.8347) & (lat >= 0.8293) & (lat <= 55.8271)
    return points + np.where(inside[..., np.newaxis], shift, 0.0)


def gcj02_to_bd09(points: Points) -> Points:
    """Points of the shifted system with Baidu's second shift on top."""
    lng, lat = points[..., 0], points[..., 1]
    radius = np.hypot(lng, lat) + 0.00002 * np.sin(lat * _BAIDU)
    angle = np.arctan2(lat, lng) + 0.000003 * np.cos(lng * _BAIDU)
    return np.stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006], axis=-1)


def gcj02_to_wgs84(points: Points) -> Points:
    """The true points of shifted ones."""
    return _inverse(wgs84_to_gcj02, points)


def _bd09_to_wgs84(points: Points) -> Points:
    return gcj02_to_wgs84(_inverse(gcj02_to_bd09, points))


def _same(points: Points) -> Points:
    return points


def _inverse(forward: Callable[[Points], Points], shifted: Points) -> Points:
    """The points that `forward` moves to `shifted`."""
    guess = shifted
    for _ in range(30):
        miss = forward(guess) - shifted
        guess = guess - miss
        if miss.size == 0 or np.abs(miss).max() < _CLOSE:
            break
    return guess
