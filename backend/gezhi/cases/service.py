"""What can be done to a case. Every write is one database function under the case's row lock, all or nothing."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import Connection, Rollback
from psycopg.types.json import Jsonb

from gezhi.cases import doors, queries
from gezhi.cases.words import CHANNELS
from gezhi.cases.workflow import ACTIONS, RATING_DAYS
from gezhi.config import settings
from gezhi.db import uuid7
from gezhi.http.keys import key
from gezhi.http.problems import Problem
from gezhi.people import vault
from gezhi.people.sessions import Actor
from gezhi.places.names import labels
from gezhi.places.systems import to_wgs84

# Without 0 O 1 I L: read aloud and written down without doubt. 31^8 codes: guessing one of a million in use takes
# 850,000 tries.
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


def receipt_code() -> str:
    """Eight letters for a receipt."""
    return "".join(secrets.choice(_LETTERS) for _ in range(8))


def check_receipt(code: str) -> None:
    """Raise Problem not_found for what cannot be a receipt's code."""
    if len(code) != 8 or not set(code) <= set(_LETTERS):
        raise Problem("not_found")


def secret_hash(secret: str) -> bytes:
    """What is kept of a device's secret: its SHA-256 (the secret is 256 random bits, so nothing slower is needed)."""
    return hashlib.sha256(secret.encode()).digest()


def body_hmac(content: Mapping[str, Any]) -> bytes:
    """A fingerprint of what was sent, so that the same id with another body is told from a repeat."""
    canonical = json.dumps(content, sort_keys=True, default=str, separators=(",", ":"))
    return hmac.digest(key("commands"), canonical.encode(), "sha256")


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows that somebody holds a report: the digest of the device's secret, or of the number left with it."""

    secret: bytes | None = None
    phone: bytes | None = None


@contextmanager
def refusals() -> Iterator[None]:
    """Turn a refusal of a database function (SQLSTATE GZ001, the code as message) into its Problem."""
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate != "GZ001":
            raise
        code, detail = error.diag.message_primary or "internal", json.loads(error.diag.message_detail or "{}")
        if code == "outside_city":
            city = settings().city
            detail["city"] = labels([city]).get(city, {"name": city})["name"]
        raise Problem(code, **detail) from None


def take_report(
    connection: Connection[Any], sent: dict[str, Any], author: str, person: Actor | None, *, hold: bool = False
) -> dict[str, Any]:
    """Take one report (rules P3, C4) and return its receipt's facts, `known` when it was taken before.

    With `hold` it is accepted but not dispatched. Raises Problem outside_city, place_needed, photo_required,
    unknown_matter, same_id_other_body, and invalid for what only staff may say.
    """
    channel = doors.channel_of(sent, person)
    reporter = sent["reporter"] or {}
    place = sent["place"]
    matter = sent["matter"] or {}
    lng, lat = _wgs84(place) if place else (None, None)
    arguments = {
        "city": settings().city,
        "author": author,
        "id": sent["id"],
        "case_id": uuid7(),
        "receipt": receipt_code(),
        "secret": secret_hash(sent["secret"]),
        "hmac": body_hmac(sent),
        "user": person.user_id if person else None,
        "occurred_at": sent["occurred_at"],
        "channel": channel,
        "category": sent["category"],
        "kind": matter.get("kind"),
        "code": matter.get("code"),
        "danger": sent["danger"],
        "text": sent["text"],
        "address": sent["address"],
        "lng": lng,
        "lat": lat,
        "accuracy": place["accuracy_m"] if place else None,
        "origin": place["origin"] if place else "address",
        "raw_lng": place["lng"] if place else None,
        "raw_lat": place["lat"] if place else None,
        "system": place["system"] if place else None,
        "photos": [bytes.fromhex(photo) for photo in sent["photos"]],
        "region": sent["region"],
        "reporter": None,
        "phone_hmac": None,
        "hidden": reporter.get("hidden", False),
        "photo_waived": CHANNELS[channel].photo_waived,
        "hold": hold,
    }
    if not (reporter.get("name") or reporter.get("phone")):
        return _report(connection, arguments)
    with connection.transaction():
        row, phone_hmac = vault.keep(connection, reporter["name"], reporter["phone"])
        facts = _report(connection, arguments | {"reporter": row, "phone_hmac": phone_hmac})
        if not facts["known"]:
            return facts
        raise Rollback  # who reported was kept with the first of these
    return _report(connection, arguments)


