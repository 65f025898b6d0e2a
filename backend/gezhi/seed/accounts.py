"""The demo's accounts: one for every role, with passwords that are made on this machine and kept in one file."""

from __future__ import annotations

import csv
import json
import os
import secrets
from pathlib import Path
from typing import Any

from psycopg import Connection

from gezhi.people.passwords import hash_password, verify
from gezhi.seed import queries

_SHOWN = ("role", "role_zh", "account", "password", "door", "name")


def read(folder: Path) -> list[dict[str, str]]:
    """The accounts of accounts.csv, each with a new password: three words and four digits."""
    words = (folder / "words.txt").read_text(encoding="utf-8").split()
    with (folder / "accounts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{**row, "password": _password(words)} for row in rows]


def renew(conn: Connection[Any], path: Path, accounts: list[dict[str, str]]) -> None:
    """Give the accounts their passwords in the database, and list them in the file (mode 0600).

    The file is written before the database commits: what is in the database is always in the file.
    """
    hashed = [(hash_password(account["password"]), account["account"]) for account in accounts]
    with conn.transaction(), conn.cursor() as cursor:
        cursor.executemany(queries.RENEW_ACCOUNT, hashed)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        shown = [{key: account[key] for key in _SHOWN} for account in accounts]
        draft.write_text(json.dumps(shown, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        draft.replace(path)


def belongs(conn: Connection[Any], path: Path) -> bool:
    """Whether the file's passwords are those of this database; the first account answers for all."""
    try:
        first = json.loads(path.read_text(encoding="utf-8"))[0]
        account, password = first["account"], first["password"]
    except (OSError, ValueError, LookupError, TypeError):
        return False
    row = conn.execute(queries.HASH_OF_ACCOUNT, (account,)).fetchone()
    return row is not None and verify(row[0], password)


def _password(words: list[str]) -> str:
    chosen = "-".join(secrets.choice(words) for _ in range(3))
    return f"{chosen}-{secrets.randbelow(10_000):04}"
