"""Erasing: because a reporter asks, and because its time is over; the case, its log and its chain go on."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from gezhi.cases import anchors, erasure, texts
from gezhi.cases.doctor import examine
from gezhi.config import settings
from gezhi.db import connection
from gezhi.http.limits import limiter
from gezhi.media import cleaning, stores
from gezhi.media.tasks import remove_photos
from tests.cases.conftest import Grid, Person
from tests.cases.helpers import SECRET, command, ok, photo, refused, report
from tests.cases.steps import course, do, joins, says, seen
from tests.conftest import Caller

CITY = "3601"
NAME, PHONE = "司马灵犀", "13907913571"
SAID, ADDED, LATE, WHERE = "鹦鹉衔来七弦琴", "麒麟踏过白玉阶", "饕餮守着青铜鼎", "凤凰台下第九株梧桐"
Conn = psycopg.Connection[Any]


@pytest.fixture(autouse=True)
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
def ended(reported: Reported, worker: Person, mate: Person, desk: Person) -> Reported:
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


def shown(caller: Caller, receipt: str) -> int:
    """How many photos a report's course shows to who holds it."""
    return len(course(caller, receipt, SECRET)["photos"])


def read_texts() -> None:
    with connection() as lent:
        while texts.consume(lent, CITY):
            pass


def test_nothing_that_the_reporter_left_is_anywhere_in_the_database(ended: Reported, conn: Conn) -> None:
    assert everything(conn, ended.said) == ["event_bodies"]
    assert everything(conn, ended.where) == ["cases"]
    assert sorted(everything(conn, ended.late)) == ["commands", "event_bodies"]
    held = conn.execute("select phone_hmac from personal_data").fetchone()
    assert held is not None

    assert ended.erase().status_code == 204

    for word in (ended.said, ended.added, ended.late, ended.where, held[0].hex()):
        assert everything(conn, word) == []
    left = conn.execute(
        "select secret_hash, phone_hmac, reporter_id from reports where receipt_code = %s", (ended.receipt,)
    ).fetchone()
    assert left == (None, None, None)
    assert everything(conn, "已经修好") == ["event_bodies"]  # what others have said stays
    gone = "select raw_lng, raw_lat, raw_system, lng is not null from cases, st_x(point) lng where id = %s"
    assert conn.execute(gone, (ended.case,)).fetchone() == (None, None, None, True)


def test_photos_go_with_their_files(ended: Reported, conn: Conn, desk: Person) -> None:
    paths = [stores.cleaned(CITY, ended.photo, size) for size in ("full", "thumb")]
    assert all(stores.get(path) for path in paths)
    [view] = [view for view in seen(desk, ended.case)["photos"] if view["sha256"] == ended.photo]
    assert ended.erase().status_code == 204
    jobs(conn)
    assert conn.execute("select count(*) from uploads where sha256 = %s", (bytes.fromhex(ended.photo),)).fetchone() == (
        0,
    )
    assert [stores.get(path) for path in paths] == [None, None]
    assert desk._client.get(view["url"]).status_code == 404
    # The desk's release still names it, and shows nothing.
    assert [view for view in seen(desk, ended.case)["photos"] if view["ready"]] == []
    assert [view for view in course(ended.phone, ended.receipt)["photos"] if view["ready"]] == []


def test_the_case_goes_on_and_says_what_was_deleted_in_both_languages(ended: Reported, desk: Person) -> None:
    ended.erase()
    notes = {step["action"]: step["note"] for step in seen(desk, ended.case)["timeline"]}
    assert {action for action, note in notes.items() if note == "已删除"} == {"report", "add", "adopt"}
    assert notes["handle"] == "已经修好"
    assert seen(desk, ended.case)["text"] == "已删除"
    english = ok(desk.get(f"/cases/{ended.case}", Accept_Language="en"))
    assert (english["text"], english["summary"], english["address"]) == ("Deleted", "Deleted", None)
    [kept] = ok(desk.get(f"/cases/{ended.case}/not-adopted", Accept_Language="en"))["items"]
    assert kept["note"] == "Deleted"
    followed = course(ended.phone, ended.receipt, SECRET)
    assert (followed["state"], followed["mine"], followed["reply"]) == ("closed", False, "已经修好")
    assert seen(desk, ended.case)["reporter"]["anonymous"] is True


def test_a_search_finds_it_no_more(reported: Reported, desk: Person) -> None:
    read_texts()
    found = f"/cases?view=scope&q={reported.said}"
    assert [row["id"] for row in ok(desk.get(found))["items"]] == [reported.case]
    reported.erase()
    assert ok(desk.get(found))["items"] == []
    read_texts()
    assert ok(desk.get(found))["items"] == []


