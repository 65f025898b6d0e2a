"""Signing in, being somebody, signing out for good."""

from __future__ import annotations

import hashlib
import threading
import time

import pyotp
import pytest

from gezhi.people import passwords, service, sessions


def body(person, **more):
    return {"account": person.account, "password": person.password, **more}


def test_anybody_may_ask_who_they_are(resident):
    answer = resident.get("/session")
    assert answer.status_code == 200
    told = answer.get_json()
    assert (told["user"], told["posts"], told["doors"]) == (None, [], [])
    assert told["city"]["code"] == "3601"
    west, south, east, north = told["city"]["bounds"]
    lng, lat = told["city"]["centre"]
    assert west < lng < east
    assert south < lat < north
    assert told["languages"] == ["zh-CN", "en"]
    assert len(told["push_key"]) >= 87


@pytest.mark.parametrize(
    ("role", "function", "region", "doors", "days"),
    [
        ("grid_worker", None, "360102", ["field"], 30),
        ("handler", "greening", "360102", ["field", "console"], 30),
        ("dispatcher", "centre", "360102", ["console"], 0.5),
        ("auditor", None, "3601", ["console"], 0.5),
    ],
)
def test_a_person_signs_in_and_the_posts_open_doors(somebody, resident, conn, role, function, region, doors, days):
    person = somebody((role, region, function))
    answer = resident.post("/session", body(person))
    assert answer.status_code == 200
    told = answer.get_json()
    assert told["user"] == {"id": str(person.id), "name": "某人", "account": person.account}
    assert told["doors"] == doors
    assert [(post["role"], post["region"]["code"], post["unit"] is not None) for post in told["posts"]] == [
        (role, region, function is not None)
    ]
    assert resident.get("/session").get_json() == told
    left = conn.execute("select expires_at - now() from sessions where user_id = %s", (person.id,)).fetchone()[0]
    assert left.total_seconds() == pytest.approx(days * 86400, abs=60)


def test_somebody_who_is_field_and_desk_gets_the_shorter_session(somebody, resident, conn):
    person = somebody(("grid_worker", "360102", None), ("dispatcher", "360102", "centre"))
    assert resident.post("/session", body(person)).get_json()["doors"] == ["field", "console"]
    left = conn.execute("select expires_at - now() from sessions where user_id = %s", (person.id,)).fetchone()[0]
    assert left.total_seconds() < 13 * 3600


def test_names_follow_the_language(somebody, resident):
    told = resident.post(
        "/session", body(somebody(("dispatcher", "360102", "centre"))), Accept_Language="en"
    ).get_json()
    assert told["posts"][0]["role_name"] == "Dispatcher"
    assert told["posts"][0]["unit"]["name"] == "Test centre"


def test_the_cookie_is_out_of_reach_of_scripts_and_only_its_hash_is_kept(somebody, resident, conn):
    person = somebody()
    cookie = resident.post("/session", body(person)).headers["Set-Cookie"]
    name, _, rest = cookie.partition("=")
    assert name == "gezhi-8080"
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in rest.split(";")}
    token = rest.partition(";")[0]
    kept = conn.execute("select token_hash from sessions where user_id = %s", (person.id,)).fetchone()[0]
    assert bytes(kept) == hashlib.sha256(token.encode()).digest()
    assert not conn.execute("select 1 from sessions s where s::text like %s", (f"%{token}%",)).fetchone()


def test_signing_out_ends_the_session_on_the_server_for_good(somebody, app, resident):
    person = somebody()
    resident.post("/session", body(person))
    stolen = resident._client.get_cookie("gezhi-8080").value
    assert resident.call("DELETE", "/session").status_code == 204
    assert resident._client.get_cookie("gezhi-8080") is None
    thief = app.test_client()
    thief.set_cookie("gezhi-8080", stolen)
    assert thief.get("/api/v1/session").get_json()["user"] is None
    assert resident.call("DELETE", "/session").status_code == 204


@pytest.mark.parametrize(
    "change",
    [
        "update sessions set expires_at = now() - interval '1 second' where user_id = %s",
        "update users set disabled_at = now() where id = %s",
        "update users set city = '3602' where id = %s",
    ],
)
def test_a_session_is_worth_nothing_once_it_is_over_or_the_person_gone(somebody, resident, conn, change):
    person = somebody()
    resident.post("/session", body(person))
    assert resident.get("/session").get_json()["user"] is not None
    conn.execute(change, (person.id,))
    assert resident.get("/session").get_json()["user"] is None


def test_a_post_counts_from_its_first_to_its_last_day(somebody, resident, conn):
    person = somebody(("dispatcher", "360102", "centre"))
    resident.post("/session", body(person))
    for starts, ends, doors in [("current_date - 9", "current_date - 3", []), ("current_date + 3", "null", []),
                                ("current_date - 9", "current_date + 3", ["console"])]:  # fmt: skip
        conn.execute(f"update posts set starts_on = {starts}, ends_on = {ends} where user_id = %s", (person.id,))
        assert resident.get("/session").get_json()["doors"] == doors


