"""What the tests of erasing and of retention share: a report with everything a reporter can leave."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from gezhi.config import settings
from gezhi.http.limits import limiter
from gezhi.media import cleaning
from gezhi.media.tasks import remove_photos
from tests.cases.helpers import SECRET, command, ok, photo, refused, report
from tests.cases.steps import do, says
from tests.conftest import Caller

if TYPE_CHECKING:
    from tests.cases.conftest import Grid, Person

CITY = "3601"
NAME, PHONE = "司马灵犀", "13907913571"
SAID, ADDED, LATE, WHERE = "鹦鹉衔来七弦琴", "麒麟踏过白玉阶", "饕餮守着青铜鼎", "凤凰台下第九株梧桐"
Conn = psycopg.Connection[Any]


@pytest.fixture
def elsewhere(app: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place outside of its own for each test, and no tries of a number counted yet."""
    monkeypatch.setenv("ANCHOR_URL", f"file://{tmp_path}/outside")
    settings.cache_clear()
    with app.app_context():
        limiter.reset()
    yield tmp_path / "outside" / CITY
    monkeypatch.undo()
    settings.cache_clear()


class Reported:
    """Somebody's report: the phone, the receipt, the case, the photo."""

    def __init__(
        self, app: Any, grid: Grid, caller: Caller | None = None, content: bytes | None = None, **more: Any
    ) -> None:
        self.phone = caller or Caller(app)
        self.photo = self.phone.put_photo(content or photo())
        cleaning.clean(CITY, self.photo)
        token = uuid.uuid4().hex[:8]
        self.said, self.added, self.late, self.where = (word + token for word in (SAID, ADDED, LATE, WHERE))
        told = {"text": self.said, "address": self.where, "reporter": {"name": NAME, "phone": PHONE}, **more}
        answer = self.phone.post("/reports", report([self.photo], place=grid.place, **told))
        assert answer.status_code == 201, answer.json
        self.receipt, self.case = answer.json["receipt_code"], str(answer.json["case_id"])

    def erase(self, secret: str | None = SECRET, body: Any = None) -> Any:
        """The response to the wish to erase it."""
        headers = {"X_Gezhi_Secret": secret} if secret else {}
        return self.phone.call("DELETE", f"/reports/{self.receipt}", body, **headers)


@pytest.fixture
def reported(app: Any, grid: Grid) -> Reported:
    """An open case with everything a reporter can leave."""
    return Reported(app, grid)


@pytest.fixture
def over(reported: Reported, worker: Person, mate: Person, desk: Person) -> Reported:
    """The same, closed, after notes of its reporter: one taken, two refused and kept, one of them adopted."""
    ok(worker.act(reported.case, command("sign", 3)))
    ok(says(reported.phone, reported.receipt, "add", text=reported.added))
    refused(
        says(reported.phone, reported.receipt, "rate", stars=5, satisfaction="satisfied", comment=reported.late),
        422,
        "rating_not_open",
    )
    kept = ok(desk.get(f"/cases/{reported.case}/not-adopted"))["items"][0]["command"]
    do(desk, reported.case, "adopt", command=kept)
    late = says(reported.phone, reported.receipt, "confirm", fixed=False, text=reported.late)
    refused(late, 409, "not_allowed_now")
    do(desk, reported.case, "release", photos=[reported.photo])
    do(worker, reported.case, "handle", outcome="solved", reply="已经修好", photos=["cd" * 32])
    do(mate, reported.case, "verify_pass", photos=["cd" * 32])
    return reported


def everything(conn: Conn, word: str) -> list[str]:
    """The tables of the whole database in which a word stands in any row."""
    tables = conn.execute(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
    ).fetchall()
    found = "select exists (select from {} t where t::text like %s)"
    return [
        table
        for (table,) in tables
        if conn.execute(sql.SQL(found).format(sql.Identifier(table)), (f"%{word}%",)).fetchone() == (True,)
    ]


def jobs(conn: Conn) -> None:
    """Run the jobs that remove photos, as the worker does."""
    for (args,) in conn.execute(
        "delete from procrastinate_jobs where task_name = 'remove_photos' returning args"
    ).fetchall():
        remove_photos(**args)