def test_a_reader_of_texts_that_is_at_it_does_not_bring_it_back(reported: Reported, database: str, conn: Conn) -> None:
    """What it has read before the erasure is overwritten after it."""
    read_texts()
    with psycopg.connect(database) as reader:
        reader.execute("select from consumers where city = %s and name = 'texts' for update", (CITY,))
        texts.write(reader, CITY, [uuid.UUID(reported.case)])
        asked = threading.Thread(target=reported.erase)
        asked.start()
        threading.Event().wait(0.3)
        assert everything(conn, reported.said) == ["event_bodies"]
        reader.commit()
        asked.join()
    assert everything(conn, reported.said) == []
    [pairs] = conn.execute("select pairs from case_texts where case_id = %s", (reported.case,)).fetchall()
    assert not {"鹦鹉", "衔来"} & set(pairs[0])


def test_chain_replay_and_anchors_stay_true(ended: Reported, conn: Conn) -> None:
    def faults() -> list[str]:
        return [fault for fault in examine() if ended.case in fault]

    with connection() as lent:
        anchors.turn(lent, CITY, now=True)
    assert faults() == []
    ended.erase()
    assert faults() == []
    with connection() as lent:
        anchors.turn(lent, CITY, now=True)
    assert faults() == []
    conn.execute("update event_bodies set salt = sha256(salt) where case_id = %s and seq = 1", (ended.case,))
    assert faults() == [f"{ended.case}: event 1 was altered"]


def test_each_erasure_is_audited_and_in_the_ledger_by_ids_alone(ended: Reported, conn: Conn) -> None:
    ended.erase()
    [(subject, detail)] = conn.execute("select subject, detail from audit_trail where deed = 'erase' and subject = %s",
                                       (f"case:{ended.case}",)).fetchall()  # fmt: skip
    assert subject == f"case:{ended.case}"
    assert detail["receipt"] == ended.receipt
    assert {k: detail[k] for k in ("kind", "seqs", "photos", "vault", "place")} == {
        "kind": "request", "seqs": 3, "photos": 1, "vault": 1, "place": True,
    }  # fmt: skip
    [(entry,)] = conn.execute("select to_jsonb(e) from erasures e where case_id = %s", (ended.case,)).fetchall()
    assert len(entry["seqs"]) == 3
    assert entry["photos"] == [f"\\x{ended.photo}"]


def test_asking_again_changes_nothing(ended: Reported, conn: Conn) -> None:
    assert ended.erase().status_code == 204
    assert ended.erase().status_code == 204
    assert conn.execute("select count(*) from erasures where case_id = %s", (ended.case,)).fetchone() == (1,)
    refused(says(ended.phone, ended.receipt, "add", text="还有"), 404, "not_found")


def test_P8_nobody_else_erases_a_report(reported: Reported, app: Any, conn: Conn) -> None:
    refused(reported.erase("x" * 43), 404, "not_found")
    refused(reported.erase(None), 403, "missing_header")
    refused(reported.erase(None, {"phone": "13907913572"}), 404, "not_found")
    refused(reported.erase(None, {"phone": "abc"}), 422, "invalid")
    refused(reported.erase(None, {"number": PHONE}), 422, "invalid")
    refused(reported.phone.call("DELETE", "/reports/AAAAAAAA", None, X_Gezhi_Secret=SECRET), 404, "not_found")
    refused(reported.phone.call("DELETE", "/reports/none", None, X_Gezhi_Secret=SECRET), 404, "not_found")
    reported.erase()
    refused(reported.erase("x" * 43), 404, "not_found")
    assert conn.execute("select count(*) from erasures where case_id = %s", (reported.case,)).fetchone() == (1,)


def test_the_number_left_with_it_does_as_well_as_the_secret(reported: Reported, conn: Conn) -> None:
    assert reported.erase(None, {"phone": f"+86 {PHONE}"}).status_code == 204
    assert everything(conn, reported.said) == []
    refused(reported.erase(None, {"phone": PHONE}), 404, "not_found")  # the number is gone too
    assert reported.erase().status_code == 204


def test_numbers_cannot_be_tried_through(reported: Reported) -> None:
    for last in range(5):
        refused(reported.erase(None, {"phone": f"1390791350{last}"}), 404, "not_found")
    refused(reported.erase(None, {"phone": PHONE}), 429, "too_many_requests")


