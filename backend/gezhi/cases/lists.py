"""The statement that finds a page of cases.

One branch for each thing that opens cases to the actor (a region, a grid, a post, a unit), so that each walks the index
that fits it, newest first, and stops at a page's length; a single condition with many `or` would read all cases. Only
the rows of the page are joined with names, texts and photos.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gezhi.cases import queries
from gezhi.cases.workflow import OPEN, PAST

Standing = dict[str, list[Any]]

_FILTERS = {
    "category": "c.category_key = %(category)s",
    "kind": "c.matter_kind = %(kind)s and c.matter_code = %(code)s",
    "place": "starts_with(c.region_code, %(place)s)",
    "q": """(strpos(c.number, %(q)s) > 0 or strpos(c.address, %(q)s) > 0 or exists (
      select from event_bodies b where b.city = c.city and b.case_id = c.id and b.seq = 1
         and strpos(b.body ->> 'text', %(q)s) > 0))""",
    "before": "(c.created_at, c.id) < (%(before)s::timestamptz, %(before_id)s::uuid)",
}

# The conditions of the light in queries.ITEM, as comparisons, so that an index on the time can serve them.
_YELLOW = "now() >= c.step_started_at + 0.8 * (c.due_at - c.step_started_at)"
_LIGHTS = {
    "grey": "c.state = 'suspended'",
    "red": "c.state <> 'suspended' and c.due_at <= now()",
    "yellow": f"c.state <> 'suspended' and c.due_at > now() and {_YELLOW}",
    "green": f"c.state <> 'suspended' and c.due_at > now() and ({_YELLOW}) is not true",
}

_BRANCH = """(select c.id, c.created_at from cases c
  where c.city = %(city)s and {conditions} order by c.created_at desc, c.id desc limit %(limit)s)"""
_PAGE = """
with page as materialized (select * from ({branches}) found order by created_at desc, id desc limit %(limit)s)
select {item} from page join cases c on c.city = %(city)s and c.id = page.id {joins}
order by page.created_at desc, page.id desc
"""

Branch = tuple[str, str, Any]
"""A condition with one value: its SQL with {} for the value, the value's type, the value."""


def _each(condition: str, kind: str, values: Sequence[Any]) -> Iterator[Branch]:
    """The same condition once for each value."""
    return ((condition, kind, value) for value in values)


def _mine(standing: Standing) -> Iterator[Branch]:
    """What waits for me: to sign or handle as a post or unit, to verify, to accept or dispatch as a desk."""
    working = "c.state in ('dispatched', 'signed')"
    # Rule C3: nobody verifies what they have handled.
    verifying = "c.state = 'handled' and not coalesce(c.handled_by_post_id = any (%(posts)s::uuid[]), false)"
    yield from _each(f"{working} and c.assignee_post_id = {{}}", "uuid", standing["posts"])
    yield from _each(f"{working} and c.assignee_post_id is null and c.lead_unit_id = {{}}", "uuid", standing["units"])
    yield from _each(f"{verifying} and c.verifier_post_id = {{}}", "uuid", standing["posts"])
    yield from _each(f"{verifying} and starts_with(c.verifier_region, {{}})", "text", standing["desks"])
    yield from _each(
        "c.state in ('reported', 'accepted') and starts_with(c.region_code, {})", "text", standing["desks"]
    )


def _scope(standing: Standing, states: Sequence[str]) -> Iterator[Branch]:
    """All that I may see (rules P7, P8); open cases and those that are over have indexes of their own."""
    for part in (OPEN, PAST):
        if part_has := f"c.state in {part}" if set(part) & set(states) else "":
            yield from _each(f"{part_has} and starts_with(c.region_code, {{}})", "text", standing["regions"])
            yield from _each(
                f"{part_has} and c.region_code = {{}} and c.confidentiality <> 'sensitive'", "text", standing["grids"]
            )
            yield from _each(f"{part_has} and c.assignee_post_id = {{}}", "uuid", standing["posts"])
            yield from _each(f"{part_has} and c.lead_unit_id = {{}}", "uuid", standing["all_units"])
    yield from _each("c.state = 'handled' and c.verifier_post_id = {}", "uuid", standing["posts"])


def statement(view: str, light: str | None, standing: Standing, arguments: dict[str, Any]) -> tuple[str, Any]:
    """The SQL of a page and its arguments.

    `arguments` are city, states, limit, and the filters by their parameter's name, None where nothing is asked. An
    actor without any standing gets a statement that finds nothing.
    """
    shared = ["c.state = any (%(states)s::text[])", *(sql for name, sql in _FILTERS.items() if arguments[name])]
    if light:
        shared.append(_LIGHTS[light])
    given = arguments | {"posts": standing["posts"]}
    branches = []
    for place, (condition, kind, value) in enumerate(
        _mine(standing) if view == "mine" else _scope(standing, arguments["states"])
    ):
        given[f"value_{place}"] = value
        own = condition.format(f"%(value_{place})s::{kind}")
        branches.append(_BRANCH.format(conditions=" and ".join([own, *shared])))
    found = " union ".join(branches) or "select null::uuid as id, null::timestamptz as created_at where false"
    return _PAGE.format(branches=found, item=queries.ITEM, joins=queries.JOINS), given
