"""Names of places as people say them: `东湖区 滕王阁街道 民巷社区 第1网格`."""

from __future__ import annotations

import re
from collections.abc import Iterable

_COMMITTEE = re.compile(r"(社区)?(居民委员会|居委会)$|(村)?(村民委员会|村委会)$")


def short(name: str) -> str:
    """A community's name without its committee: 民巷社区居委会 -> 民巷社区, 太平村委会 -> 太平村."""

    def place(found: re.Match[str]) -> str:
        return "社区" if found[2] else "村"

    return _COMMITTEE.sub(place, name)


def label(names: Iterable[str]) -> str:
    """The names from district to grid as one line; a grid's name loses its community's, which stands before it."""
    parts: list[str] = []
    above = ""
    for name in names:
        parts.append(short(name.removeprefix(above) or name))
        above = name
    return " ".join(parts)
