"""People for tests: somebody with a password of their own, with or without a second factor."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass

import pyotp
import pytest

from gezhi.http.limits import limiter
from gezhi.people import passwords, totp
from tests.cases.conftest import enter, hire, unit  # noqa: F401 - fixtures

PASSWORD = "correct horse battery staple"
COUNT = itertools.count(1)


@dataclass
class Somebody:
    """An account in the test's database; `secret` is the authenticator's where there is one."""

    id: uuid.UUID
    account: str
    secret: str | None
    password: str = PASSWORD

    def code(self) -> str:
        return pyotp.TOTP(self.secret).now()


@pytest.fixture(scope="module")
def hashed():
    return passwords.hash_password(PASSWORD)


@pytest.fixture
def somebody(app, conn, hashed):
    """Makes a person with posts `[(role, region, unit function or None)]`."""
    with app.app_context():
        limiter.reset()

    def make(*posts: tuple[str, str, str | None], second_factor: bool = False) -> Somebody:
        user, account = uuid.uuid4(), f"somebody-{next(COUNT)}"
        secret = pyotp.random_base32() if second_factor else None
        conn.execute(
            "insert into users (id, city, account, name, password_hash, totp_secret, totp_required)"
            " values (%s, '3601', %s, '某人', %s, %s, %s)",
            (user, account, hashed, totp.seal(secret, user) if secret else None, second_factor),
        )
        for role, region, function in posts:
            at_unit = None
            if function:
                at_unit = uuid.uuid4()
                conn.execute(
                    "insert into units (id, city, kind, function, region_code, name, name_en)"
                    " values (%s, '3601', 'centre', %s, %s, '测试中心', 'Test centre')",
                    (at_unit, function, region),
                )
            conn.execute(
                "insert into posts (id, city, user_id, role, unit_id, region_code, starts_on)"
                " values (%s, '3601', %s, %s, %s, %s, '2020-01-01')",
                (uuid.uuid4(), user, role, at_unit, region),
            )
        return Somebody(user, account, secret)

    return make
