"""The statements that find a page of cases, and that count the open ones.

One branch for each thing that opens cases to the actor (a region, a grid, posts, units, tasks), so that each walks the
index that fits it, newest first, and stops at a page's length; a single condition with many `or` would read all cases.
Only the rows of the page are joined with names, texts and photos. What opens a case here is what relations_v1 says of a
single one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from gezhi.cases import queries
from gezhi.cases.queries import NOW
from gezhi.cases.searching import CANDIDATES, day_begins, search
from gezhi.cases.workflow import OPEN, PAST, REQUESTS, TASKS
from gezhi.people.models import DESK_ROLES
from gezhi.people.sessions import Actor

_WORKING = ("handler", "responder", "mediator", *DESK_ROLES)


@dataclass(frozen=True)
class Standing:
    """What an actor's posts open, as the lists that the statements compare with."""

    posts: list[Any]
    working_units: list[Any]
    units: list[Any]
    desks: list[str]
    regions: list[str]
    grids: list[str]

    @classmethod
    def of(cls, actor: Actor) -> Standing:
        """The standing of a signed-in person."""
        posts = actor.posts
        return cls(
            posts=[post.id for post in posts],
            working_units=[post.unit_id for post in posts if post.unit_id and post.role in _WORKING],
            units=list(actor.units),
            desks=sorted({p.region_code for p in posts if p.unit_function == "centre" and p.role in DESK_ROLES}),
            regions=list(actor.desk_regions),
            grids=sorted({post.region_code for post in posts if not post.unit_id}),
        )


_FILTERS = {
    "category": "c.category_key = %(category)s",
    "kind": "c.matter_kind = %(kind)s and c.matter_code = %(code)s",
    "group": """(c.matter_kind, c.matter_code) in (
      select m.kind, m.code from city_matters m where m.city = %(city)s and m.group_key = %(group)s)""",
    "place": "starts_with(c.region_code, %(place)s)",
    "channel": "c.channel = %(channel)s",
    "urgency": "c.urgency = %(urgency)s",
    "assignee": "(c.assignee_post_id = %(assignee)s or c.lead_unit_id = %(assignee)s)",
    "since": f"c.created_at >= {day_begins('since')}",
    "until": f"c.created_at < {day_begins('until', 1)}",
    "before": "(c.created_at, c.id) < (%(before)s::timestamptz, %(before_id)s::uuid)",
}

# The conditions of the light (rule K1) in queries.LIGHT, as comparisons, so that an index on the time can serve them.
_LIGHTS = {
    "grey": "c.state = 'suspended'",
    "red": f"c.state <> 'suspended' and c.due_at <= {NOW}",
    "yellow": f"c.state <> 'suspended' and c.due_at > {NOW} and c.warn_at <= {NOW}",
    "green": f"c.state <> 'suspended' and c.due_at > {NOW} and (c.warn_at <= {NOW}) is not true",
}


