"""Coordinate systems: known pairs, and the way there and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gezhi.places.systems import gcj02_to_bd09, to_wgs84, wgs84_to_gcj02

CHINA = {"lng": st.floats(74, 134), "lat": st.floats(4, 53)}


@pytest.mark.parametrize(
    ("true", "shifted"),
    [  # pairs that independent implementations of the formula publish in their tests
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ],
)
def test_P4_gcj02_agrees_with_known_pairs(true: tuple[float, float], shifted: tuple[float, float]) -> None:
    assert wgs84_to_gcj02(np.array(true)) == pytest.approx(shifted, abs=1e-9)
    assert to_wgs84(shifted, "gcj02") == pytest.approx(true, abs=1e-9)


def test_P4_bd09_agrees_with_a_known_pair() -> None:
    assert to_wgs84((116.41661560068297, 39.92196580126834), "bd09") == pytest.approx((116.403988, 39.914266), abs=1e-6)


@given(**CHINA)
def test_P4_the_inverse_is_exact_everywhere_in_china(lng: float, lat: float) -> None:
    point = np.array([lng, lat])
    shifted = wgs84_to_gcj02(point)
    metres = np.abs(shifted - point) * 111_320
    assert 0 < metres.max() < 1_500
    assert to_wgs84(shifted, "gcj02") == pytest.approx(point, abs=1e-8)
    assert to_wgs84(gcj02_to_bd09(shifted), "bd09") == pytest.approx(point, abs=1e-8)


def test_many_points_at_once_are_the_same_as_one_by_one() -> None:
    points = np.array([[115.87, 28.69], [116.1, 28.4], [10.0, 50.0]])
    for system in ("wgs84", "gcj02", "bd09", "cgcs2000"):
        one_by_one = [to_wgs84(point, system) for point in points]
        assert to_wgs84(points, system) == pytest.approx(np.array(one_by_one), abs=1e-9)


def test_nothing_is_shifted_outside_china_nor_in_the_national_datum() -> None:
    assert (wgs84_to_gcj02(np.array([2.35, 48.85])) == [2.35, 48.85]).all()
    assert (to_wgs84((115.87, 28.69), "cgcs2000") == [115.87, 28.69]).all()


def test_another_system_is_not_guessed() -> None:
    with pytest.raises(KeyError):
        to_wgs84((115.87, 28.69), "utm")
