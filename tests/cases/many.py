"""Cases of every kind around one grid, written straight into the tables, and what a slow reader says of them."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from gezhi.cases import texts
from gezhi.cases.service import receipt_code
from gezhi.cases.workflow import OPEN, STATES, TASKS
from gezhi.db import uuid7

if TYPE_CHECKING:
    from tests.cases.conftest import Person

Row = dict[str, Any]
ALL = ",".join(STATES)
ZONE = timezone(timedelta(hours=8))
WORDS = ("路灯", "不亮", "井盖", "八一大道", "第 7 号", "Wi-Fi", "水，电")
STEPS = {"reported": "accept", "accepted": "dispatch", "dispatched": "sign", "signed": "handle", "handled": "verify"}
MATTERS = "select kind, code, category_key, group_key from city_matters order by kind, code limit 12"


@dataclass
class Around:
    """What cases can belong to: regions (grids and what lies above), posts and units."""

    regions: Sequence[str]
    posts: Sequence[uuid.UUID] = ()
    units: Sequence[uuid.UUID] = ()
    matters: Sequence[Any] = field(default_factory=list)


def _maybe(dice: random.Random, values: Sequence[Any], chance: float = 0.5) -> Any:
    return dice.choice(values) if values and dice.random() < chance else None


def _case(dice: random.Random, around: Around, number: int, moments: Sequence[datetime]) -> Row:
    state, region = dice.choice(tuple(STATES)), dice.choice(around.regions)
    kind, code, category, _ = _maybe(dice, around.matters, 0.9) or (None, None, "other", None)
    made = dice.choice(moments)
    due = made + dice.choice((timedelta(minutes=-1), timedelta(days=-1), timedelta(days=9999)))
    upper = [region[:digits] for digits in (4, 6, 9, 12) if digits <= len(region)]
    handled, kept = state == "handled", state in ("accepted", "dispatched")
    return {
        "city": "3601",
        "id": uuid7(),
        "number": f"{region[:6]:0<6}-{made.astimezone(ZONE):%Y%m%d}-{number:06}",
        "state": state,
        "version": 1,
        "seq": 1,
        "level": len(dice.choice(upper)),
        "urgency": dice.choice(("ordinary", "urgent", "critical")),
        "confidentiality": dice.choice(("public", "internal", "sensitive")),
        "channel": dice.choice(("app", "phone")),
        "category_key": category,
        "matter_kind": kind,
        "matter_code": code,
        "region_code": region,
        "place_quality": "exact",
        "address": _maybe(dice, ("八一大道 7 号", "民德路 WI-FI 门口")),
        "lead_unit_id": _maybe(dice, around.units, 0.3),
        "assignee_post_id": _maybe(dice, around.posts, 0.3),
        "handled_by_post_id": _maybe(dice, around.posts) if handled else None,
        "verifier_post_id": _maybe(dice, around.posts) if handled else None,
        "verifier_region": _maybe(dice, upper) if handled else None,
        "keeper_post_id": _maybe(dice, around.posts, 0.3) if kept else None,
        "keeper_unit_id": _maybe(dice, around.units, 0.3) if kept else None,
        "step": STEPS.get(state),
        "warn_at": _maybe(dice, (due, datetime.now(UTC) - timedelta(hours=1))) if state in OPEN else None,
        "due_at": due if state in OPEN and dice.random() < 0.8 else None,
        "created_at": made,
        "updated_at": made,
    }


def _tasks(dice: random.Random, around: Around, case: Row, users: Sequence[uuid.UUID]) -> list[Row]:
    desks = [case["region_code"][:digits] for digits in (4, 6, 9, 12) if digits <= len(case["region_code"])]
    made = []
    for _ in range(dice.choice((0, 0, 1, 2))):
        kind = dice.choice(tuple(TASKS))
        to = dice.choice(("desk",) if kind == "whistle_request" else ("desk", "post_id", "unit_id"))
        value = dice.choice({"desk": desks, "post_id": around.posts, "unit_id": around.units}[to] or [None])
        if value:
            over = dice.random() < 0.3
            made.append({
                "city": "3601", "id": uuid7(), "case_id": case["id"], "kind": kind, to: value,
                "asked_by": dice.choice(users), "asked_seq": 1, "opened_at": case["created_at"],
                "closed_at": case["created_at"] if over else None,
            })  # fmt: skip
    return made


def _insert(conn: Any, table: str, rows: Sequence[Row]) -> None:
    for row in rows:
        names = ", ".join(row)
        conn.execute(f"insert into {table} ({names}) values ({', '.join(f'%({n})s' for n in row)})".encode(), row)


def scatter(conn: Any, dice: random.Random, around: Around, count: int, users: Sequence[uuid.UUID] = ()) -> list[Row]:
    """Add that many cases with texts, receipts and tasks; they come in a few moments, so that many share one."""
    around.matters = around.matters or conn.execute(MATTERS).fetchall()
    now = datetime.now(UTC)
    midnight = datetime.combine(date(2026, 3, 1), datetime.min.time(), ZONE)
    moments = [now - timedelta(days=n) for n in range(3)] + [midnight, midnight - timedelta(microseconds=1)]
    cases = [_case(dice, around, number, moments) for number in range(count)]
    with conn.transaction():
        _insert(conn, "cases", cases)
        for case in cases:
            for seq, action in enumerate(dice.choice((("report",), ("report", "add", "complain"))), 1):
                _insert(conn, "events", [{
                    "city": "3601", "case_id": case["id"], "seq": seq, "at": now, "occurred_at": now, "action": action,
                    "actor_kind": "reporter", "version": 1, "state": "reported", "facts": Jsonb({}), "audience": [],
                    "digest": b"",
                }])  # fmt: skip
                said = Jsonb({"text": "，".join(dice.sample(WORDS, 2))})
                _insert(conn, "event_bodies", [
                    {"city": "3601", "case_id": case["id"], "seq": seq, "salt": b"", "body": said}
                ])  # fmt: skip
            _insert(conn, "reports", [{
                "city": "3601", "author": "device:x", "id": case["id"], "case_id": case["id"], "body_hmac": b"",
                "receipt_code": receipt_code(), "occurred_at": now, "created_at": now,
            }])  # fmt: skip
            _insert(conn, "tasks", _tasks(dice, around, case, users) if users else [])
        texts.write(conn, "3601", [case["id"] for case in cases])
    return cases


def read_texts(conn: Any) -> None:
    """Let search read the texts of all cases."""
    texts.rebuild(conn, "3601")


KNOWN = """
select c.*, m.group_key, r.receipt_code,
  case when c.state = 'suspended' then 'grey' when c.due_at is null then null when c.due_at <= now_v1() then 'red'
       when c.warn_at <= now_v1() then 'yellow' else 'green' end as light,
  array(select relation from relations_v1(c, %(user)s, now_v1())) as relations,
  array(select b.body ->> 'text' from event_bodies b join events e using (city, case_id, seq)
         where b.case_id = c.id and e.action <> 'complain') as texts,
  (select jsonb_agg(to_jsonb(t)) from tasks t where t.case_id = c.id and t.closed_at is null) as tasks,
  attended_desk_v1(c.city, left(c.region_code, c.level), now_v1()) as sits,
  attended_desk_v1(c.city, c.verifier_region, now_v1()) as verified_at
