"""GET /sync: what a phone pulls is what waits, once, and what it is told stays true (G5)."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from gezhi.db import uuid7
from gezhi.http import cursor as cursors
from gezhi.installation import renew_sync_epoch
from gezhi.media import cleaning
from gezhi.sync import service
from gezhi.sync.schemas import Sync
from tests.cases.helpers import HANDLED, SECRET, SHA, command, ok, photo, refused, report
from tests.cases.many import listed
from tests.conftest import Caller


def pull(caller: Any, cursor: str | None = None) -> dict[str, Any]:
    """One page, which must be as documented."""
    body = ok(caller.get("/sync" + (f"?cursor={quote(cursor)}" if cursor else "")))
    assert Sync().validate(body) == {}
    return body


@pytest.fixture(autouse=True)
def photos_never_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cases are not told again for the photos of these tests, which nobody sends."""
    monkeypatch.setattr(service, "PHOTOS_ON_THEIR_WAY", timedelta(0))


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


def test_a_phone_that_knows_nothing_is_told_everything_that_waits(worker: Any, send: Any) -> None:
    cases = [str(send()["case_id"]) for _ in range(3)]
    told = pull(worker)
    assert (told["full"], told["more"]) == (True, False)
    assert sorted(ids(told["tasks"])) == sorted(ids(told["cases"])) == sorted(cases)
    for body in told["cases"]:
        alone = ok(worker.get(f"/cases/{body['id']}"))
        assert {"id": body["id"], "version": body["version"], "seq": body["seq"]} in told["tasks"]
        assert body == alone
    assert told["catalogue_version"] == worker.get("/matters").headers["ETag"].strip('"')
    assert told["unread"] == 0


def test_nobody_without_a_session_pulls(resident: Any) -> None:
    refused(resident.get("/sync"), 401, "not_signed_in")
    refused(resident.get("/sync?colour=red"), 422, "invalid")


def test_only_what_changed_is_told_and_what_is_gone_is_plain(worker: Any, mate: Any, send: Any, settle: Any) -> None:
    one, other = (str(send()["case_id"]) for _ in range(2))
    settle()
    first = pull(worker)
    quiet = pull(worker, first["cursor"])
    assert (quiet["full"], quiet["cases"], quiet["tasks"]) == (False, [], first["tasks"])
    ok(worker.act(one, command("sign", 3)))
    settle()
    changed = pull(worker, quiet["cursor"])
    assert [(body["id"], body["state"]) for body in changed["cases"]] == [(one, "signed")]
    assert sorted(ids(changed["tasks"])) == sorted([one, other])
    ok(worker.act(one, command("handle", 4, **HANDLED)))
    gone = pull(worker, changed["cursor"])
    assert (ids(gone["tasks"]), gone["cases"]) == ([other], [])
    assert pull(worker, first["cursor"])["cases"] == [], "an older cursor is told the same"
    assert ids(pull(mate)["cases"]) == [one]