def settle(connection: Connection[Any], sent: dict[str, Any], author: str, person: Actor | None) -> dict[str, Any]:
    """Take a report that its sender has settled at once (即报即结), in one transaction; returns its receipt's facts.

    Raises what `take_report` raises, and Problem not_your_grid, settle_not_certain.
    """
    if person is None:
        raise Problem("not_signed_in")
    with connection.transaction():
        facts = take_report(connection, sent, author, person, hold=True)
        if facts["known"]:
            return facts
        arguments = {
            "city": settings().city,
            "case_id": facts["case_id"],
            "author": author,
            "user": person.user_id,
            "occurred_at": sent["occurred_at"],
            "content": Jsonb(sent["settle"], dumps=_dumps),
            "photos": _photos(sent["settle"]),
        }
        with refusals():
            row = connection.execute(queries.SETTLE, arguments, prepare=True).fetchone()
    assert row is not None
    settled: dict[str, Any] = row[0]
    return facts | settled | {"missing_photos": [*facts["missing_photos"], *settled["missing_photos"]]}


def _report(connection: Connection[Any], arguments: dict[str, Any]) -> dict[str, Any]:
    with refusals():
        row = connection.execute(queries.REPORT, arguments, prepare=True).fetchone()
    assert row is not None
    facts: dict[str, Any] = row[0]
    return facts


def act(
    connection: Connection[Any], case_id: uuid.UUID, sent: dict[str, Any], user: uuid.UUID, author: str
) -> dict[str, Any]:
    """Do one action of the workflow and return its outcome: state, version, seq, the caller's relations, `refused`.

    A command refused because the case has moved on returns its code in `refused`; its content is kept (rule C6).
    Raises Problem not_found, photo_required, outside_fence, unknown_matter, unknown_assignee, same_id_other_body.
    """
    action = ACTIONS[sent["action"]]
    position = sent.get("position") or {}
    arguments = {
        "city": settings().city,
        "author": author,
        "user": user,
        "id": sent["id"],
        "case_id": case_id,
        "hmac": body_hmac({**_lasting(sent), "case_id": case_id}),
        "row": Jsonb(action.row()),
        "version": sent.get("version"),
        "after": sent.get("after"),
        "occurred_at": sent["occurred_at"],
        "elapsed": sent["elapsed_ms"],
        "content": _content(sent),
        "photos": _photos(sent),
        "lng": position.get("lng"),
        "lat": position.get("lat"),
        "accuracy": position.get("accuracy_m"),
    }
    with refusals():
        row = connection.execute(queries.ACT, arguments, prepare=True).fetchone()
    assert row is not None
    outcome: dict[str, Any] = row[0]
    return outcome


def note(
    connection: Connection[Any], receipt: str, proof: Proof, sent: dict[str, Any], uploader: str
) -> dict[str, Any]:
    """Do what a reporter may do to a case by its receipt and return its outcome, as `act` does.

    `uploader` is the author of its photos. Raises Problem not_found (also for a wrong secret or number) and
    same_id_other_body.
    """
    check_receipt(receipt)
    arguments = {
        "city": settings().city,
        "receipt": receipt,
        "secret": proof.secret,
        "phone": proof.phone,
        "uploader": uploader,
        "id": sent["id"],
        "hmac": body_hmac({**_lasting(sent), "receipt": receipt}),
        "row": Jsonb(ACTIONS[sent["action"]].row()),
        "occurred_at": sent["occurred_at"],
        "elapsed": sent["elapsed_ms"],
        "content": _content(sent),
        "photos": _photos(sent),
        "days": RATING_DAYS,
    }
    with refusals():
        row = connection.execute(queries.NOTE, arguments, prepare=True).fetchone()
    assert row is not None
    outcome: dict[str, Any] = row[0]
    return outcome


def _lasting(sent: Mapping[str, Any]) -> dict[str, Any]:
    """What stays the same whenever a command is sent: all but how long ago it was made."""
    return {name: value for name, value in sent.items() if name != "elapsed_ms"}


def _content(sent: Mapping[str, Any]) -> Jsonb:
    """The fields of an action as they were sent, a place in WGS-84."""
    named = (need.field for need in ACTIONS[sent["action"]].needs)
    content = {name: sent[name] for name in named if sent.get(name) is not None}
    if place := content.get("place"):
        lng, lat = _wgs84(place)
        content["place"] = {**place, "lng": lng, "lat": lat, "system": "wgs84"}
    return Jsonb(content, dumps=_dumps)


def _photos(sent: Mapping[str, Any]) -> list[bytes]:
    return [bytes.fromhex(photo) for photo in sent.get("photos") or ()]


def _wgs84(place: Mapping[str, Any]) -> tuple[float, float]:
    """The point of a place as sent, in WGS-84 degrees (rule P4)."""
    if place["system"] == "wgs84":
        return place["lng"], place["lat"]
    lng, lat = to_wgs84([place["lng"], place["lat"]], place["system"])
    return float(lng), float(lat)


def _dumps(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, default=str)
