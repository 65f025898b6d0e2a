"""What people do about themselves: sign in, sign out, be shown who they are. And how accounts come to be."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, NoReturn

from flask import current_app
from psycopg import Connection

from gezhi import audit
from gezhi.config import settings
from gezhi.db import connection, uuid7
from gezhi.http.language import LANGUAGES, pick
from gezhi.http.limits import Allowance, client_ip
from gezhi.http.problems import Problem
from gezhi.people import passwords, queries, sessions, totp
from gezhi.people.models import ROLES
from gezhi.people.names import role_name
from gezhi.people.sessions import Actor
from gezhi.places.models import LEVELS
from gezhi.places.names import labels

TRIES = 10
LOCK = timedelta(minutes=15)

# Counted in the limiter too, so that an account that does not exist is refused just like a locked one.
_of_account = Allowance("sign-in account", f"{TRIES} per 15 minutes", lambda: "")
_of_address = Allowance("sign-in address", "60 per 5 minutes", client_ip)


def _fail(lent: Connection[Any], user_id: uuid.UUID | None, account: str) -> NoReturn:
    if user_id is not None:
        lent.execute(queries.COUNT_FAILURE, {"id": user_id, "tries": TRIES, "lock": LOCK})
    _of_account.spend(account)
    raise Problem("bad_credentials")


def _second_factor(lent: Connection[Any], user_id: uuid.UUID, account: str, sealed: bytes, code: str | None) -> None:
    if not code:
        raise Problem("second_factor_needed")
    step = totp.step_of(totp.unseal(sealed, user_id), code)
    if step is None or lent.execute(queries.USE_TOTP_STEP, {"id": user_id, "step": step}).fetchone() is None:
        _fail(lent, user_id, account)


def sign_in(account: str, password: str, code: str | None) -> tuple[str, Actor]:
    """Open a session; returns its token and the person.

    Raises Problem bad_credentials (never telling which part), second_factor_needed, too_many_requests (ten wrong tries
    lock an account for 15 minutes; an address has 60 tries in 5 minutes).
    """
    _of_address.spend()
    _of_account.check(account)
    with connection() as lent:
        row = lent.execute(queries.CREDENTIALS, (account, settings().city)).fetchone()
    user_id, kept, sealed, required, locked = row or (None, None, None, True, None)
    right = passwords.verify(kept, password)
    if locked:
        raise Problem("too_many_requests", retry_after=locked)
    with connection() as lent:
        if not right or user_id is None or (required and sealed is None):
            _fail(lent, user_id, account)
        if sealed is not None:
            _second_factor(lent, user_id, account, sealed, code)
        with lent.transaction():
            lent.execute(queries.FORGET_FAILURES, (user_id,))
            audit.record(lent, settings().city, user_id, "sign_in", f"user:{user_id}")
            lent.execute(queries.FORGET_SESSIONS)
            roles = {row[0] for row in lent.execute(queries.ROLES_TODAY, (user_id,)).fetchall()}
            token = sessions.begin(lent, user_id, sessions.life_of(roles))
    person = sessions.load(token)
    if person is None:  # disabled in this very moment
        raise Problem("bad_credentials")
    return token, person


def sign_out(person: Actor) -> None:
    """End the session this person holds, for good."""
    with connection() as lent, lent.transaction():
        lent.execute(queries.END_SESSION, (person.token_hash,))
        audit.record(lent, settings().city, person.user_id, "sign_out", f"user:{person.user_id}")


@lru_cache(maxsize=4)
def _city(code: str) -> dict[str, Any] | None:
    with connection() as lent:
        row = lent.execute(queries.CITY_SHOWN, (code,)).fetchone()
    if row is None:
        return None
    code, name, demo, west, south, east, north, lng, lat = row
    return {"code": code, "name": name, "demo": demo, "bounds": [west, south, east, north], "centre": [lng, lat]}


def city_view() -> dict[str, Any]:
    """The city served; kept in memory, as it changes with an import only. Raises Problem unavailable before one."""
    found = _city(settings().city)
    if found is None:
        _city.cache_clear()
        raise Problem("unavailable")
    return found


def _posts(person: Actor) -> list[dict[str, Any]]:
    with connection() as lent:
        rows = lent.execute(queries.POSTS_SHOWN, ([post.id for post in person.posts],)).fetchall()
    named = labels(post.region_code for post in person.posts)
    return [
        {
            "id": post_id,
            "role": role,
            "role_name": role_name(role),
            "unit": {"id": unit_id, "name": pick(unit, unit_en)} if unit_id else None,
            "region": {"code": code, "name": named[code]["name"], "level": LEVELS[level]},
        }
        for post_id, role, unit_id, unit, unit_en, code, level in rows
    ]


def session_view(person: Actor | None) -> dict[str, Any]:
    """The answer of GET /session for a person or nobody."""
    push_key = current_app.config.get("PUSH_KEY")
    return {
        "user": {"id": person.user_id, "name": person.name, "account": person.account} if person else None,
        "posts": _posts(person) if person and person.posts else [],
        "doors": person.doors if person else [],
        "city": city_view(),
        "push_key": push_key() if callable(push_key) else push_key,
        "languages": list(LANGUAGES),
    }


@dataclass(frozen=True)
class NewUser:
    """What an account is made of. `unit` is a unit's id for roles that belong to one."""

    account: str
    name: str
    role: str
    region: str
    unit: uuid.UUID | None = None


def add_user(new: NewUser, password: str) -> str:
    """Make an account with a post from today on and a second factor; returns the authenticator's address (a secret).

    Raises ValueError naming what is wrong: the role, the region, the unit, or an account that exists.
    """
    if new.role not in ROLES:
        raise ValueError(f"unknown role {new.role}; one of {', '.join(ROLES)}")
    user_id, city = uuid7(), settings().city
    enrolment = totp.enrol(user_id, new.account)
    hashed = passwords.hash_password(password)
    with connection() as lent, lent.transaction():
        if not new.region.startswith(city) or not lent.execute(queries.REGION_EXISTS, (new.region,)).fetchone():
            raise ValueError(f"no region {new.region} in city {city}")
        if new.unit is not None and not lent.execute(queries.UNIT_EXISTS, (new.unit, city)).fetchone():
            raise ValueError(f"no unit {new.unit} in city {city}")
        made = lent.execute(
            queries.ADD_USER, (user_id, city, new.account, new.name, hashed, enrolment.sealed)
        ).fetchone()
        if made is None:
            raise ValueError(f"account {new.account} exists")
        lent.execute(queries.ADD_POST, (uuid7(), city, user_id, new.role, new.unit, new.region))
        audit.record(lent, city, None, "add_user", f"user:{user_id}", role=new.role, region=new.region)
    return enrolment.uri


def disable_user(account: str) -> bool:
    """Close an account and end its sessions; False when there is no open account of that name."""
    city = settings().city
    with connection() as lent, lent.transaction():
        row = lent.execute(queries.DISABLE_USER, (account, city)).fetchone()
        if row is None:
            return False
        lent.execute(queries.END_SESSIONS_OF, (row[0],))
        audit.record(lent, city, None, "disable_user", f"user:{row[0]}")
    return True
