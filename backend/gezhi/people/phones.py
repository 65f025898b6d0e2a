"""Phone numbers of the mainland: one form for each, so that the same number is found again however it was typed."""

from __future__ import annotations

import re
import unicodedata

_SEPARATORS = re.compile(r"[\s\-‐-―().·]+")
_ABROAD = re.compile(r"(?:\+|00)86")
_MOBILE = re.compile(r"1[3-9]\d{9}")
# 010 and 02x have eight digits behind them, the other area codes seven or eight (YD/T 1398, long-distance numbering).
_LANDLINE = re.compile(r"0(?:10|2\d)[2-9]\d{7}|0[3-9]\d{2}[2-9]\d{6,7}")


class NotAPhone(ValueError):
    """What was typed is no mainland number. It never carries the text: a slip of the finger is still a person's."""


def normalised(phone: str) -> str:
    """The digits alone: 11 of a mobile number, or a landline number with its area code (0791…).

    +86, 0086, a bare 86 before a mobile number, separators and full-width digits are taken off. Raises NotAPhone for
    anything else.
    """
    digits = _SEPARATORS.sub("", unicodedata.normalize("NFKC", phone))
    if abroad := _ABROAD.match(digits):
        digits = digits[abroad.end() :]
        if not _MOBILE.fullmatch(digits) and not digits.startswith("0"):
            digits = f"0{digits}"  # from abroad the area code has no 0
    elif len(digits) == 13 and digits.startswith("86"):
        digits = digits[2:]
    if digits.isascii() and (_MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits)):
        return digits
    raise NotAPhone