def _names(words: Collection[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _waits(code: str, desk: str) -> str:
    """SQL: what a desk's code names waits at the desk above it, as no desk from it up to that one is attended (P6)."""
    below = (
        f"(length({desk}) >= {digits} or length({code}) < {digits} or left({code}, {digits}) not in (table attended))"
        for digits in (6, 9, 12)
    )
    return " and ".join([f"starts_with({code}, {desk})", *below])


# The desks where somebody is on duty; what others below them would do waits there (P6).
ATTENDED = f"""
  select u.region_code as code from clock cross join units u
   where u.city = %(city)s and u.kind = 'centre' and exists (
     select from posts p cross join lateral duty_v1(p.id, clock.now)
      where p.unit_id = u.id and p.role in ({_names(DESK_ROLES)})
        and p.starts_on <= city_date_v1(clock.now) and (p.ends_on is null or p.ends_on >= city_date_v1(clock.now)))"""  # noqa: S608

ATTENDED_BELOW = f"""
with clock as materialized (select now_v1() as now)
select code from ({ATTENDED}) attended
 where exists (select from unnest(%(desks)s::text[]) desk where starts_with(code, desk)) order by code
"""  # noqa: S608

# Open tasks that give the actor a relation, as relations_v1 finds them; `here` when they wait at no desk below.
_TABLES = f"""
clock as materialized (select now_v1() as now),
held as materialized (select h.* from clock cross join lateral posts_held_v1(%(city)s, %(user)s, clock.now) h),
attended as materialized ({ATTENDED}),
waiting as materialized (
  select t.case_id, t.kind, true as here, t.asked_by, h.role
    from held h join tasks t on t.city = %(city)s and t.post_id = h.id and t.closed_at is null
  union all
  select t.case_id, t.kind, true, t.asked_by, h.role
    from held h join tasks t on t.city = %(city)s and t.unit_id = h.unit_id and t.closed_at is null
   where h.working or h.role = 'leader'
  union all
  select t.case_id, t.kind, {{here}}, t.asked_by, h.role
    from held h join tasks t on t.city = %(city)s and starts_with(t.desk, h.region_code) and t.closed_at is null
   where h.desk),
mine as materialized (
  select case_id, bool_or(here) as here,
         (array_agg(kind order by array_position(array[{_names(TASKS)}], kind)))[1] as kind
    from waiting
   where kind not in ('correction', {_names(REQUESTS)})
      or (asked_by <> %(user)s and (kind = 'correction' or role = 'duty_leader'))
   group by case_id)"""  # noqa: S608

# Rule C3: nobody verifies what they have handled, whichever post they hold now.
_VERIFYING = """c.state = 'handled' and not coalesce(
  c.handled_by_post_id = any (array(select h.id from posts h where h.user_id = %(user)s)), false)"""
_ASSIGNED = """(c.assignee_post_id = any (%(posts)s::uuid[])
  or (c.assignee_post_id is null and c.lead_unit_id = any (%(working_units)s::uuid[])))"""

# What waits for the actor in a case; the same relations as relations_v1 gives a single one.
_TASK = f"""case
  when c.state = 'dispatched' and {_ASSIGNED} then 'sign'
  when c.state = 'signed' and {_ASSIGNED} then 'handle'
  when {_VERIFYING} and (c.verifier_post_id = any (%(posts)s::uuid[]) or exists (
    select from unnest(%(desks)s::text[]) d where starts_with(c.verifier_region, d))) then 'verify'
  else mine.kind end"""

_BRANCH = """(select c.id, c.created_at from {source} c where {conditions}
  order by c.created_at desc, c.id desc limit %(limit)s)"""
_PAGE = f"""
with {{tables}},
page as materialized (select * from ({{branches}}) found order by created_at desc, id desc limit %(limit)s)
select {queries.ITEM}, {_TASK} as task
  from page join cases c on c.city = %(city)s and c.id = page.id {queries.JOINS}
  left join mine on mine.case_id = c.id
 order by page.created_at desc, page.id desc
"""  # noqa: S608
# The few cases that a search may mean, with the columns that openings and the search compare.
_HITS = """
hits as materialized (
  select c.city, c.id, c.created_at, c.state, c.level, c.region_code, c.confidentiality, c.address, c.assignee_post_id,
         c.lead_unit_id, c.handled_by_post_id, c.verifier_post_id, c.verifier_region, c.keeper_post_id, c.keeper_unit_id
    from found f join cases c on c.city = %(city)s and c.id = f.case_id
   where not (select yes from common) and {conditions})"""
# Sorted before their texts are looked at, so that this ends with the page: nearly all that may be meant are.
_FOUND = """(select c.id, c.created_at from (
    select * from hits c where {opened} order by c.created_at desc, c.id desc offset 0) c
  where {search} order by c.created_at desc, c.id desc limit %(limit)s)"""
_TASKS_OF_ACTOR = """
with {tables}
select c.id, c.version, c.seq
  from cases c where c.city = %(city)s and c.id in ({branches}) order by c.created_at desc, c.id desc
"""
_COUNTS = f"""
with {{tables}}
select c.state, {queries.LIGHT} as light, {_TASK} as task, count(*) as cases
  from cases c left join mine on mine.case_id = c.id
 where c.city = %(city)s and c.state in {OPEN} and ({{seen}}) and {{conditions}}
 group by 1, 2, 3
"""  # noqa: S608

_BELOW = """c.lead_unit_id = any (array(
  select u.id from units u where u.parent_unit_id = any (%(units)s::uuid[])))"""
# How many cases the units below have cannot be known when this is planned: fenced, so that the index leads to them.
_FENCED = f"(select * from cases c where c.city = %(city)s and {_BELOW} offset 0)"  # noqa: S608
_WAITING = "c.id = any (array(select mine.case_id from mine where mine.here))"
_HERE = {"mine": _waits("t.desk", "h.region_code"), "scope": "true"}
"""By view: whether an open task at a desk waits here; in one's scope all tasks show."""

Opening = tuple[str, Any]
"""What opens cases: SQL with {} wherever its one value, a code, goes; None when it has none."""


def _mine(standing: Standing) -> Iterator[Opening]:
    """What waits for me: to sign or handle, to verify, to accept or dispatch as a desk, open tasks."""
    working = "c.state in ('dispatched', 'signed')"
    if standing.posts:
        yield f"{working} and c.assignee_post_id = any (%(posts)s::uuid[])", None
        yield f"{_VERIFYING} and c.verifier_post_id = any (%(posts)s::uuid[])", None
        yield _WAITING, None
    if standing.working_units:
        yield f"{working} and c.assignee_post_id is null and c.lead_unit_id = any (%(working_units)s::uuid[])", None
    for desk in standing.desks:
        yield f"{_VERIFYING} and {_waits('c.verifier_region', '{}')}", desk
        yield (
            "c.state in ('reported', 'accepted') and starts_with(c.region_code, {})"
            f" and {_waits('left(c.region_code, c.level)', '{}')}",
            desk,
        )


def _scope(standing: Standing, states: Collection[str]) -> Iterator[Opening]:
    """All that I may see (rules P7, P8); open cases and those that are over have indexes of their own."""
    for part in (OPEN, PAST):
        if not set(part).isdisjoint(states):
            for region in standing.regions:
                yield f"c.state in {part} and starts_with(c.region_code, {{}})", region
            for grid in standing.grids:
                yield f"c.state in {part} and c.region_code = {{}} and c.confidentiality <> 'sensitive'", grid
    if standing.posts:
        yield "c.assignee_post_id = any (%(posts)s::uuid[])", None
        yield _WAITING, None
    if standing.posts and "handled" in states:
        yield f"{_VERIFYING} and c.verifier_post_id = any (%(posts)s::uuid[])", None
    if standing.posts and not set(OPEN).isdisjoint(states):
        yield (
            f"""c.state in {OPEN} and (c.keeper_post_id = any (%(posts)s::uuid[])
              or (c.keeper_post_id is null and c.keeper_unit_id = any (%(working_units)s::uuid[])))""",
            None,
        )
    if standing.units:
        yield "c.lead_unit_id = any (%(units)s::uuid[])", None
        yield _BELOW, None


class _Asked:
    """The parts of a statement that come from what was asked, and its arguments as they gather."""

    def __init__(self, asked: dict[str, Any], standing: Standing) -> None:
        self.given = asked | asdict(standing)
        self.conditions = [sql for name, sql in _FILTERS.items() if asked.get(name)]
        if asked.get("light"):
            self.conditions.append(_LIGHTS[asked["light"]])

    def opening(self, place: int, opening: Opening) -> str:
        """The SQL of what opens cases, its value among the arguments."""
        condition, value = opening
        if value is None:
            return condition
        self.given[f"value_{place}"] = value
        return condition.replace("{}", f"%(value_{place})s::text")


def page(view: str, standing: Standing, asked: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The SQL of a page and its arguments.

    `asked` are city, user, states, limit, q, light and the filters by name, None where nothing is asked. An actor
    without any standing gets a statement that finds nothing.
    """
    parts = _Asked(asked, standing)
    parts.conditions.append("c.state = any (%(states)s::text[])")
    openings = _mine(standing) if view == "mine" else _scope(standing, asked["states"])
    opened = [parts.opening(place, one) for place, one in enumerate(openings)]
    tables = [_TABLES.replace("{here}", _HERE[view])]
    branches = []
    shared = ["c.city = %(city)s"]
    if asked["q"]:
        found = search(asked["city"], asked["q"])
        parts.given |= found.arguments
        if found.by_text and opened:
            tables += [CANDIDATES, _HITS.format(conditions=" and ".join(parts.conditions))]
            any_opened = " or ".join(f"({own})" for own in opened)
            branches.append(_FOUND.format(opened=any_opened, search=found.condition))
            shared.append("(select yes from common)")
        parts.conditions.append(found.condition)
    for own in opened:
        source = _FENCED if own == _BELOW else "cases"
        branches.append(_BRANCH.format(source=source, conditions=" and ".join([*shared, own, *parts.conditions])))
    union = " union ".join(branches) or "select null::uuid as id, null::timestamptz as created_at where false"
    return _PAGE.replace("{tables}", ",".join(tables)).replace("{branches}", union), parts.given


def tasks(standing: Standing, asked: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The SQL of all cases that wait for an actor, and its arguments; `asked` are city and user."""
    parts = _Asked(asked, standing)
    opened = [parts.opening(place, one) for place, one in enumerate(_mine(standing))]
    branches = [f"select c.id from cases c where c.city = %(city)s and {own}" for own in opened]  # noqa: S608
    return (
        _TASKS_OF_ACTOR.replace("{tables}", _TABLES.replace("{here}", _HERE["mine"]))
        .replace("{branches}", " union ".join(branches) or "select null::uuid where false"),
        parts.given,
    )  # fmt: skip


def counts(view: str, standing: Standing, asked: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The SQL that counts open cases by state, light and task, and its arguments; `asked` as for a page."""
    parts = _Asked(asked, standing)
    openings = _mine(standing) if view == "mine" else _scope(standing, OPEN)
    joined = {"mine": "mine.here", "scope": "mine.case_id is not null"}[view]
    opened = [joined if one[0] == _WAITING else parts.opening(place, one) for place, one in enumerate(openings)]
    return (
        _COUNTS.replace("{tables}", _TABLES.replace("{here}", _HERE[view]))
        .replace("{seen}", " or ".join(f"({own})" for own in opened) or "false")
        .replace("{conditions}", " and ".join(parts.conditions) or "true"),
        parts.given,
    )
