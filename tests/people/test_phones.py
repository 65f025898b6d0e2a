"""Phone numbers in one form."""

from __future__ import annotations

import pytest

from gezhi.people.phones import NotAPhone, normalised


@pytest.mark.parametrize(
    "typed",
    [
        "13812345678",
        "+86 138 1234 5678",
        "0086-138-1234-5678",
        "8613812345678",
        "１３８１２３４５６７８",
        "(138) 1234–5678",
    ],
)
def test_a_mobile_number_has_one_form(typed: str) -> None:
    assert normalised(typed) == "13812345678"


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("0791-86221234", "079186221234"),
        ("+86 791 8622 1234", "079186221234"),
        ("+86 (0)791 8622 1234", "079186221234"),
        ("010 6552 9988", "01065529988"),
        ("+86 10 6552 9988", "01065529988"),
        ("0793-8221234", "07938221234"),
    ],
)
def test_a_landline_number_keeps_its_area_code(typed: str, form: str) -> None:
    assert normalised(typed) == form


@pytest.mark.parametrize(
    "typed",
    ["", "无", "12345", "86221234", "1381234567", "138123456789", "12812345678", "+1 650 253 0000", "00000000000",
     "0101234567", "1381234567a", "²³³", "+86", "13812345678 13912345678", "๑๓๘๑๒๓๔๕๖๗๘"],
)  # fmt: skip
def test_nonsense_is_refused_without_being_quoted(typed: str) -> None:
    with pytest.raises(NotAPhone) as refused:
        normalised(typed)
    assert str(refused.value) == ""
