"""G8: after personal data went through every operation it is sealed, or in the text that somebody wrote, or gone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from gezhi.app import create_live_app
from gezhi.config import settings
from gezhi.people import vault
from tests.canary.canaries import (
    ALL,
    ENDPOINT,
    ENDPOINTS_ARE_KEPT_IN,
    KEPT_AS_TEXT,
    KEPT_NOWHERE,
    LANDLINE,
    NAME,
    PASSWORD,
    PHONE,
    SECRET,
    TEXTS_ARE_KEPT_IN,
    columns_with,
    forms,
    found,
)
from tests.canary.conftest import Let
from tests.canary.sending import operations

pytestmark = pytest.mark.timeout(300)


def lines(let: Let) -> list[dict[str, Any]]:
    """What the processes logged as JSON."""
    return [json.loads(line) for line in let.log.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("canary", ALL)
def test_G8_a_canary_that_gets_out_is_found(canary: str, conn: psycopg.Connection[Any]) -> None:
    """Whichever way it is written, and in whatever kind of column."""
    for form in forms(canary):
        assert found(f'{{"a": "x{form}y"}}', (canary,)), form
    for kind in ("text", "jsonb", "bytea", "text[]"):
        conn.execute(f"create table planted (here {kind})".encode())
        value = {"jsonb": Jsonb({"a": canary}), "bytea": canary.encode(), "text[]": [canary]}.get(kind, canary)
        conn.execute("insert into planted values (%s)", (value,))
        assert "planted.here" in columns_with(conn, canary), kind
        conn.execute("drop table planted")


def test_G8_every_operation_was_visited(let: Let, app: Any) -> None:
    """By the log of the processes themselves: a new operation is sent canaries as soon as there is one."""
    visited = {(line["method"], line["rule"]) for line in lines(let) if line.get("event") == "request"}
    there_are = {(method, rule.rule) for made in (app, create_live_app()) for method, rule in operations(made)}
    assert there_are - visited == set()


def test_G8_the_ways_in_were_open(let: Let) -> None:
    """Otherwise finding nothing would say nothing."""
    statuses = {line["status"] for line in lines(let) if line.get("event") == "request"}
    assert {200, 201, 204, 400, 401, 403, 404, 405, 409, 415, 422, 500} - {405} <= statuses
    done = {key.split()[0] for key in let.acted if key.endswith(" 200")}
    assert len(done) >= 6, let.acted
    conn = let.world.conn
    kept = conn.execute("select id, key_id, name, phone from personal_data order by id").fetchall()
    opened = [vault.opened(dict(zip(("id", "key_id", "name", "phone"), row, strict=True))) for row in kept]
    assert {"name": NAME, "phone": PHONE} in opened
    assert {"name": NAME, "phone": LANDLINE} in opened
    assert let.pushed
    assert let.jobs
    assert any(line.get("event") == "failed" for line in lines(let))


def test_G8_no_log_of_any_process_has_a_canary(let: Let) -> None:
    assert found(let.log) == []
    for token in let.tokens:
        assert token not in let.log


def test_G8_no_metric_has_one(let: Let) -> None:
    assert "gezhi_requests_total" in let.metrics
    assert found(let.metrics) == []


def test_G8_no_push_message_has_one(let: Let) -> None:
    assert found("\n".join(let.pushed)) == []


def test_G8_no_job_is_given_one(let: Let) -> None:
    assert found("\n".join(let.jobs)) == []


def test_G8_no_header_and_no_address_in_an_answer_has_one(let: Let) -> None:
    for method, path, answer in let.answers:
        asked = f"{method} {path.partition('?')[0]}"
        headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        assert found(headers) == [], asked
        assert answer.headers["Referrer-Policy"] == "same-origin", asked
        if not path.startswith("/api/openapi"):
            links = re.findall(r'"((?:https?:/)?/[^"\s]*)"', answer.get_data(as_text=True))
            assert found("\n".join(links)) == [], asked


def test_G8_names_and_numbers_are_told_to_those_only_who_ask_with_a_reason_and_each_look_is_audited(let: Let) -> None:
    looks = 0
    for method, path, answer in let.answers:
        text = answer.get_data(as_text=True)
        if path.endswith("/reporter") and answer.status_code == 200:
            looks += 1
            assert found(text, (NAME,))
        else:
            assert found(text, (PHONE, LANDLINE, SECRET, PASSWORD)) == [], f"{method} {path.partition('?')[0]}"
    audited = let.world.conn.execute("select count(*) from audit_trail where deed like '%%reveal%%'").fetchone()
    assert looks >= 2
    assert audited == (looks,)


@pytest.mark.parametrize("canary", KEPT_NOWHERE)
def test_G8_the_database_has_none_in_clear(canary: str, let: Let) -> None:
    assert columns_with(let.world.conn, canary) == set()


def test_G8_no_token_is_kept(let: Let) -> None:
    for token in let.tokens[:2]:
        assert columns_with(let.world.conn, token) == set()


@pytest.mark.parametrize("canary", KEPT_AS_TEXT)
def test_G8_what_people_wrote_is_kept_only_where_texts_are_kept(canary: str, let: Let) -> None:
    columns = columns_with(let.world.conn, canary)
    assert "event_bodies.body" in columns
    assert columns - TEXTS_ARE_KEPT_IN == set()


def test_G8_the_audit_trail_has_only_the_reason_that_was_given_and_the_rule_that_was_made(let: Let) -> None:
    rows = let.world.conn.execute("select deed, subject, detail from audit_trail").fetchall()
    assert rows
    for deed, subject, detail in rows:
        texts = {"reason", "before", "after"} if "rule" in deed else {"reason"}
        rest = {key: value for key, value in detail.items() if key not in texts}
        assert found(f"{subject} {json.dumps(rest, ensure_ascii=False)}") == []


def test_G8_an_address_of_a_browser_is_kept_only_to_be_used(let: Let) -> None:
    assert columns_with(let.world.conn, ENDPOINT) <= ENDPOINTS_ARE_KEPT_IN


def test_G8_no_file_of_the_installation_has_one(let: Let) -> None:
    """Anchors, the ledger of erasures, keys, numbers."""
    var = Path(settings().var)
    files = [file for file in var.rglob("*") if file.is_file() and file.stat().st_size < 20_000_000]
    assert files
    for file in files:
        assert found(file.read_bytes().decode("utf-8", "replace"), ALL) == [], file
