"""Erasing: because a reporter asks, and because its time is over; the case, its log and its chain go on."""

from __future__ import annotations

import json
import threading
import uuid
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from gezhi.cases import anchors, erasure, texts
from gezhi.cases.doctor import examine
from gezhi.db import connection
from gezhi.media import stores
from tests.cases.conftest import Grid, Person
from tests.cases.erasing import CITY, NAME, PHONE, Reported, everything, jobs
from tests.cases.helpers import SECRET, ok, photo, refused
from tests.cases.steps import course, do, joins, says, seen
from tests.conftest import Caller

Conn = psycopg.Connection[Any]
pytestmark = pytest.mark.usefixtures("elsewhere")


def shown(caller: Caller, receipt: str) -> int:
    """How many photos a report's course shows to who holds it."""
    return len(course(caller, receipt, SECRET)["photos"])


def read_texts() -> None:
    with connection() as lent:
        while texts.consume(lent, CITY):
            pass


def test_nothing_that_the_reporter_left_is_anywhere_in_the_database(over: Reported, conn: Conn) -> None:
    assert everything(conn, over.said) == ["event_bodies"]
    assert everything(conn, over.where) == ["cases"]
    assert sorted(everything(conn, over.late)) == ["commands", "event_bodies"]
    held = conn.execute("select phone_hmac from personal_data").fetchone()
    assert held is not None

    assert over.erase().status_code == 204

    for word in (over.said, over.added, over.late, over.where, held[0].hex()):
        assert everything(conn, word) == []
    left = conn.execute(
        "select secret_hash, phone_hmac, reporter_id from reports where receipt_code = %s", (over.receipt,)
    ).fetchone()
    assert left == (None, None, None)
    assert everything(conn, "已经修好") == ["event_bodies"]  # what others have said stays
    gone = "select raw_lng, raw_lat, raw_system, lng is not null from cases, st_x(point) lng where id = %s"
    assert conn.execute(gone, (over.case,)).fetchone() == (None, None, None, True)


def test_photos_go_with_their_files(over: Reported, conn: Conn, desk: Person) -> None:
    paths = [stores.cleaned(CITY, over.photo, size) for size in ("full", "thumb")]
    assert all(stores.get(path) for path in paths)
    [view] = [view for view in seen(desk, over.case)["photos"] if view["sha256"] == over.photo]
    assert over.erase().status_code == 204
    jobs(conn)
    assert conn.execute("select count(*) from uploads where sha256 = %s", (bytes.fromhex(over.photo),)).fetchone() == (
        0,
    )
    assert [stores.get(path) for path in paths] == [None, None]
    assert desk._client.get(view["url"]).status_code == 404
    # The desk's release still names it, and shows nothing.
    assert [view for view in seen(desk, over.case)["photos"] if view["ready"]] == []
    assert [view for view in course(over.phone, over.receipt)["photos"] if view["ready"]] == []


def test_the_case_goes_on_and_says_what_was_deleted_in_both_languages(over: Reported, desk: Person) -> None:
    over.erase()
    notes = {step["action"]: step["note"] for step in seen(desk, over.case)["timeline"]}
    assert {action for action, note in notes.items() if note == "已删除"} == {"report", "add", "adopt"}
    assert notes["handle"] == "已经修好"
    assert seen(desk, over.case)["text"] == "已删除"
    english = ok(desk.get(f"/cases/{over.case}", Accept_Language="en"))
    assert (english["text"], english["summary"], english["address"]) == ("Deleted", "Deleted", None)
    [kept] = ok(desk.get(f"/cases/{over.case}/not-adopted", Accept_Language="en"))["items"]
    assert kept["note"] == "Deleted"
    followed = course(over.phone, over.receipt, SECRET)
    assert (followed["state"], followed["mine"], followed["reply"]) == ("closed", False, "已经修好")
    assert seen(desk, over.case)["reporter"]["anonymous"] is True


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