def test_staff_do_not_erase_the_records_of_their_work(app: Any, grid: Grid, worker: Person, conn: Conn) -> None:
    own = Reported(app, grid, worker, reporter=None)
    refused(own.erase(), 404, "not_found")
    forwarded = Reported(app, grid, worker, channel="phone")
    refused(forwarded.erase(), 404, "not_found")
    assert forwarded.erase(None, {"phone": PHONE}).status_code == 204  # who spoke may
    assert everything(conn, forwarded.said) == []


def test_the_place_stays_until_the_case_is_over(
    reported: Reported, conn: Conn, desk: Person, worker: Person, mate: Person
) -> None:
    def place() -> Any:
        return conn.execute("select address, raw_lng is null from cases where id = %s", (reported.case,)).fetchone()

    reported.erase()
    assert place() == (reported.where, False)
    with connection() as lent:
        erasure.sweep(lent, CITY)
        assert place() == (reported.where, False)
        do(worker, reported.case, "sign")
        do(worker, reported.case, "handle", outcome="solved", reply="好了", photos=["cd" * 32])
        do(mate, reported.case, "verify_pass", photos=["cd" * 32])
        assert erasure.sweep(lent, CITY) == 1
        assert place() == (None, True)
        assert erasure.sweep(lent, CITY) == 0


def test_who_met_it_too_erases_their_own_part_alone(app: Any, reported: Reported, conn: Conn, desk: Person) -> None:
    other = Caller(app)
    receipt = joins(other, reported.case, "t" * 43, text=reported.added)
    answer = other.call("DELETE", f"/reports/{receipt}", None, X_Gezhi_Secret="t" * 43)
    assert answer.status_code == 204
    assert everything(conn, reported.added) == []
    assert everything(conn, reported.said) == ["event_bodies"]
    assert seen(desk, reported.case)["text"] == reported.said
    assert shown(reported.phone, reported.receipt) == 1
    assert conn.execute("select address from cases where id = %s", (reported.case,)).fetchone() == (reported.where,)


def test_a_photo_that_somebody_else_has_sent_too_stays(app: Any, grid: Grid, conn: Conn) -> None:
    content = photo()
    first = Reported(app, grid, content=content)
    other = Caller(app)
    assert other.put_photo(content) == first.photo
    receipt = joins(other, first.case, "t" * 43, photos=[first.photo])
    first.erase()
    jobs(conn)
    [view] = course(other, receipt, "t" * 43)["photos"]
    assert view["ready"]
    assert other._client.get(view["url"]).status_code == 200
    assert other.call("DELETE", f"/reports/{receipt}", None, X_Gezhi_Secret="t" * 43).status_code == 204
    jobs(conn)
    assert stores.get(stores.cleaned(CITY, first.photo, "full")) is None


def test_a_photo_of_another_case_of_the_same_reporter_stays(app: Any, grid: Grid, conn: Conn) -> None:
    content, phone = photo(), Caller(app)
    first, second = Reported(app, grid, phone, content), Reported(app, grid, phone, content)
    second.erase()
    jobs(conn)
    assert shown(phone, first.receipt) == 1
    assert stores.get(stores.cleaned(CITY, first.photo, "full"))
    first.erase()
    jobs(conn)
    assert stores.get(stores.cleaned(CITY, first.photo, "full")) is None


# Retention


def sweep() -> int:
    with connection() as lent:
        return erasure.sweep(lent, CITY)


@pytest.fixture
def later(at: Callable[[datetime | None], None]) -> Callable[[float], None]:
    """Lets time pass: so many days from now."""
    return lambda days: at(datetime.now(UTC) + timedelta(days=days))


def test_names_and_numbers_go_a_year_after_the_end(ended: Reported, conn: Conn, later: Callable[[float], None]) -> None:
    def held() -> Any:
        return conn.execute(
            "select (select count(*) from personal_data v where v.id = r.reporter_id), r.phone_hmac is null,"
            " r.secret_hash is null from reports r where receipt_code = %s", (ended.receipt,)
        ).fetchone()  # fmt: skip

    later(364)
    sweep()
    assert held() == (1, False, False)
    later(366)
    assert sweep() >= 1
    assert held() == (0, True, False)
    assert everything(conn, ended.said) == ["event_bodies"]
    assert sweep() == 0


def test_an_open_case_keeps_its_reporter(reported: Reported, conn: Conn, later: Callable[[float], None]) -> None:
    later(4000)
    sweep()
    held = "select count(*) from personal_data v join reports r on r.reporter_id = v.id where r.receipt_code = %s"
    assert conn.execute(held, (reported.receipt,)).fetchone() == (1,)
    assert everything(conn, reported.said) == ["event_bodies"]