from cases c left join reports r on r.case_id = c.id
left join city_matters m on m.city = c.city and m.kind = c.matter_kind and m.code = c.matter_code
order by c.created_at desc, c.id desc
"""


def known(conn: Any, user: uuid.UUID) -> list[Row]:
    """Every case there is, newest first, with what relations_v1 says of a user to it."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows: list[Row] = cursor.execute(KNOWN, {"user": user}).fetchall()
    return rows


def _says(case: Row, q: str) -> bool:
    in_city = q.isdigit() and len(q) <= 6 and (q.startswith("3601") or "3601".startswith(q))
    if len(q) == 1 or in_city or (q[:6].isdigit() and q[6:7] == "-"):
        return bool(case["number"].startswith(q))
    said = [*case["texts"], case["address"]]
    return case["receipt_code"] == q.upper() or any(q.lower() in text.lower() for text in said if text)


def _day(case: Row) -> str:
    return str(case["created_at"].astimezone(ZONE).date())


HOLDS: dict[str, Callable[[Row, str], bool]] = {
    "state": lambda case, asked: case["state"] in asked.split(","),
    "category": lambda case, asked: case["category_key"] == asked,
    "matter": lambda case, asked: f"{case['matter_kind']}:{case['matter_code']}" == asked,
    "group": lambda case, asked: case["group_key"] == asked,
    "place": lambda case, asked: case["region_code"].startswith(asked),
    "channel": lambda case, asked: case["channel"] == asked,
    "urgency": lambda case, asked: case["urgency"] == asked,
    "assignee": lambda case, asked: asked in (str(case["assignee_post_id"]), str(case["lead_unit_id"])),
    "from": lambda case, asked: _day(case) >= asked,
    "to": lambda case, asked: _day(case) <= asked,
    "light": lambda case, asked: case["light"] == asked,
    "q": _says,
}
"""Each filter of the list as a slow reader understands it."""


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every statement that is run from here on."""
    ran: list[Any] = []
    execute = psycopg.Cursor.execute

    def noted(self: Any, query: Any, *args: Any, **more: Any) -> Any:
        ran.append(query)
        return execute(self, query, *args, **more)

    monkeypatch.setattr(psycopg.Cursor, "execute", noted)
    return ran


@pytest.fixture(scope="module")
def crowd() -> dict[str, Any]:
    """What the first test of the crowd makes, for those that follow."""
    return {}


@pytest.fixture
def people(crowd: dict[str, Any], conn: Any, hire: Callable[..., Any], unit: Any, grid: Any) -> dict[str, Person]:
    """People with every kind of post around one grid, and 500 cases that are theirs in every way; made once."""
    if not crowd:
        street, community = grid.code[:9], grid.code[:12]
        centres = {code: unit(code) for code in ("3601", street, community)}
        bureau, squad = unit(street, "department", "lamps"), unit(street, "team", "squad")
        conn.execute("update units set parent_unit_id = %s where id = %s", (bureau, squad))
        (beside,) = conn.execute(
            "select code from regions where level = 15 and starts_with(code, %s) and code <> %s limit 1",
            (street, grid.code),
        ).fetchone()
        both = hire("grid_leader", grid.code)
        hire("dispatcher", street, centres[street], user=both.user)
        made = {
            "city dispatcher": hire("dispatcher", "3601", centres["3601"]),
            "city duty leader": hire("duty_leader", "3601", centres["3601"]),
            "street dispatcher": hire("dispatcher", street, centres[street]),
            "street duty leader": hire("duty_leader", street, centres[street], on_duty=False),
            "community dispatcher": hire("dispatcher", community, centres[community], on_duty=False),
            "leader": hire("leader", street, centres[street]),
            "worker": hire("grid_worker", grid.code),
            "neighbour": hire("grid_worker", beside),
            "handler": hire("handler", street, bureau),
            "head": hire("leader", street, bureau),
            "squad": hire("responder", street, squad),
            "bystander": hire("expert", street, bureau),
            "gone": hire("dispatcher", "3601", centres["3601"], ended=True),
            "two posts": both,
        }
        around = Around(
            ["3601", grid.code[:6], street, community, grid.code, beside, "360102002001001"],
            [one.post_id for one in made.values()],
            [*centres.values(), bureau, squad],
        )
        scatter(conn, random.Random(grid.code), around, 500, [one.user for one in made.values()])
        crowd |= {"people": made, "around": around}
    found: dict[str, Person] = crowd["people"]
    return found


def pages(person: Any, query: str) -> Iterator[list[str]]:
    """The ids of each page to the end."""
    cursor = ""
    while cursor is not None:
        page = person.get(f"/cases?{query}" + (f"&cursor={cursor}" if cursor else "")).json
        yield [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]


def listed(person: Any, **asked: Any) -> list[str]:
    """The ids of all pages."""
    return [one for page in pages(person, urlencode({"limit": 100, **asked})) for one in page]


def ids(cases: list[Row]) -> list[str]:
    return [str(case["id"]) for case in cases]


def all_items(person: Any, **asked: Any) -> list[Row]:
    cursor, found = "", []
    while cursor is not None:
        page = person.get(f"/cases?{urlencode({'limit': 100, **asked, **({'cursor': cursor} if cursor else {})})}").json
        found += page["items"]
        cursor = page["next_cursor"]
    return found
