"""People, places and cases for the tests of cases, made in the module's own copy of the demo city."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
import psycopg.sql
import pytest

from gezhi.db import close_pool, uuid7
from gezhi.http.cookies import cookie
from gezhi.people import sessions
from gezhi.people.sessions import FIELD_LIFE
from tests.cases.erasing import elsewhere, over, reported  # noqa: F401
from tests.cases.helpers import HANDLED, command, ok, report
from tests.cases.many import crowd, people, statements  # noqa: F401
from tests.conftest import Caller

Conn = psycopg.Connection[Any]


class Person(Caller):
    """Somebody signed in: `post` is the post they hold, `user` who they are."""

    def __init__(self, app: Any, conn: Conn, user: uuid.UUID, post: uuid.UUID) -> None:
        super().__init__(app)
        self.user, self.post_id = user, post
        self._client.set_cookie(cookie()[0], sessions.begin(conn, user, FIELD_LIFE))

    def act(self, case: Any, command: dict[str, Any]) -> Any:
        """The response to a command on a case."""
        return self.post(f"/cases/{case}/actions", command)

    def sees(self, case: Any) -> bool:
        """Whether the case exists for this person."""
        status = self.get(f"/cases/{case}").status_code
        assert status in (200, 404)
        return status == 200

    def tasks(self) -> dict[str, str]:
        """What waits for this person: the task by case."""
        return {item["id"]: item["task"] for item in self.get("/cases?limit=100").json["items"]}


class Grid(NamedTuple):
    """A grid of the demo with a point inside it, which no other base grid covers."""

    code: str
    lng: float
    lat: float

    @property
    def place(self) -> dict[str, Any]:
        """The point as a phone sends it."""
        return {"lng": self.lng, "lat": self.lat, "accuracy_m": 10.0, "origin": "gps"}


_GRIDS = """
select code, st_x(point), st_y(point) from regions g
 where level = 15 and code like %s || '%%' and not exists (
   select from regions o where o.level = 15 and o.code <> g.code and st_covers(o.geom, g.point))
 order by code
"""


@pytest.fixture(scope="module")
def grids(database: str) -> Iterator[Grid]:
    """Grids of 西湖区, each handed out once, so that no test meets the cases of another one."""
    with psycopg.connect(database) as conn:
        return iter([Grid(*row) for row in conn.execute(_GRIDS, ("360103",)).fetchall()])


@pytest.fixture
def grid(grids: Iterator[Grid]) -> Grid:
    """A grid that no other test uses; one worker, always on duty."""
    return next(grids)


@pytest.fixture
def unit(conn: Conn) -> Callable[..., uuid.UUID]:
    """Makes a unit of a kind and function in a region."""

    def make(region: str, kind: str = "centre", function: str = "centre") -> uuid.UUID:
        made = uuid7()
        conn.execute(
            "insert into units (id, city, kind, function, region_code, name, name_en)"
            " values (%s, %s, %s, %s, %s, '新单位', 'New unit')",
            (made, region[:4], kind, function, region),
        )
        return made

    return make


@pytest.fixture
def hire(app: Any, conn: Conn) -> Callable[..., Person]:
    """Signs in a new person with one post, on duty at any hour unless told otherwise."""

    def make(
        role: str,
        region: str,
        unit: uuid.UUID | None = None,
        *,
        user: uuid.UUID | None = None,
        on_duty: bool = True,
        ended: bool = False,
    ) -> Person:
        if user is None:
            user = uuid7()
            conn.execute("insert into users (id, city, name) values (%s, '3601', '新人')", (user,))
        post = uuid7()
        conn.execute(
            "insert into posts (id, city, user_id, role, unit_id, region_code, starts_on, ends_on)"
            " values (%s, %s, %s, %s, %s, %s, '2020-01-01', %s)",
            (post, region[:4], user, role, unit, region, "2020-12-31" if ended else None),
        )
        if on_duty:
            conn.execute("insert into duty_hours values (%s, 0, 1440, 127)", (post,))
        return Person(app, conn, user, post)

    return make


@pytest.fixture
def enter(app: Any, conn: Conn) -> Callable[..., Person]:
    """Signs in a person of the demo by role, region and the function of their unit."""

    def do(role: str, region: str, function: str | None = None) -> Person:
        row = conn.execute(
            "select p.user_id, p.id from posts p left join units u on u.id = p.unit_id"
            " where p.role = %s and p.region_code = %s and u.function is not distinct from %s order by p.id",
            (role, region, function),
        ).fetchone()
        assert row is not None
        return Person(app, conn, *row)

    return do


@pytest.fixture
def alone(conn: Conn, grid: Grid) -> Iterator[None]:
    """Meanwhile nobody else of the community is on duty: no neighbour stands in or verifies."""
    took = conn.execute(
        "delete from duty_hours d using posts p"
        " where p.id = d.post_id and p.region_code like %s and p.region_code <> %s returning d.*",
        (f"{grid.code[:12]}%", grid.code),
    ).fetchall()
    yield
    for row in took:
        conn.execute("insert into duty_hours values (%s, %s, %s, %s) on conflict do nothing", row)


@pytest.fixture
def desk(enter: Callable[..., Person]) -> Person:
    """The city's desk."""
    return enter("dispatcher", "3601", "centre")


