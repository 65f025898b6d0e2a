"""What is one's own: filters, notifications, browsers; what needs no session; and what staff alone may say."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from gezhi.app import create_live_app
from gezhi.db import uuid7
from tests.cases.conftest import Person
from tests.cases.helpers import HOME, SECRET, now, photo, refused, report
from tests.conftest import HEADERS, ROOT, Caller
from tests.scopes import page
from tests.scopes.table import OPERATIONS, RELATIONS, STANDINGS, STANDS, THINGS, V1
from tests.scopes.town import Town

Asked = tuple[str, Any]
KEYS = {
    "p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM",
    "auth": "tBHItJI5svbpez7KI4CCXg",
}


def endpoint(owner: uuid.UUID) -> str:
    """Where the browser of somebody takes messages."""
    return f"https://fcm.googleapis.com/fcm/send/{owner}"


# How each operation on one's own things is asked, on the things of `owner`.
OWN: dict[str, Callable[[uuid.UUID], Asked]] = {
    f"GET {V1}/cases": lambda owner: ("/cases", None),
    f"GET {V1}/cases/counts": lambda owner: ("/cases/counts", None),
    f"GET {V1}/sync": lambda owner: ("/sync", None),
    f"GET {V1}/limits": lambda owner: ("/limits", None),
    f"GET {V1}/calendars/<int:year>": lambda owner: ("/calendars/2026", None),
    f"GET {V1}/filters": lambda owner: ("/filters", None),
    f"POST {V1}/filters": lambda owner: ("/filters", {"id": str(uuid7()), "name": "新的", "filter": {}}),
    f"PUT {V1}/filters/<uuid:saved_id>": lambda owner: (f"/filters/{owner}", {"name": "改名", "filter": {}}),
    f"DELETE {V1}/filters/<uuid:saved_id>": lambda owner: (f"/filters/{owner}", None),
    f"GET {V1}/notifications": lambda owner: ("/notifications", None),
    f"POST {V1}/notifications/<uuid:notification>/seen": lambda owner: (f"/notifications/{owner}/seen", None),
    f"POST {V1}/push/subscriptions": lambda owner: (
        "/push/subscriptions",
        {"endpoint": endpoint(uuid7()), "keys": KEYS, "device": str(uuid.uuid4())},
    ),
    f"DELETE {V1}/push/subscriptions": lambda owner: ("/push/subscriptions", {"endpoint": endpoint(owner)}),
}
NAMED = [name for name in OWN if "<uuid" in name]


@pytest.fixture
def owning(conn: Any, town: Town) -> Callable[[Person], None]:
    """Gives somebody a filter, a notification and a browser, all by the id of the person."""

    def give(person: Person) -> None:
        given = {"user": person.user, "case": town.cases["grid case"], "endpoint": endpoint(person.user)}
        given["hash"] = hashlib.sha256(given["endpoint"].encode()).digest()
        for statement in (
            "delete from saved_filters where user_id = %(user)s",
            "insert into saved_filters (user_id, id, name, filter) values (%(user)s, %(user)s, '我的', '{}')",
            "insert into notifications (city, user_id, id, case_id, seq, kind)"
            " values ('3601', %(user)s, %(user)s, %(case)s, 1, 'task') on conflict do nothing",
            "insert into subscriptions (city, endpoint_hash, id, user_id, endpoint, p256dh, auth, device, language)"
            " values ('3601', %(hash)s, %(user)s, %(user)s, %(endpoint)s, 'x', 'y', %(user)s, 'zh')"
            " on conflict do nothing",
        ):
            conn.execute(statement, given)

    return give


def test_P7_every_operation_on_what_is_ones_own_is_asked_by_the_tests() -> None:
    assert set(OWN) == {name for name, row in OPERATIONS.items() if row.reach == "session"}


@pytest.mark.parametrize("name", OWN)
def test_P7_whoever_is_signed_in_uses_what_is_their_own(name: str, town: Town, owning: Any) -> None:
    got = {}
    for who in (who for who in STANDS if who.relation in ("own", "former")):
        person = town.people[who]
        owning(person)
        path, body = OWN[name](person.user)
        got[who] = person.call(name.partition(" ")[0], path, body).status_code
    assert {who: status for who, status in got.items() if status != OPERATIONS[name].ok} == {}


@pytest.mark.parametrize("name", NAMED)
def test_P7_what_is_anothers_does_not_exist_for_anybody(name: str, town: Town, owning: Any) -> None:
    owner, *others = town.people.values()
    owning(owner)
    path, body = OWN[name](owner.user)
    for person in others:
        refused(person.call(name.partition(" ")[0], path, body), 404, "not_found")
    assert owner.call(name.partition(" ")[0], path, body).status_code == OPERATIONS[name].ok


def test_P7_nobody_reads_or_ends_what_is_anothers(town: Town, owning: Any, conn: Any) -> None:
    owner, other, *_ = town.people.values()
    owning(owner)
    assert str(owner.user) not in other.get("/filters").get_data(as_text=True)
    assert str(owner.user) not in other.get("/notifications").get_data(as_text=True)
    assert other.call("DELETE", "/push/subscriptions", {"endpoint": endpoint(owner.user)}).status_code == 204
    kept = conn.execute("select count(*) from subscriptions where id = %s", (owner.user,)).fetchone()
    assert kept == (1,)


@pytest.mark.parametrize("name", OWN)
def test_P7_without_a_session_nobody_has_anything(name: str, app: Any) -> None:
    path, body = OWN[name](uuid7())
    refused(Caller(app).call(name.partition(" ")[0], path, body), 401, "not_signed_in")


def test_P7_the_live_stream_is_for_who_is_signed_in(database: str) -> None:
    answer = create_live_app().test_client().get(f"{V1}/live", headers=HEADERS)
    assert (answer.status_code, answer.json["code"]) == (401, "not_signed_in")


def anybody(town: Town) -> dict[str, Asked]:
    """How each operation that is open to anybody is asked."""
    point = {"lng": HOME[0], "lat": HOME[1]}
    join = {"id": str(uuid7()), "secret": SECRET, "occurred_at": now()}
    command = {"kind": "report", **report(["ab" * 32])}
    return {
        "GET /api/docs": ("/api/docs", None),
        "GET /api/openapi.json": ("/api/openapi.json", None),
        "GET /healthz": ("/healthz", None),
        "GET /metrics": ("/metrics", None),
        "GET /readyz": ("/readyz", None),
        f"GET {V1}/session": ("/session", None),
        f"GET {V1}/matters": ("/matters", None),
        f"GET {V1}/places/<code>": ("/places/360102", None),
        f"GET {V1}/places/<code>.geojson": ("/places/360102.geojson", None),
        f"GET {V1}/places/<code>/children": ("/places/360102/children", None),
        f"GET {V1}/places/<code>/children.geojson": ("/places/360102/children.geojson", None),
        f"GET {V1}/places/grids.geojson": ("/places/grids.geojson?bbox=115.86,28.68,115.88,28.70", None),
        f"GET {V1}/places/locate": ("/places/locate?lng={lng}&lat={lat}".format(**point), None),
        f"GET {V1}/push/key": ("/push/key", None),
        f"POST {V1}/reports": ("/reports", report(["ab" * 32])),
        f"POST {V1}/commands": ("/commands", {"commands": [command]}),
        f"GET {V1}/nearby": ("/nearby?lng={lng}&lat={lat}".format(**point), None),
        f"POST {V1}/nearby": ("/nearby", point),
        f"POST {V1}/nearby/<uuid:case_id>/join": (f"/nearby/{town.cases['grid case']}/join", join),
        f"DELETE {V1}/session": ("/session", None),
    }


def test_P7_what_is_open_to_anybody_is_open_with_and_without_a_session(
    town: Town, app: Any, accounts: Any, conn: Any
) -> None:
    auditor = next(person for who, person in town.people.items() if who == ("auditor", "own"))
    asked = [name for name, row in OPERATIONS.items() if row.reach == "anybody"]
    signing_in, photos = f"POST {V1}/session", f"PUT {V1}/media/<sha>"
    assert set(anybody(town)) | {signing_in, photos} == set(asked)
    for caller in (Caller(app), Person(app, conn, auditor.user, auditor.post_id)):
        for name, (path, body) in anybody(town).items():
            answer = caller.call(name.partition(" ")[0], path, body) if V1 in name else caller._client.get(path)
            assert answer.status_code == OPERATIONS[name].ok, name
        caller.put_photo(photo())
        who = {"account": "grid_worker", "password": accounts["grid_worker"]["password"]}
        assert caller.post("/session", who).status_code == OPERATIONS[signing_in].ok


def test_P8_a_photo_is_got_by_a_signed_link_only(town: Town, app: Any, conn: Any) -> None:
    sender = Caller(app)
    sha = sender.put_photo(photo())
    for caller in (sender, *list(town.people.values())[:3]):
        assert caller.get(f"/media/{sha}").status_code == 422
        answer = caller.get(f"/media/{sha}?size=thumb&until=4102444800&sig={'A' * 22}")
        assert answer.status_code in (404, 422)
        assert answer.mimetype == "application/problem+json"


def test_P3_P7_only_posts_of_desks_and_in_the_field_say_how_a_report_came(town: Town, app: Any) -> None:
    offices = {"expert", "admin", "security_admin", "auditor", "leader", "head"}
    for who, person in town.people.items():
        if who.relation in ("own", "former"):
            sent = report(place=None, channel="phone", region="360102", address="某处")
            answer = person.post("/reports", sent)
            may = who.relation == "own" and who.role.partition("@")[0] not in offices
            assert answer.status_code == (201 if may else 422), who
            if not may:
                assert set(answer.json["fields"]) == {"channel", "region"}, who
    assert Caller(app).post("/reports", report(channel="phone")).status_code == 422


def test_P7_only_the_worker_of_a_grid_settles_there(town: Town, app: Any) -> None:
    settled = {"outcome": "solved", "reply": "当场扶正", "photos": ["cd" * 32]}
    for who, person in town.people.items():
        sent = report(["ab" * 32], place=town.grid.place, settle=settled)
        answer = person.post("/reports", sent)
        if who == ("grid_worker", "own"):
            assert answer.status_code == 201, answer.json
        else:
            refused(answer, 422, "not_your_grid")
    answer = Caller(app).post("/reports", report(["ab" * 32], place=town.grid.place, settle=settled))
    assert answer.status_code in (401, 422)


def test_every_word_of_the_table_is_explained() -> None:
    assert {standing for row in STANDS.values() for standing in row.values()} <= set(STANDINGS)
    assert {standing for row in OPERATIONS.values() for standing in row.answers} <= set(STANDINGS)
    assert {who.relation for who in STANDS} == set(RELATIONS)
    assert all(set(row) == set(THINGS) for row in STANDS.values())


def test_the_page_in_docs_is_the_one_made_from_the_table() -> None:
    kept = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
    assert kept == page.permissions_markdown(), "stale; run: python -m tests.scopes.page > docs/permissions.md"