def test_a_photo_that_is_cleaned_later_is_told_though_that_is_no_event(
    worker: Any, app: Any, grid: Any, settle: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PHOTOS_ON_THEIR_WAY", timedelta(hours=1))
    phone = Caller(app)
    sha = phone.put_photo(photo())
    case = phone.post("/reports", report([sha], place=grid.place)).json["case_id"]
    settle()
    first = pull(worker)
    assert [one["ready"] for one in first["cases"][0]["photos"]] == [False]
    cleaning.clean("3601", sha)
    told = pull(worker, first["cursor"])
    assert [(body["id"], body["photos"][0]["ready"]) for body in told["cases"]] == [(case, True)]
    assert pull(worker, told["cursor"])["cases"] == []


def test_P8_a_photo_opens_only_in_the_cases_of_those_who_sent_it_however_many_are_told_at_once(
    worker: Any, app: Any, grid: Any
) -> None:
    sender, other = Caller(app), Caller(app)
    sha = sender.put_photo(photo())
    cleaning.clean("3601", sha)
    own, copied = (one.post("/reports", report([sha], place=grid.place)).json["case_id"] for one in (sender, other))
    photos = {body["id"]: body["photos"] for body in pull(worker)["cases"]}
    assert [(one["sha256"], one["ready"], bool(one["url"])) for one in photos[own]] == [(sha, True, True)]
    assert [(one["sha256"], one["ready"], one["url"]) for one in photos[copied]] == [(sha, False, None)]


def test_what_a_reporter_took_back_is_told_though_that_is_no_event(
    worker: Any, app: Any, grid: Any, settle: Any
) -> None:
    phone = Caller(app)
    sent = report([SHA], place=grid.place, text="我家门口的灯")
    receipt = phone.post("/reports", sent).json
    settle()
    cursor = pull(worker)["cursor"]
    assert pull(worker, cursor)["cases"] == []
    gone = phone.call("DELETE", f"/reports/{receipt['receipt_code']}", None, X_Gezhi_Secret=SECRET)
    assert gone.status_code == 204
    (case,) = pull(worker, cursor)["cases"]
    assert (case["id"], "我家门口的灯" in str(case)) == (receipt["case_id"], False)


def test_the_list_is_that_of_view_mine_for_everybody(people: Any) -> None:
    found = {name: sorted(ids(pull(person)["tasks"])) for name, person in people.items()}
    assert found == {name: sorted(listed(person, view="mine")) for name, person in people.items()}
    assert len([name for name, tasks in found.items() if tasks]) > 10


def altered(cursor: str, **changed: Any) -> str:
    carried = cursors.decode(cursor)
    return cursors.encode({"sync": carried["sync"] | changed})


def test_a_cursor_that_does_not_hold_asks_for_everything(worker: Any, mate: Any, case: str, conn: Any) -> None:
    held = pull(worker)["cursor"]
    assert not pull(worker, held)["full"]
    assert not pull(worker, altered(held, at=time.time() - 29 * 86400))["full"]
    wrong = {
        "tampered": held[:-2] + ("AA" if held[-2:] != "AA" else "BB"),
        "garbage": "é//\0",
        "of a list": cursors.encode({"at": "2026-01-01", "id": str(uuid7())}),
        "too old": altered(held, at=time.time() - 31 * 86400),
        "somebody else's": pull(mate)["cursor"],
    }
    assert {name: (told["full"], ids(told["cases"])) for name, text in wrong.items()
            for told in [pull(worker, text)]} == dict.fromkeys(wrong, (True, [case]))  # fmt: skip
    worker.device = str(uuid7())
    assert pull(worker, held)["full"], "another phone has other things in its outbox"
    assert (
        pull(
            worker,
            pull(worker)["cursor"],
        )["full"]
        is False
    )
    assert ok(worker.get(f"/sync?cursor={quote(pull(worker)['cursor'])}", Accept_Language="en"))["full"]


def test_another_epoch_or_post_asks_for_everything(worker: Any, case: str, conn: Any, hire: Any, grid: Any) -> None:
    held = pull(worker)["cursor"]
    epoch = renew_sync_epoch(conn)
    told = pull(worker, held)
    assert (told["full"], told["epoch"], ids(told["cases"])) == (True, epoch, [case])
    hire("grid_leader", grid.code, user=worker.user)
    assert pull(worker, told["cursor"])["full"]


def test_P6_what_comes_to_a_desk_without_an_event_is_told(
    hire: Any, unit: Any, grid: Any, send: Any, conn: Any
) -> None:
    community, street = grid.code[:12], grid.code[:9]
    upper, lower = hire("dispatcher", street, unit(street)), hire("dispatcher", community, unit(community))
    case = str(send(category="other", photos=["ab" * 32])["case_id"])
    conn.execute("update cases set level = 12, state = 'reported' where id = %s", (case,))
    held = pull(upper)
    assert case not in ids(held["tasks"])
    conn.execute("delete from duty_hours where post_id = %s", (lower.post_id,))
    told = pull(upper, held["cursor"])
    assert case in ids(told["tasks"])
    assert case in ids(told["cases"])


def test_pages_tell_everything_also_what_changes_between_them(
    worker: Any, send: Any, settle: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "CASES_A_PAGE", 2)
    cases = sorted(str(send()["case_id"]) for _ in range(5))
    settle()
    first = pull(worker)
    assert (ids(first["cases"]), first["more"], first["full"]) == (cases[:2], True, True)
    ok(worker.act(cases[0], command("sign", 3)))
    second = pull(worker, first["cursor"])
    assert (ids(second["cases"]), second["more"], second["full"]) == (cases[2:4], True, False)
    third = pull(worker, second["cursor"])
    assert (ids(third["cases"]), third["more"]) == (cases[4:], False)
    assert len(third["tasks"]) == 5
    last = pull(worker, third["cursor"])
    assert [(body["id"], body["state"]) for body in last["cases"]] == [(cases[0], "signed")]


def test_a_slow_commit_is_never_skipped(worker: Any, send: Any, settle: Any, database: str) -> None:
    slow, quick = (str(send()["case_id"]) for _ in range(2))
    settle()
    held = pull(worker)["cursor"]
    with psycopg.connect(database) as late:
        late.execute("update cases set seq = seq + 1 where id = %s", (slow,))
        late.execute(
            "insert into events"
            " (city, case_id, seq, at, occurred_at, action, actor_kind, version, state, facts, audience, digest)"
            " select city, id, seq, now(), now(), 'progress', 'system', version, state, '{}', '{}', ''"
            "   from cases where id = %s",
            (slow,),
        )
        ok(worker.act(quick, command("sign", 3)))
        before = pull(worker, held)
        assert ids(before["cases"]) == [quick], "told though it is not settled yet"
    settle()
    after = pull(worker, before["cursor"])
    assert sorted(ids(after["cases"])) == sorted([slow, quick]), "told twice rather than never"
    assert pull(worker, after["cursor"])["cases"] == []


def test_G5_the_manifest_names_what_is_kept_and_only_that(worker: Any, app: Any, send: Any, conn: Any) -> None:
    before = Caller(app, worker.device)
    sent, signed_in = (report(["ab" * 32]) for _ in range(2))
    assert before.post("/reports", sent).status_code == 201, "from this phone, before signing in"
    assert worker.post("/reports", signed_in).status_code == 201
    case = send()["case_id"]
    sign, late = command("sign", 3), command("sign", 3)
    ok(worker.act(case, sign))
    refused(worker.act(case, late), 409, "not_allowed_now")
    faulty = command("handle", 4, outcome="solved", reply="修好了", photos=[])
    refused(worker.act(case, faulty), 422, "photo_required")
    add = {"id": str(uuid7()), "action": "add", "occurred_at": sent["occurred_at"], "text": "还是不亮"}
    code = conn.execute("select receipt_code from reports where id = %s", (sent["id"],)).fetchone()[0]
    ok(before.post(f"/reports/{code}/notes", add, X_Gezhi_Secret=sent["secret"]))

    told = pull(worker)
    kept = told["manifest"]
    assert kept["reports"] == [sent["id"], signed_in["id"]]
    assert kept["commands"] == [sign["id"], add["id"]]
    assert kept["not_adopted"] == [{"id": late["id"], "refused": "not_allowed_now"}]
    phone, worker.device = worker.device, str(uuid7())
    assert pull(worker)["manifest"]["reports"] == [signed_in["id"]], "the same person with another phone"
    worker.device = phone

    conn.execute("update reports set created_at = now() - interval '41 days' where id = %s", (sent["id"],))
    conn.execute("update commands set created_at = now() - interval '39 days' where id = %s", (sign["id"],))
    kept = pull(worker)["manifest"]
    assert (kept["reports"], sign["id"] in kept["commands"]) == ([signed_in["id"]], True)

    new = command("progress", None, note="已联系")
    ok(worker.act(case, {name: value for name, value in new.items() if value is not None}))
    since = pull(worker, told["cursor"])["manifest"]
    assert new["id"] in since["commands"]
    assert sign["id"] not in since["commands"], "told before"


def test_unseen_notifications_are_counted(worker: Any, case: str, conn: Any) -> None:
    conn.execute(
        "insert into notifications (city, user_id, id, case_id, seq, kind, seen_at)"
        " select '3601', %s, gen_random_uuid(), %s, n, 'task', case when n = 1 then now() end"
        " from generate_series(1, 3) n",
        (worker.user, case),
    )
    assert pull(worker)["unread"] == 2


def test_a_changed_boundary_changes_the_version_of_places(
    worker: Any, conn: Any, grid: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PLACES_KEPT_SECONDS", -1.0)
    first = pull(worker)
    assert pull(worker)["places_version"] == first["places_version"]
    conn.execute("update regions set geom = st_translate(geom, 0.00001, 0) where code = %s", (grid.code,))
    told = pull(worker, first["cursor"])
    assert told["full"]
    assert told["places_version"] != first["places_version"]
