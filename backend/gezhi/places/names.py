"""Names of places as people say them, and the labels and paths made of them.

Names are kept for a minute in each process, so that lists and receipts cost no statement for them; a renamed place
shows its old name for at most that long.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TypedDict

from gezhi.db import connection
from gezhi.places import queries
from gezhi.places.models import LEVELS

KEPT_SECONDS = 60.0


class PathItem(TypedDict):
    """One region on the way from the city down."""

    code: str
    name: str
    level: str


class Labelled(TypedDict):
    """A place's name (民巷社区第1网格), its label (东湖区 滕王阁街道 民巷社区 第1网格), and its path, city first."""

    name: str
    label: str
    path: list[PathItem]


class _Names:
    """The names asked for in the last minute, by code."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.since = 0.0

    def of(self, codes: set[str]) -> dict[str, str]:
        """Names of the codes that exist; asks the database once for those not known."""
        if time.monotonic() - self.since > KEPT_SECONDS:
            self.known, self.since = {}, time.monotonic()
        known = self.known
        if missing := [code for code in codes if code not in known]:
            with connection() as lent:
                known.update(lent.execute(queries.NAMES_OF, {"codes": missing}).fetchall())
        return known


_names = _Names()


def codes_above(code: str) -> list[str]:
    """The codes from the city down to `code` itself (rule P1)."""
    return [code[:digits] for digits in LEVELS if digits <= len(code)]


def labels(codes: Iterable[str]) -> dict[str, Labelled]:
    """Name, label and path of each code that exists; at most one statement however many there are."""
    wanted = set(codes)
    names = _names.of({above for code in wanted for above in codes_above(code)})
    return {code: _labelled(code, names) for code in wanted if code in names}


def _labelled(code: str, names: dict[str, str]) -> Labelled:
    """Names are as people say them; a label leaves out the city, and a grid's part of it the community."""
    path: list[PathItem] = []
    parts: list[str] = []
    outer = ""
    for above in codes_above(code):
        if above not in names:
            continue
        official = names[above]
        own = official.removeprefix(outer) or official
        spoken = short(outer) + own if own != official else short(official)
        path.append({"code": above, "name": spoken, "level": LEVELS[len(above)]})
        parts.append(short(own))
        outer = official
    return {"name": path[-1]["name"], "label": " ".join(parts[1:] or parts), "path": path}


def short(name: str) -> str:
    """A community's name without its committee: 民巷社区居委会 -> 民巷社区, 前进村委会 -> 前进村."""
    for committee in ("居民委员会", "居委员会", "居委会"):
        if name.endswith(committee):
            return name.removesuffix(committee)
    for committee in ("村民委员会", "村委会"):
        if name.endswith(committee):
            place = name.removesuffix(committee)
            return place if place.endswith(("社区", "村")) else place + "村"
    return name
