"""Who reported a case: masked on every screen, in clear only for a reason that is kept (rule P8)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import Any

import structlog
from cryptography.exceptions import InvalidTag
from psycopg.rows import dict_row

from gezhi import audit
from gezhi.cases import queries
from gezhi.config import settings
from gezhi.db import connection
from gezhi.http.language import pick
from gezhi.http.logs import masked as without_numbers
from gezhi.http.problems import Problem
from gezhi.people import vault
from gezhi.people.sessions import Actor

log = structlog.get_logger("gezhi.reporters")

Row = Mapping[str, Any]


def _opened(row: Row) -> dict[str, str | None]:
    return vault.opened({
        "id": row["reporter_id"], "key_id": row["reporter_key"],
        "name": row["reporter_name"], "phone": row["reporter_phone"],
    })  # fmt: skip


def withheld(row: Row, relations: Collection[str]) -> bool:
    """A hidden reporter is for the desk alone."""
    return bool(row["reporter_hidden"]) and "desk" not in relations


def reporter_view(row: Row) -> dict[str, Any]:
    """{anonymous, name, phone, hidden} of a case's reporter for somebody who may see the case: never more than masked.

    `row` has the columns of queries.REPORTER and the reader's relations.
    """
    nobody = pick("匿名群众", "Anonymous resident")
    hidden = bool(row["reporter_hidden"])
    view = {"anonymous": row["reporter_key"] is None, "name": nobody, "phone": None, "hidden": hidden}
    if view["anonymous"] or withheld(row, row["relations"]):
        return view
    try:
        shown = vault.masked(**_opened(row))
    except InvalidTag:  # another installation's key: the case itself is still to be worked on
        log.error("vault.unreadable", row=str(row["reporter_id"]), key=row["reporter_key"])
        return view | {"name": pick("无法读取", "Unreadable")}
    return view | {"name": shown["name"] or pick("未留姓名", "No name left"), "phone": shown["phone"]}


def reveal(person: Actor, case_id: uuid.UUID, reason: str) -> dict[str, str | None]:
    """{name, phone} in clear for the desk and the assignee, with an entry in the audit trail of the same transaction.

    Raises Problem not_found for everybody else, no_reporter, reporter_hidden.
    """
    given = {"city": settings().city, "id": case_id, "user": person.user_id}
    with connection() as lent, lent.transaction():
        with lent.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(queries.WHOSE_CASE.encode(), given).fetchone()
        if row is None or not {"desk", "assignee"} & set(row["relations"]):
            raise Problem("not_found")
        if row["reporter_key"] is None:
            raise Problem("no_reporter")
        if withheld(row, row["relations"]):
            raise Problem("reporter_hidden")
        audit.record(
            lent, settings().city, person.user_id, "reveal_reporter", f"case:{case_id}",
            reason=without_numbers(reason), reporter=str(row["reporter_id"]),
        )  # fmt: skip
        return _opened(row)
