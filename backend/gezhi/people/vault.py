"""The vault of personal data: names and phone numbers of reporters, apart from cases and sealed field by field.

A field opens only with its own key, row and name: copied elsewhere it is noise. The number itself is looked up by an
HMAC, so that finding somebody again opens nothing. Nothing of what is kept here goes into logs or errors.
"""

from __future__ import annotations

import hmac
import os
import uuid
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import Connection
from psycopg.rows import dict_row

from gezhi.config import settings
from gezhi.db import uuid7
from gezhi.http.keys import key
from gezhi.people import queries
from gezhi.people.phones import normalised

KEY_ID = "1"
"""The key that new rows are sealed with. A new one takes its place here; rows keep the id of theirs and still open."""

_NONCE = 12


def _bound_to(key_id: str, row: uuid.UUID, field: str) -> bytes:
    return f"{key_id}:{row}:{field}".encode()


def _cipher(key_id: str) -> AESGCM:
    return AESGCM(key(f"vault {key_id}"))


def _seal(row: uuid.UUID, field: str, value: str | None) -> bytes | None:
    if value is None:
        return None
    nonce = os.urandom(_NONCE)
    return nonce + _cipher(KEY_ID).encrypt(nonce, value.encode(), _bound_to(KEY_ID, row, field))


def _unseal(key_id: str, row: uuid.UUID, field: str, sealed: bytes | None) -> str | None:
    if sealed is None:
        return None
    return _cipher(key_id).decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound_to(key_id, row, field)).decode()


def phone_hmac(phone: str) -> bytes:
    """HMAC-SHA256 of the normalised number, 32 bytes: the same for every way of typing it. Raises NotAPhone."""
    return hmac.digest(key("vault index"), normalised(phone).encode(), "sha256")


def keep(connection: Connection[Any], name: str | None, phone: str | None) -> tuple[uuid.UUID, bytes | None]:
    """Keep a reporter's name and number, in the caller's transaction; returns the row's id and the number's HMAC.

    An empty one counts as none. Raises NotAPhone.
    """
    row = uuid7()
    name, phone = (name or "").strip() or None, normalised(phone) if phone else None
    found = phone_hmac(phone) if phone else None
    connection.execute(
        queries.KEEP_PERSONAL_DATA,
        (settings().city, row, KEY_ID, _seal(row, "name", name), _seal(row, "phone", phone), found),
        prepare=True,
    )
    return row, found


def opened(row: Mapping[str, Any]) -> dict[str, str | None]:
    """{name, phone} of a row of personal_data: id, key_id, name, phone.

    Raises cryptography's InvalidTag when the row, the field or the key is not the one it was sealed with.
    """
    return {field: _unseal(row["key_id"], row["id"], field, row[field]) for field in ("name", "phone")}


def reveal(connection: Connection[Any], row: uuid.UUID) -> dict[str, str | None]:
    """{name, phone} in clear, to be audited by the caller in the same transaction.

    Raises LookupError when it is not kept (any more), InvalidTag as `opened` does.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(queries.PERSONAL_DATA, (settings().city, row)).fetchone()
    if found is None:
        raise LookupError("personal data")
    return opened(found)


def masked(name: str | None, phone: str | None) -> dict[str, str | None]:
    """{name, phone} as screens show them: 王**, 138****5678. The name's length is hidden too."""
    return {"name": f"{name[0]}**" if name else None, "phone": f"{phone[:3]}****{phone[-4:]}" if phone else None}
