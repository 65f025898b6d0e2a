"""What somebody types into the search field of a list, as conditions on cases named c.

A case's number is found by its beginning, a receipt by its whole code, a text or an address by any two characters or
more of it. Texts go through the index of their pairs of characters (case_texts) and are then compared themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from gezhi.cases.texts import SAYING

FEW = 4000
"""Up to so many candidates are looked at each; what is more common than that is soon met by walking the list."""


def day_begins(name: str, plus: int = 0) -> str:
    """SQL: the moment at which a day of the city begins; the parameter `name` is a date, `plus` days are added."""
    return f"((%({name})s::date + {plus})::timestamp at time zone 'Asia/Shanghai')"


_DATED = re.compile(r"\d{6}-(\d{0,8})(-\d*)?")

_NUMBER = "starts_with(c.number, %(q)s)"
# The day in a number is the day its case was made: so the index by time leads to it.
_MADE = f"c.created_at >= {day_begins('made_from')} and c.created_at < {day_begins('made_to', 1)}"
_RECEIPT = "select r.case_id from reports r where r.city = %(city)s and r.receipt_code = upper(%(q)s)"
# `offset 0`: looked up for each case; the planner would rather read the texts of the whole city first.
_TEXT = f"""(c.id = any (array({_RECEIPT})) or strpos(lower(c.address), lower(%(q)s)) > 0 or exists (
      select from event_bodies b
       where b.city = c.city and b.case_id = c.id and strpos(lower(b.body ->> 'text'), lower(%(q)s)) > 0
         and exists (select from events e where e.city = b.city and e.case_id = b.case_id and e.seq = b.seq
                        and e.action in {SAYING}) offset 0))"""  # noqa: S608

CANDIDATES = f"""
found as materialized (
  (select t.case_id from case_texts t where t.city = %(city)s and t.pairs @> pairs_v1(%(q)s)
      and pairs_v1(%(q)s) <> '{{}}' limit {FEW + 1})
  union {_RECEIPT}),
common as materialized (select count(*) > {FEW} as yes from found)"""  # noqa: S608
"""Tables for a search by text: the cases that may be meant, and whether they are too many to look at each."""


@dataclass(frozen=True)
class Search:
    """A condition with its arguments; `by_text` when CANDIDATES lead to what it finds."""

    condition: str
    by_text: bool = False
    arguments: dict[str, Any] = field(default_factory=dict)


def search(city: str, q: str) -> Search:
    """How to find what was typed, in a city (4 digits)."""
    if dated := _DATED.fullmatch(q):
        return _numbered(dated[1])
    if q.isascii() and q.isdigit() and len(q) <= 6 and (q.startswith(city) or city.startswith(q)):
        return Search(_NUMBER)
    return Search(_TEXT, by_text=True) if len(q) > 1 else Search("false")


def _numbered(digits: str) -> Search:
    """The beginning of a number with these digits of its day, YYYYMMDD."""
    try:
        if len(digits) == 8:
            first = last = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        elif len(digits) >= 4:
            first, last = date(int(digits[:4]), 1, 1), date(int(digits[:4]), 12, 31)
        else:
            return Search(_NUMBER)
    except ValueError:  # no such day
        return Search("false")
    return Search(f"{_NUMBER} and {_MADE}", arguments={"made_from": first, "made_to": last})
