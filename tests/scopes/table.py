"""The table of permissions that the tests in this folder hold the API against, and docs/permissions.md is made from.

Two halves: how somebody stands to a thing, by role and relation (STANDS), and what each operation answers to those who
stand so (OPERATIONS). Both are written by hand from rules P1, P7 and P8, not taken from the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

GRID = "grid_worker grid_leader instructor mediator assistant volunteer"
UNIT = "handler responder head"
CITY = "expert admin security_admin auditor"
LEVELS = {"community": 12, "street": 9, "district": 6, "city": 4}

THINGS = {
    "grid case": ("网格员处置中的公开案件", "a public case in work with its grid's worker"),
    "unit case": ("区级部门处置中的公开案件", "a public case in work with a department of the district"),
    "dispute": ("区级部门处置中的敏感案件", "a sensitive case in work with a department of the district"),
    "district case": ("只知道在哪个区的敏感案件", "a sensitive case of which only the district is known"),
    "post": ("网格里的一个岗位", "a post in the grid"),
    "roster": ("本区值班表", "the roster of the district"),
    "city": ("全市的规则和日历", "the city's rules and calendar"),
}
CASES = ("grid case", "unit case", "dispute", "district case")
SENSITIVE = ("dispute", "district case")

RELATIONS = {
    "own": ("自己的地方或单位", "of that place or unit"),
    "sibling": ("同级的另一个", "of the one beside it"),
    "above": ("上级", "of the one above it"),
    "below": ("下级", "of the one below it"),
    "other_city": ("外市", "of another city"),
    "former": ("昨天离任", "whose post ended yesterday"),
    "took_part": ("参加过、现在无关", "who took part once and has nothing to do with it now"),
    "task": ("有未完成任务", "from elsewhere with an open task on it"),
}

STANDINGS = {
    "assignee": ("承办", "has it"),
    "head": ("承办单位负责人", "heads the unit that has it"),
    "desk": ("所在层级及以上受理台", "at a desk of its level or above"),
    "leader": ("综治中心领导", "leads a centre above"),
    "viewer": ("只看", "looks on"),
    "grid": ("本网格岗位", "has a post in its grid"),
    "co": ("协办", "is a co-handler"),
    "whistled": ("被吹哨", "is whistled"),
    "consulted": ("会商单位", "is consulted"),
    "expert": ("受邀专家", "is asked as an expert"),
    "owner": ("包案领导", "owns it as a leader"),
    "late": ("参加过", "took part once"),
    "holder": ("岗位本人", "holds the post"),
    "planner": ("值班长", "is duty leader there or above"),
    "administrator": ("市级管理员", "is administrator of the city"),
    "all": ("看全部", "sees all of it"),
    "unit": ("看本单位", "sees the own unit's part"),
    "keeper": ("市级值班长", "is duty leader of the city"),
    "none": ("无关", "has nothing to do with it"),
}


class Who(NamedTuple):
    """Somebody: a role (of centres with their level, `dispatcher@street`) and a relation to the things."""

    role: str
    relation: str


def _rows() -> Iterator[tuple[str, str, str]]:
    """Roles, relations, and how they stand to each of THINGS in turn."""
    yield "grid_worker", "own", "assignee grid - - - - -"
    yield "grid_leader instructor mediator volunteer", "own", "grid grid - - - - -"
    yield "assistant", "own", "grid grid - - holder - -"
    yield GRID, "sibling above other_city former", "- - - - - - -"
    yield GRID, "took_part", "late late late - - - -"
    yield GRID, "task", "co co co - - - -"
    yield "handler responder", "own", "- assignee assignee - - - -"
    yield "handler responder", "above", "- viewer viewer - - - -"
    yield "head", "own above", "- head head - - unit -"
    yield "handler responder", "sibling below", "- - - - - - -"
    yield "head", "sibling below", "- - - - - unit -"
    yield UNIT, "other_city former", "- - - - - - -"
    yield "handler responder", "took_part", "late late late - - - -"
    yield "head", "took_part", "late late late - - unit -"
    yield "handler responder", "task", "whistled whistled whistled - - - -"
    yield "head", "task", "whistled whistled whistled - - unit -"
    for level in ("community", "street"):
        yield f"dispatcher@{level}", "own", "desk viewer viewer - - - -"
        yield f"duty_leader@{level}", "own", "desk viewer viewer - planner - -"
        yield f"leader@{level}", "own", "leader leader leader - - unit -"
    yield "dispatcher@district dispatcher@city", "own", "desk desk desk desk - all -"
    yield "duty_leader@district", "own", "desk desk desk desk planner all -"
    yield "duty_leader@city", "own", "desk desk desk desk planner all keeper"
    yield "leader@district leader@city", "own", "leader leader leader leader - all -"
    for level, roster in (("community", "unit"), ("street", "unit"), ("district", "-")):
        yield f"dispatcher@{level} duty_leader@{level}", "sibling", "- - - - - - -"
        yield f"dispatcher@{level} duty_leader@{level}", "took_part", "late late late - - - -"
        yield f"dispatcher@{level} duty_leader@{level}", "task", "consulted consulted consulted - - - -"
        yield f"leader@{level}", "sibling", f"- - - - - {roster} -"
        yield f"leader@{level}", "took_part", f"late late late - - {roster} -"
        yield f"leader@{level}", "task", f"owner owner owner - - {roster} -"
    for level in LEVELS:
        yield f"dispatcher@{level} duty_leader@{level} leader@{level}", "other_city former", "- - - - - - -"
    yield "expert", "took_part", "late late late - - - -"
    yield "expert", "task", "expert expert expert - - - -"
    yield "admin", "own", "- - - - administrator all administrator"
    yield "admin", "sibling", "- - - - - - -"
    yield "expert security_admin auditor", "own", "- - - - - - -"
    yield CITY, "other_city former", "- - - - - - -"


STANDS: dict[Who, dict[str, str]] = {
    Who(role, relation): {
        thing: "none" if word == "-" else word for thing, word in zip(THINGS, words.split(), strict=True)
    }
    for roles, relations, words in _rows()
    for role in roles.split()
    for relation in relations.split()
}

Reach = Literal["anybody", "link", "receipt", "session", "case", "post", "roster", "city", "stream"]


@dataclass(frozen=True)
class Operation:
    """What an operation answers: `ok` to those whom it is for; to others on a thing as `answers` says, else 404.

    anybody: without signing in. link: a signed link. receipt: a receipt's code, and its secret or phone number.
    session: whoever is signed in, for what is their own; another's does not exist. stream: the same, of their scope.
    The others: by how one stands to the thing.
    """

    reach: Reach
    ok: int = 200
    answers: dict[str, int] = field(default_factory=dict)


def _open_to(reach: Reach, standings: str, ok: int = 200, **others: int) -> Operation:
    return Operation(reach, ok, dict.fromkeys(standings.split(), ok) | others)


_SEE = "assignee head desk leader viewer grid co whistled consulted expert owner"
_ACT = _open_to(
    "case", "assignee desk leader grid co whistled expert owner", viewer=409, head=409, consulted=409, late=409
)

V1 = "/api/v1"
OPERATIONS: dict[str, Operation] = {
    "GET /api/docs": Operation("anybody"),
    "GET /api/openapi.json": Operation("anybody"),
    "GET /healthz": Operation("anybody"),
    "GET /metrics": Operation("anybody"),
    "GET /readyz": Operation("anybody"),
    f"GET {V1}/session": Operation("anybody"),
    f"POST {V1}/session": Operation("anybody"),
    f"DELETE {V1}/session": Operation("anybody", 204),
    f"GET {V1}/matters": Operation("anybody"),
    f"GET {V1}/places/<code>": Operation("anybody"),
    f"GET {V1}/places/<code>.geojson": Operation("anybody"),
    f"GET {V1}/places/<code>/children": Operation("anybody"),
    f"GET {V1}/places/<code>/children.geojson": Operation("anybody"),
    f"GET {V1}/places/grids.geojson": Operation("anybody"),
    f"GET {V1}/places/locate": Operation("anybody"),
    f"GET {V1}/push/key": Operation("anybody"),
    f"PUT {V1}/media/<sha>": Operation("anybody", 201),
    f"GET {V1}/media/<sha>": Operation("link"),
    f"POST {V1}/reports": Operation("anybody", 201),
    f"POST {V1}/commands": Operation("anybody"),
    f"GET {V1}/nearby": Operation("anybody"),
    f"POST {V1}/nearby": Operation("anybody"),
    f"POST {V1}/nearby/<uuid:case_id>/join": Operation("anybody", 201),
    f"GET {V1}/reports/<receipt>": Operation("receipt"),
    f"GET {V1}/reports/<receipt>/qr.svg": Operation("receipt"),
    f"POST {V1}/reports/<receipt>/notes": Operation("receipt"),
    f"DELETE {V1}/reports/<receipt>": Operation("receipt", 204),
    f"GET {V1}/cases": Operation("session"),
    f"GET {V1}/cases/counts": Operation("session"),
    f"GET {V1}/sync": Operation("session"),
    f"GET {V1}/filters": Operation("session"),
    f"POST {V1}/filters": Operation("session", 201),
    f"PUT {V1}/filters/<uuid:saved_id>": Operation("session"),
    f"DELETE {V1}/filters/<uuid:saved_id>": Operation("session", 204),
    f"GET {V1}/notifications": Operation("session"),
    f"POST {V1}/notifications/<uuid:notification>/seen": Operation("session", 204),
    f"POST {V1}/push/subscriptions": Operation("session", 201),
    f"DELETE {V1}/push/subscriptions": Operation("session", 204),
    f"GET {V1}/limits": Operation("session"),
    f"GET {V1}/calendars/<int:year>": Operation("session"),
    f"GET {V1}/live": Operation("stream"),
    f"GET {V1}/cases/<uuid:case_id>": _open_to("case", _SEE),
    f"GET {V1}/cases/<uuid:case_id>/events": _open_to("case", _SEE),
    f"GET {V1}/cases/<uuid:case_id>/similar": _open_to("case", _SEE),
    f"GET {V1}/cases/<uuid:case_id>/not-adopted": _open_to("case", f"{_SEE} late"),
    f"GET {V1}/cases/<uuid:case_id>/assignees": _open_to("case", "desk head assignee"),
    f"POST {V1}/cases/<uuid:case_id>/reporter": _open_to("case", "desk assignee"),
    f"POST {V1}/cases/<uuid:case_id>/actions": _ACT,
    f"PUT {V1}/posts/<uuid:post>/shifts": _open_to("post", "planner administrator"),
    f"POST {V1}/posts/<uuid:post>/absences": _open_to("post", "holder planner administrator", 201),
    f"DELETE {V1}/posts/<uuid:post>/absences/<starts_at>": _open_to("post", "holder planner administrator", 204),
    f"POST {V1}/posts/<uuid:post>/hand-over": _open_to("post", "planner"),
    f"GET {V1}/roster": _open_to("roster", "all unit"),
    f"GET {V1}/units": _open_to("roster", "all"),
    f"PUT {V1}/calendars/<int:year>/days/<day>": _open_to("city", "administrator"),
    f"GET {V1}/rules": _open_to("city", "keeper administrator"),
    f"POST {V1}/rules": _open_to("city", "keeper administrator", 201),
    f"POST {V1}/rules/try": _open_to("city", "keeper administrator"),
    f"PUT {V1}/rules/order": _open_to("city", "keeper administrator"),
    f"PUT {V1}/rules/<uuid:rule>": _open_to("city", "keeper administrator"),
    f"DELETE {V1}/rules/<uuid:rule>": _open_to("city", "keeper administrator", 204),
}