@pytest.fixture
def centre(hire: Callable[..., Person], unit: Callable[..., uuid.UUID], grid: Grid) -> Callable[..., Person]:
    """Makes somebody at the centre of the region above the test's grid whose code has so many digits."""

    def make(digits: int, role: str = "dispatcher") -> Person:
        return hire(role, grid.code[:digits], unit(grid.code[:digits]))

    return make


@pytest.fixture
def at(conn: Conn) -> Iterator[Callable[[datetime | None], None]]:
    """Lets the application and `conn` live at a moment; None: now."""
    name = psycopg.sql.Identifier(conn.info.dbname)

    def go(moment: datetime | None) -> None:
        said = moment.isoformat() if moment else ""
        conn.execute(psycopg.sql.SQL("alter database {} set gezhi.now = {}").format(name, said))
        conn.execute("select set_config('gezhi.now', %s, false)", (said,))
        close_pool()

    yield go
    go(None)


@pytest.fixture
def worker(enter: Callable[..., Person], grid: Grid) -> Person:
    """The worker of the test's grid."""
    return enter("grid_worker", grid.code)


@pytest.fixture
def send(app: Any, grid: Grid) -> Callable[..., dict[str, Any]]:
    """Reports something in the test's grid from a new device and returns the receipt."""

    def do(**changed: Any) -> dict[str, Any]:
        sent = report(**{"place": grid.place, "photos": ["ab" * 32], **changed})
        response = Caller(app).post("/reports", sent)
        assert response.status_code == 201, response.json
        receipt: dict[str, Any] = response.json
        return receipt

    return do


@pytest.fixture
def row_of(conn: Conn) -> Callable[[Any], dict[str, Any]]:
    """Reads everything a case consists of: its row, events, bodies, clocks."""

    def read(case: Any) -> dict[str, Any]:
        row = conn.execute(WHOLE, {"id": case}).fetchone()
        assert row is not None
        return dict(zip(("row", "events", "bodies", "clocks", "photos"), row, strict=True))

    return read


WHOLE = """
select to_jsonb(c),
  (select jsonb_agg(to_jsonb(e) order by e.seq) from events e where e.case_id = c.id),
  (select jsonb_agg(to_jsonb(b) order by b.seq) from event_bodies b where b.case_id = c.id),
  (select jsonb_agg(to_jsonb(k) order by k.step, k.round) from clocks k where k.case_id = c.id),
  (select jsonb_agg(encode(u.sha256, 'hex') order by u.sha256) from uploads u where u.case_id = c.id)
from cases c where c.id = %(id)s
"""


@pytest.fixture
def closed(send: Callable[..., dict[str, Any]], worker: Person, hire: Callable[..., Person], grid: Grid) -> Any:
    """The receipt of a case that has gone all the way to its end."""
    receipt = send()
    mate = hire("grid_leader", grid.code)
    sha = "cd" * 32
    for person, sent in (
        (worker, command("sign", 3)),
        (worker, command("handle", 4, outcome="solved", reply="已更换灯泡", note="库存不多了", photos=[sha])),
        (mate, command("verify_pass", 5, photos=[sha])),
    ):
        answer = person.act(receipt["case_id"], sent)
        assert answer.status_code == 200, answer.json
    return receipt


@pytest.fixture
def case(send: Callable[..., Any]) -> str:
    """A case waiting for the signature of its grid's worker, version 3."""
    return str(send()["case_id"])


@pytest.fixture
def signed(case: str, worker: Any) -> str:
    """The same, signed by the worker: version 4."""
    ok(worker.act(case, command("sign", 3)))
    return case


@pytest.fixture
def mate(hire: Callable[..., Any], grid: Any) -> Any:
    """The grid's leader, on duty: verifies what the worker handles."""
    return hire("grid_leader", grid.code)


@pytest.fixture
def handled(signed: str, worker: Any, mate: Any) -> str:
    """The same, handled by the worker and waiting for the grid's leader: version 5."""
    ok(worker.act(signed, command("handle", 4, **HANDLED)))
    return signed
