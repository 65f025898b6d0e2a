"""Who is asking. Sessions are rows on the server behind an opaque cookie: ended means ended."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import NullSession, SessionInterface
from flask_login import LoginManager, current_user
from psycopg import Connection

from gezhi.config import settings
from gezhi.db import connection
from gezhi.http.cookies import cookie
from gezhi.http.problems import Problem
from gezhi.people import queries
from gezhi.people.models import DESK_ROLES, GRID_ROLES, OUTSIDE_ROLES

FIELD_ROLES = frozenset({*GRID_ROLES, "responder", "handler"})
CONSOLE_ROLES = frozenset({*DESK_ROLES, "leader", "expert", "admin", "security_admin", "auditor", "handler"})
FIELD_LIFE = timedelta(days=30)
DESK_LIFE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class PostView:
    """A post held today. `level` is the region code's length: city 4, district 6, street 9, community 12, grid 15."""

    id: uuid.UUID
    role: str
    unit_id: uuid.UUID | None
    unit_name: str | None
    unit_function: str | None
    region_code: str
    level: int


@dataclass(frozen=True, slots=True)
class Actor:
    """The signed-in person of a request. `author` is who they are to commands and uploads: `user:<id>`."""

    user_id: uuid.UUID
    name: str
    account: str | None
    posts: tuple[PostView, ...]
    token_hash: bytes
    author: str

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """The id as Flask-Login and the rate limits want it."""
        return str(self.user_id)

    @property
    def desk_regions(self) -> tuple[str, ...]:
        """Codes of the regions whose centre this person works at or leads: everything below them is in scope (P7)."""
        roles = (*DESK_ROLES, "leader")
        return tuple(sorted({p.region_code for p in self.posts if p.unit_function == "centre" and p.role in roles}))

    @property
    def units(self) -> tuple[uuid.UUID, ...]:
        """The units whose cases this person sees, whatever they do there; not those they only administer or advise."""
        return tuple(p.unit_id for p in self.posts if p.unit_id and p.role not in OUTSIDE_ROLES)

    @property
    def grid_codes(self) -> tuple[str, ...]:
        """Codes of the grids this person has a post in."""
        return tuple(sorted({p.region_code for p in self.posts if p.role in GRID_ROLES and p.level == 15}))

    @property
    def doors(self) -> list[str]:
        """The applications this person's posts open: `field` for phones, `console` for desks."""
        roles = {post.role for post in self.posts}
        return [door for door, opening in (("field", FIELD_ROLES), ("console", CONSOLE_ROLES)) if roles & opening]


def token_hash(token: str) -> bytes:
    """What the server keeps of a token: its SHA-256. Tokens are 256 random bits, so nothing slower is needed."""
    return hashlib.sha256(token.encode()).digest()


def _post(row: dict[str, Any]) -> PostView:
    return PostView(
        id=uuid.UUID(row["id"]),
        role=row["role"],
        unit_id=uuid.UUID(row["unit_id"]) if row["unit_id"] else None,
        unit_name=row["unit_name"],
        unit_function=row["unit_function"],
        region_code=row["region_code"],
        level=len(row["region_code"]),
    )


def load(token: str) -> Actor | None:
    """The person holding `token`, in one statement; None when the session is unknown, over, or the person disabled."""
    hashed = token_hash(token)
    with connection() as lent:
        row = lent.execute(queries.ACTOR, (hashed, settings().city), prepare=True).fetchone()
    if row is None:
        return None
    user_id, name, account, posts = row
    return Actor(user_id, name, account, tuple(_post(post) for post in posts), hashed, f"user:{user_id}")


def _of_request(asked: Request) -> Actor | None:
    token = asked.cookies.get(cookie()[0])
    return load(token) if token and len(token) <= 100 else None


def actor() -> Actor | None:
    """The signed-in person of this request or None; asked once a request, and not at all without a cookie."""
    if "HTTP_COOKIE" not in request.environ:
        return None
    person = current_user._get_current_object()
    return person if isinstance(person, Actor) else None


def signed_in() -> Actor:
    """The signed-in person; raises Problem not_signed_in."""
    person = actor()
    if person is None:
        raise Problem("not_signed_in")
    return person


def author() -> str:
    """Who makes this request: `user:<uuid>`, else `device:<uuid>` from X-Gezhi-Device.

    Raises Problem missing_header when there is neither.
    """
    person = actor()
    if person is not None:
        return person.author
    sent = request.environ.get("HTTP_X_GEZHI_DEVICE", "")
    try:
        if len(sent) == 36:
            return f"device:{uuid.UUID(sent)}"
    except ValueError:
        pass
    raise Problem("missing_header", header="X-Gezhi-Device")


def begin(lent: Connection[Any], person_id: uuid.UUID, life: timedelta) -> str:
    """Open a session in the caller's transaction and return its token, which exists nowhere but in the cookie."""
    token = secrets.token_urlsafe(32)
    lent.execute(queries.OPEN_SESSION, (token_hash(token), person_id, life))
    return token


def life_of(roles: set[str]) -> timedelta:
    """How long a session lasts: 30 days for those who work with a phone only, 12 hours for everybody else."""
    return FIELD_LIFE if roles and roles <= FIELD_ROLES else DESK_LIFE


def give(response: Response, token: str, life: timedelta) -> None:
    """Put the session's cookie on an answer."""
    name, secure = cookie()
    response.set_cookie(
        name, token, max_age=int(life.total_seconds()), path="/", secure=secure, httponly=True, samesite="Lax"
    )


def take(response: Response) -> None:
    """Remove the session's cookie with an answer."""
    name, secure = cookie()
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="Lax")


class _NoFlaskSession(SessionInterface):
    """Flask's signed cookie is not used: it would survive signing out, and costs every request."""

    def open_session(self, app: Flask, request: Request) -> NullSession:
        return NullSession()

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        return None


def init_app(app: Flask) -> None:
    """Let Flask-Login find the person of a request by our cookie, and by nothing else."""
    app.session_interface = _NoFlaskSession()
    app.config["REMEMBER_COOKIE_NAME"] = "gezhi-unused"  # Flask-Login's own cookie would be tried before our loader
    manager = LoginManager(app)
    manager.session_protection = None  # it binds a session to an address, and phones change theirs
    manager.request_loader(_of_request)
