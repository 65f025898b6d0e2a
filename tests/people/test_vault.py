"""The vault: sealed field by field, found by HMAC, masked by default (rule P8)."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import structlog
from cryptography.exceptions import InvalidTag

from gezhi.http import logs
from gezhi.http.problems import answer
from gezhi.people import vault
from gezhi.people.phones import NotAPhone

NAME, PHONE = "欧阳小敏", "13807917788"

Conn = psycopg.Connection[Any]


@pytest.fixture
def kept(conn: Conn) -> uuid.UUID:
    """A row of the vault."""
    return vault.keep(conn, NAME, f"+86 {PHONE}")[0]


@pytest.fixture
def logging_on() -> Iterator[None]:
    """The logs of every level, written as the processes write them, to standard error."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure("DEBUG")
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_P8_what_was_kept_comes_back_and_lies_sealed(conn: Conn, kept: uuid.UUID) -> None:
    assert vault.reveal(conn, kept) == {"name": NAME, "phone": PHONE}
    row = conn.execute("select key_id, name, phone, phone_hmac from personal_data where id = %s", (kept,)).fetchone()
    assert row is not None
    assert row[0] == vault.KEY_ID
    for sealed in row[1:]:
        assert NAME.encode() not in sealed
        assert PHONE.encode() not in sealed


def test_P8_the_same_text_is_never_sealed_the_same_way_twice(conn: Conn) -> None:
    ids = [vault.keep(conn, NAME, PHONE)[0] for _ in range(2)]
    rows = conn.execute("select name, phone from personal_data where id = any(%s)", (ids,)).fetchall()
    assert len({sealed for row in rows for sealed in row}) == 4


def test_P8_a_number_is_found_by_its_hmac_however_it_is_typed(conn: Conn, kept: uuid.UUID) -> None:
    found = vault.phone_hmac("0086 138-0791-7788")
    assert len(found) == 32
    assert conn.execute("select 1 from personal_data where id = %s and phone_hmac = %s", (kept, found)).fetchone()
    assert vault.phone_hmac("13807917789") != found


def test_P8_a_name_without_a_number_and_a_number_without_a_name(conn: Conn) -> None:
    unphoned, none = vault.keep(conn, f" {NAME} ", "")
    unnamed, some = vault.keep(conn, " ", PHONE)
    assert (vault.reveal(conn, unphoned), none) == ({"name": NAME, "phone": None}, None)
    assert (vault.reveal(conn, unnamed), some) == ({"name": None, "phone": PHONE}, vault.phone_hmac(PHONE))


@pytest.mark.parametrize(
    "meddling",
    [
        "update personal_data set key_id = '2' where id = %(id)s",
        "update personal_data set name = phone where id = %(id)s",
        "update personal_data set phone = set_byte(phone, 20, get_byte(phone, 20) # 1) where id = %(id)s",
        "update personal_data set name = (select name from personal_data where id = %(other)s) where id = %(id)s",
    ],
    ids=["another key", "another field", "another byte", "another row"],
)
def test_P8_a_field_opens_with_its_own_key_row_and_name_only(conn: Conn, kept: uuid.UUID, meddling: str) -> None:
    other = vault.keep(conn, "别人", "13900000000")[0]
    conn.execute(meddling.encode(), {"id": kept, "other": other})
    with pytest.raises(InvalidTag):
        vault.reveal(conn, kept)


def test_P8_rows_of_an_older_key_stay_readable_when_a_new_one_comes(
    conn: Conn, kept: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault, "KEY_ID", "2")
    newer, found = vault.keep(conn, NAME, PHONE)
    assert vault.reveal(conn, newer) == vault.reveal(conn, kept)
    keys = conn.execute("select key_id, phone_hmac from personal_data where id in (%s, %s)", (kept, newer)).fetchall()
    assert sorted(keys) == [("1", found), ("2", found)]


def test_P8_what_is_gone_is_gone(conn: Conn) -> None:
    with pytest.raises(LookupError):
        vault.reveal(conn, uuid.uuid4())


def test_P8_screens_show_masked_forms() -> None:
    assert vault.masked(NAME, PHONE) == {"name": "欧**", "phone": "138****7788"}
    assert vault.masked("王", "079186221234") == {"name": "王**", "phone": "079****1234"}
    assert vault.masked(None, None) == {"name": None, "phone": None}


@pytest.mark.usefixtures("logging_on")
def test_P8_nothing_of_it_is_ever_logged(conn: Conn, kept: uuid.UUID, capsys: pytest.CaptureFixture[str]) -> None:
    log = structlog.get_logger("gezhi.test")
    log.warning("call back", who=f"{PHONE} at noon", phone=PHONE, name=NAME)
    with pytest.raises(NotAPhone) as refused:
        vault.keep(conn, NAME, f"{PHONE}0")
    answer(refused.value)
    conn.execute("update personal_data set name = phone where id = %s", (kept,))
    with pytest.raises(InvalidTag) as broken:
        vault.reveal(conn, kept)
    answer(broken.value)
    with pytest.raises(psycopg.errors.UniqueViolation) as twice:
        conn.execute("insert into personal_data select * from personal_data where id = %s", (kept,))
    answer(twice.value)
    told = capsys.readouterr().err
    assert told.count('"failed"') == 3
    assert PHONE not in told
    assert NAME not in told