def test_wrong_password_and_unknown_account_look_the_same(somebody, resident):
    person = somebody()
    wrong = resident.post("/session", body(person) | {"password": "wrong"})
    unknown = resident.post("/session", {"account": "nobody at all", "password": "wrong"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.get_json() == unknown.get_json()
    assert wrong.get_json()["code"] == "bad_credentials"
    assert "Set-Cookie" not in wrong.headers


def test_an_unknown_account_costs_the_same_work(somebody, app):
    person = somebody()
    passwords.verify(None, "warm")

    def cost(account):
        started = time.process_time()
        with app.test_request_context(), pytest.raises(service.Problem):
            service.sign_in(account, "wrong", None)
        return time.process_time() - started

    known, unknown = (min(cost(account) for _ in range(3)) for account in (person.account, "nobody here"))
    assert unknown > known / 2


def test_ten_wrong_tries_lock_the_account_in_the_database(somebody, resident, conn, app):
    person = somebody()
    for _ in range(10):
        assert resident.post("/session", body(person) | {"password": "wrong"}).status_code == 401
    with app.app_context():
        from gezhi.http.limits import limiter

        limiter.reset()  # another process, or a restart: the lock is in the database
    answer = resident.post("/session", body(person))
    assert answer.status_code == 429
    assert 800 < int(answer.headers["Retry-After"]) <= 900
    conn.execute("update users set locked_until = now() - interval '1 second' where id = %s", (person.id,))
    assert resident.post("/session", body(person)).status_code == 200
    assert conn.execute("select failed_tries from users where id = %s", (person.id,)).fetchone() == (0,)


def test_an_account_that_does_not_exist_is_refused_like_a_locked_one(somebody, resident):
    somebody()
    sent = {"account": "no such account", "password": "wrong"}
    answers = [resident.post("/session", sent).status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]


def test_the_second_factor_is_asked_for_only_after_the_right_password(somebody, resident):
    person = somebody(("dispatcher", "360102", "centre"), second_factor=True)
    assert resident.post("/session", body(person) | {"password": "x"}).get_json()["code"] == "bad_credentials"
    assert resident.post("/session", body(person)).get_json()["code"] == "second_factor_needed"
    wrong = f"{(int(person.code()) + 1) % 10**6:06}"
    if wrong not in {pyotp.TOTP(person.secret).at(time.time() + off) for off in (-60, -30, 0, 30, 60)}:
        assert resident.post("/session", body(person, code=wrong)).get_json()["code"] == "bad_credentials"
    assert resident.post("/session", body(person, code=person.code())).status_code == 200


def test_a_code_is_good_once_even_for_two_at_the_same_time(somebody, app):
    person = somebody(second_factor=True)
    code, results = person.code(), []

    def go():
        client = app.test_client()
        answer = client.post("/api/v1/session", json=body(person, code=code), headers={"X-Gezhi": "1"})
        results.append(answer.status_code)

    both = [threading.Thread(target=go) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(results) == [200, 401]


def test_an_account_that_needs_a_second_factor_but_has_none_stays_closed(somebody, resident, conn):
    person = somebody()
    conn.execute("update users set totp_required = true where id = %s", (person.id,))
    assert resident.post("/session", body(person)).get_json()["code"] == "bad_credentials"


def test_who_signed_in_and_out_is_in_the_audit_trail(somebody, resident, conn):
    person = somebody()
    resident.post("/session", body(person))
    resident.call("DELETE", "/session")
    rows = conn.execute("select deed from audit_trail where user_id = %s order by id", (person.id,)).fetchall()
    assert [deed for (deed,) in rows] == ["sign_in", "sign_out"]


def test_the_author_is_the_person_else_the_device_else_a_problem(somebody, resident, app):
    person = somebody(("grid_worker", "360102", None))
    device = "0199e0a0-7b3c-7abc-8def-0123456789ab"
    with app.test_request_context(headers={"X-Gezhi-Device": device.upper()}):
        assert sessions.author() == f"device:{device}"
        assert sessions.actor() is None
    resident.post("/session", body(person))
    token = resident._client.get_cookie("gezhi-8080").value
    with app.test_request_context(headers={"X-Gezhi-Device": device, "Cookie": f"gezhi-8080={token}"}):
        assert sessions.author() == f"user:{person.id}"
        assert sessions.signed_in().user_id == person.id
    for wrong in ("", "x" * 36, "not-a-uuid"):
        with app.test_request_context(headers={"X-Gezhi-Device": wrong}), pytest.raises(service.Problem) as raised:
            sessions.author()
        assert raised.value.code == "missing_header"
    with app.test_request_context(), pytest.raises(service.Problem) as raised:
        sessions.signed_in()
    assert raised.value.code == "not_signed_in"


def test_scope_comes_from_centres_and_grids_only(somebody, resident, app):
    person = somebody(
        ("dispatcher", "360102", "centre"), ("leader", "3601", "centre"), ("dispatcher", "360103", "greening"),
        ("grid_worker", "360102", None), ("handler", "360104", "centre"),
    )  # fmt: skip
    resident.post("/session", body(person))
    token = resident._client.get_cookie("gezhi-8080").value
    with app.test_request_context(headers={"Cookie": f"gezhi-8080={token}"}):
        assert sessions.signed_in().desk_regions == ("3601", "360102")
        assert sessions.signed_in().grid_codes == ()


def test_the_person_of_a_request_is_asked_for_once(somebody, resident, app, monkeypatch):
    person = somebody()
    resident.post("/session", body(person))
    token = resident._client.get_cookie("gezhi-8080").value
    asked = []
    real = sessions.load
    monkeypatch.setattr(sessions, "load", lambda token: asked.append(token) or real(token))
    with app.test_request_context(headers={"Cookie": f"gezhi-8080={token}"}):
        assert {sessions.author(), sessions.signed_in().author, sessions.author()} == {f"user:{person.id}"}
    assert len(asked) == 1


@pytest.mark.parametrize(
    "cookie",
    [
        "remember_token=1|abc", "session=eyJ9.x.y", "gezhi-8080=", "gezhi-8080=\x00", "gezhi-unused=1|abc",
        f"gezhi-8080={'a' * 5000}",
    ],
)  # fmt: skip
def test_a_cookie_of_somebody_elses_making_is_nobody(app, database, cookie):
    answer = app.test_client().get("/api/v1/session", headers={"Cookie": cookie})
    assert answer.status_code == 200
    assert answer.get_json()["user"] is None
