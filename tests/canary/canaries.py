"""The canaries: strings that occur nowhere else, one for each thing that must stay private (G8)."""

from __future__ import annotations

import json
import re
from typing import Any

import psycopg
from psycopg import sql

PHONE, LANDLINE, NAME = "13987650421", "079187654321", "欧阳金丝雀"
"""Of a reporter, in the fields for them: sealed in the vault, in clear nowhere."""
TEXT_PHONE, TEXT_NAME = "13612349876", "司徒黄莺"
"""What somebody writes into a text although there is a field for it: where the text is kept, and nowhere else."""
TEXT = f"路灯不亮，请打 {TEXT_PHONE} 找{TEXT_NAME}"
SECRET = "CanarySecretCanarySecretCanarySecretCanary1"
PASSWORD, HEADER, ENDPOINT = "CanaryPassword", "CanaryHeader", "CanaryEndpoint"
KEPT_NOWHERE = (PHONE, LANDLINE, NAME, SECRET, PASSWORD, HEADER)
KEPT_AS_TEXT = (TEXT_PHONE, TEXT_NAME)
ALL = (*KEPT_NOWHERE, *KEPT_AS_TEXT, ENDPOINT)

TEXTS_ARE_KEPT_IN = frozenset(
    {
        "event_bodies.body",  # what people wrote on a case, erasable
        "commands.content",  # what was not adopted, erasable
        "cases.address",
        "cases.external_number",
        "cases.external_platform",
        "tasks.wanted",  # why more time or help is asked for
        "absences.reason",
        "audit_trail.detail",  # the reason for a look at personal data or a hand-over
        "routing_rules.name",
        "routing_rules.contains",
        "saved_filters.name",
        "saved_filters.filter",
    }
)
"""The columns that hold what people have written, by name: a new one is a decision."""
ENDPOINTS_ARE_KEPT_IN = frozenset({"subscriptions.endpoint"})

_FORMS = {
    PHONE: ("139-8765-0421", "139 8765 0421"),
    LANDLINE: ("0791-87654321", "0791 8765 4321"),
}


def forms(canary: str) -> list[str]:
    """A canary as it may be written: plain, escaped in JSON or an address, grouped, in hex."""
    escaped = json.dumps(canary)[1:-1]
    quoted = "".join(f"%{byte:02X}" for byte in canary.encode())
    return list(dict.fromkeys([canary, escaped, quoted, canary.encode().hex(), *_FORMS.get(canary, ())]))


def found(text: str, canaries: tuple[str, ...] = ALL) -> list[str]:
    """The canaries in a text, each with what stands around it."""
    return [
        f"{canary}: ...{text[max(0, place.start() - 120) : place.end() + 40]}..."
        for canary in canaries
        for form in forms(canary)
        for place in [re.search(re.escape(form), text, re.IGNORECASE)]
        if place
    ]


def columns_with(connection: psycopg.Connection[Any], canary: str) -> set[str]:
    """Every column of every table in which the canary stands in clear."""
    columns = connection.execute(
        "select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid"
        " join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg_toast%%'"
        "   and c.relkind in ('r', 'p', 'm') and a.attnum > 0 and not a.attisdropped"
        "   and format_type(a.atttypid, null) <> all (%s)",
        (["geometry", "boolean", "uuid", "timestamp with time zone", "date"],),
    ).fetchall()
    like = [f"%{form}%" for form in forms(canary)]
    question = sql.SQL("select exists (select from {} where {}::text ilike any (%s))")
    return {
        f"{table}.{column}"
        for table, column in columns
        if connection.execute(question.format(sql.Identifier(table), sql.Identifier(column)), (like,)).fetchone()[0]  # type: ignore[index]
    }