def test_chain_replay_and_anchors_stay_true(over: Reported, conn: Conn) -> None:
    def faults() -> list[str]:
        return [fault for fault in examine() if over.case in fault]

    with connection() as lent:
        anchors.turn(lent, CITY, now=True)
    assert faults() == []
    over.erase()
    assert faults() == []
    with connection() as lent:
        anchors.turn(lent, CITY, now=True)
    assert faults() == []
    conn.execute("update event_bodies set salt = sha256(salt) where case_id = %s and seq = 1", (over.case,))
    assert faults() == [f"{over.case}: event 1 was altered"]


def test_each_erasure_is_audited_and_in_the_ledger_by_ids_alone(over: Reported, conn: Conn) -> None:
    over.erase()
    [(subject, detail)] = conn.execute("select subject, detail from audit_trail where deed = 'erase' and subject = %s",
                                       (f"case:{over.case}",)).fetchall()  # fmt: skip
    assert subject == f"case:{over.case}"
    assert detail["receipt"] == over.receipt
    assert {k: detail[k] for k in ("kind", "seqs", "photos", "vault", "place")} == {
        "kind": "request", "seqs": 3, "photos": 1, "vault": 1, "place": True,
    }  # fmt: skip
    [(entry,)] = conn.execute("select to_jsonb(e) from erasures e where case_id = %s", (over.case,)).fetchall()
    assert len(entry["seqs"]) == 3
    assert entry["photos"] == [f"\\x{over.photo}"]


def test_asking_again_changes_nothing(over: Reported, conn: Conn) -> None:
    assert over.erase().status_code == 204
    assert over.erase().status_code == 204
    assert conn.execute("select count(*) from erasures where case_id = %s", (over.case,)).fetchone() == (1,)
    refused(says(over.phone, over.receipt, "add", text="还有"), 404, "not_found")


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


TABLES = ("event_bodies", "reports", "personal_data", "uploads", "commands")


def test_a_restored_database_forgets_again(over: Reported, conn: Conn, elsewhere: Path) -> None:
    def kept() -> dict[str, Any]:
        rows = "select coalesce(jsonb_agg(to_jsonb(t) order by t::text), '[]') from {} t"
        return {table: conn.execute(sql.SQL(rows).format(sql.Identifier(table))).fetchone()[0] for table in TABLES}  # type: ignore[index]

    place = conn.execute("select address from cases where id = %s", (over.case,)).fetchone()
    before = kept()
    conn.execute("create schema saved")
    for table in TABLES:
        names = (sql.Identifier("saved", table), sql.Identifier(table))
        conn.execute(sql.SQL("create table {} as table {}").format(*names))
    over.erase()
    with connection() as lent:
        assert erasure.leave(lent, CITY) >= 1
        assert erasure.leave(lent, CITY) == 0
    after = kept()
    files = list((elsewhere / "erasures").iterdir())
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert over.case in {line["case_id"] for line in lines}
    assert not any(word in file.read_text() for file in files for word in (over.said, NAME, PHONE, over.where))

    conn.execute("delete from erasures")  # the backup is older than the wish
    for table in TABLES:
        names = (sql.Identifier(table), sql.Identifier("saved", table))
        conn.execute(sql.SQL("truncate {0} cascade; insert into {0} table {1}").format(*names))
    conn.execute("update cases set address = %s where id = %s", (place[0] if place else None, over.case))
    assert kept() == before
    assert everything(conn, over.said) == ["event_bodies"]

    with connection() as lent:
        assert erasure.reapply(lent, erasure.ledger(CITY)) == len(lines)
        assert kept() == after
        for word in (over.said, over.added, over.late, over.where):
            assert everything(conn, word) == []
        entries = conn.execute("select count(*) from erasures").fetchone()
        audited = conn.execute("select count(*) from audit_trail").fetchone()
        assert erasure.reapply(lent, erasure.ledger(CITY)) == len(lines)
        assert kept() == after
        assert conn.execute("select count(*) from erasures").fetchone() == entries
        assert conn.execute("select count(*) from audit_trail").fetchone() == audited
        assert erasure.leave(lent, CITY) == 0
    assert over.erase().status_code == 204
    assert [fault for fault in examine() if over.case in fault] == []
