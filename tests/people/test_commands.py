"""`gezhi user`: how the first account of an installation comes to be."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from click.testing import CliRunner

from gezhi.people.commands import user

PASSWORD = "a long enough password"


def run(*arguments):
    return CliRunner().invoke(user, [*arguments])


def add(account, *more, role="dispatcher", region="3601"):
    return run("add", account, "--name", "李四", "--role", role, "--region", region, "--password", PASSWORD, *more)


@pytest.fixture(autouse=True)
def _database(database):
    """Every command works on this module's database."""


def test_an_added_user_signs_in_with_the_code_shown_once(app, resident, conn):
    made = add("first")
    assert made.exit_code == 0, made.output
    uri = made.output.strip().splitlines()[-1]
    assert uri.startswith("otpauth://totp/")
    assert "█" in made.output
    secret = parse_qs(urlsplit(uri).query)["secret"][0]
    sealed, required = conn.execute("select totp_secret, totp_required from users where account = 'first'").fetchone()
    assert required
    assert secret.encode() not in bytes(sealed)
    sent = {"account": "first", "password": PASSWORD, "code": pyotp.TOTP(secret).now()}
    assert resident.post("/session", sent).get_json()["doors"] == ["console"]


@pytest.mark.parametrize(
    ("change", "told"),
    [({"role": "king"}, "unknown role"), ({"region": "360102999"}, "no region"), ({"region": "3602"}, "no region")],
)
def test_what_does_not_exist_is_refused_and_nothing_is_left(conn, change, told):
    refused = add("refused", **change)
    assert refused.exit_code == 1
    assert told in refused.output
    assert not conn.execute("select 1 from users where account = 'refused'").fetchone()


def test_an_account_is_made_once_and_needs_a_long_password():
    assert add("once").exit_code == 0
    assert "exists" in add("once").output
    short = run("add", "short", "--name", "x", "--role", "leader", "--region", "3601", "--password", "short")
    assert "12" in short.output


def test_disabling_ends_every_session(app, resident):
    uri = add("leaver").output.strip().splitlines()[-1]
    code = pyotp.parse_uri(uri).now()
    resident.post("/session", {"account": "leaver", "password": PASSWORD, "code": code})
    assert resident.get("/session").get_json()["user"]["account"] == "leaver"
    assert run("disable", "leaver").exit_code == 0
    assert resident.get("/session").get_json()["user"] is None
    assert run("disable", "leaver").exit_code == 1
