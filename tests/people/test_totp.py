"""One-time codes: RFC 6238's own vectors, sealed secrets."""

from __future__ import annotations

import base64
import uuid

import pyotp
import pytest
from cryptography.exceptions import InvalidTag

from gezhi.people import totp

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(("at", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_the_codes_of_rfc_6238_are_taken(at, code):
    assert totp.step_of(SECRET, code, at) == at // 30


def test_a_clock_half_a_minute_off_is_forgiven_and_a_minute_is_not():
    code = pyotp.TOTP(SECRET).at(1_800_000_000)
    steps = [totp.step_of(SECRET, code, 1_800_000_000 + offset) for offset in (-60, -30, 0, 30, 60)]
    assert steps == [None, 60_000_000, 60_000_000, 60_000_000, None]


@pytest.mark.parametrize("code", ["", "28708", "2870820", "28708a", "２８７０８２", "-87082"])
def test_what_is_no_code_is_wrong(code):
    assert totp.step_of(SECRET, code, 59) is None


@pytest.mark.usefixtures("database")
def test_a_secret_opens_for_its_own_user_only_and_is_not_readable_in_the_row():
    user = uuid.uuid4()
    sealed = totp.seal(SECRET, user)
    assert totp.unseal(sealed, user) == SECRET
    assert SECRET.encode() not in sealed
    assert sealed != totp.seal(SECRET, user)
    with pytest.raises(InvalidTag):
        totp.unseal(sealed, uuid.uuid4())
    with pytest.raises(InvalidTag):
        totp.unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), user)