def test_what_was_said_and_shown_goes_five_years_after_the_end(
    ended: Reported, conn: Conn, later: Callable[[float], None], desk: Person
) -> None:
    later(1824)
    sweep()
    assert ended.said in seen(desk, ended.case)["text"]
    later(1826)
    sweep()
    jobs(conn)
    for word in (ended.said, ended.added, ended.late, ended.where, "已经修好"):
        assert everything(conn, word) == []
    assert stores.get(stores.cleaned(CITY, ended.photo, "full")) is None
    assert [fault for fault in examine() if ended.case in fault] == []
    assert sweep() == 0


def test_refused_commands_lose_their_content_after_a_year(
    ended: Reported, conn: Conn, later: Callable[[float], None]
) -> None:
    content = "select content is null from commands where case_id = %s and refused is not null"
    conn.execute("update commands set created_at = now() - interval '364 days' where case_id = %s", (ended.case,))
    sweep()
    assert conn.execute(content, (ended.case,)).fetchone() == (False,)
    conn.execute("update commands set created_at = now() - interval '366 days' where case_id = %s", (ended.case,))
    assert sweep() == 1
    assert conn.execute(content, (ended.case,)).fetchone() == (True,)
    assert sweep() == 0


def test_doubtful_positions_go_after_90_days(reported: Reported, conn: Conn, worker: Person) -> None:
    conn.execute("delete from doubtful_positions")
    for days in (89, 91):
        conn.execute(
            "insert into doubtful_positions values (%s, %s, %s, %s, now() - make_interval(days => %s))",
            (CITY, worker.post_id, reported.case, days, days),
        )
    sweep()
    assert conn.execute("select seq from doubtful_positions").fetchall() == [(89,)]


def test_a_city_may_keep_a_class_for_another_time(ended: Reported, conn: Conn, later: Callable[[float], None]) -> None:
    conn.execute("insert into retention_rules values (%s, 'ended_cases', 30)", (CITY,))
    try:
        later(31)
        sweep()
    finally:
        conn.execute("delete from retention_rules")
    assert everything(conn, ended.said) == []


# After a restore

TABLES = ("event_bodies", "reports", "personal_data", "uploads", "commands")


def test_a_restored_database_forgets_again(ended: Reported, conn: Conn, elsewhere: Path) -> None:
    def kept() -> dict[str, Any]:
        rows = "select coalesce(jsonb_agg(to_jsonb(t) order by t::text), '[]') from {} t"
        return {table: conn.execute(sql.SQL(rows).format(sql.Identifier(table))).fetchone()[0] for table in TABLES}  # type: ignore[index]

    place = conn.execute("select address from cases where id = %s", (ended.case,)).fetchone()
    before = kept()
    conn.execute("create schema saved")
    for table in TABLES:
        names = (sql.Identifier("saved", table), sql.Identifier(table))
        conn.execute(sql.SQL("create table {} as table {}").format(*names))
    ended.erase()
    with connection() as lent:
        assert erasure.leave(lent, CITY) >= 1
        assert erasure.leave(lent, CITY) == 0
    after = kept()
    files = list((elsewhere / "erasures").iterdir())
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert ended.case in {line["case_id"] for line in lines}
    assert not any(word in file.read_text() for file in files for word in (ended.said, NAME, PHONE, ended.where))

    conn.execute("delete from erasures")  # the backup is older than the wish
    for table in TABLES:
        names = (sql.Identifier(table), sql.Identifier("saved", table))
        conn.execute(sql.SQL("truncate {0} cascade; insert into {0} table {1}").format(*names))
    conn.execute("update cases set address = %s where id = %s", (place[0] if place else None, ended.case))
    assert kept() == before
    assert everything(conn, ended.said) == ["event_bodies"]

    with connection() as lent:
        assert erasure.reapply(lent, erasure.ledger(CITY)) == len(lines)
        assert kept() == after
        for word in (ended.said, ended.added, ended.late, ended.where):
            assert everything(conn, word) == []
        entries = conn.execute("select count(*) from erasures").fetchone()
        audited = conn.execute("select count(*) from audit_trail").fetchone()
        assert erasure.reapply(lent, erasure.ledger(CITY)) == len(lines)
        assert kept() == after
        assert conn.execute("select count(*) from erasures").fetchone() == entries
        assert conn.execute("select count(*) from audit_trail").fetchone() == audited
        assert erasure.leave(lent, CITY) == 0
    assert ended.erase().status_code == 204
    assert [fault for fault in examine() if ended.case in fault] == []
