"""Bodies that are no JSON that we take, each made from one that is taken."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

JSON = "application/json"
MEGABYTE = 1_000_000


def dumped(body: Any) -> bytes:
    """A body as a phone writes it."""
    return json.dumps(body).encode()


def _with(member: str) -> Callable[[bytes], bytes]:
    """The body with one more member, written as given."""
    return lambda taken: taken[:-1] + b', "more": ' + member.encode("utf-8", "surrogatepass") + b"}"


def _twice(taken: bytes) -> bytes:
    name = json.dumps(next(iter(json.loads(taken)))).encode()
    return taken[:-1] + b", " + name + b": 1}"


def _only(raw: bytes) -> Callable[[bytes], bytes]:
    return lambda _: raw


UNREADABLE: dict[str, Callable[[bytes], bytes]] = {
    "100,000 arrays in each other": _only(b"[" * 100_000 + b"]" * 100_000),
    "100,000 arrays that never end": _only(b"[" * 100_000),
    "50,000 objects in each other": _only(b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    "21 arrays in a member": _with("[" * 21 + "]" * 21),
    "1,000 arrays in a member": _with("[" * 1000 + "]" * 1000),
    "a name twice": _twice,
    "a name twice, escaped": lambda taken: taken[:-1] + b', "more": {"a": 1, "\\u0061": 2}}',
    "NaN": _with("NaN"),
    "Infinity": _with("Infinity"),
    "minus Infinity": _with("-Infinity"),
    "a number beyond all": _with("1e400"),
    "5,000 digits": _with("9" * 5_000),
    "half a character": _with('"\\ud83d"'),
    "the other half": _with('"\\ude00 \\ud83d"'),
    "half a character in a name": _with('{"\\ud83d": 1}'),
    "half a character in bytes": _with('"\ud83d"'),
    "NUL": _with('"a\\u0000b"'),
    "NUL in a name": _with('{"\\u0000": 1}'),
    "a control character": _with('"a\x01b"'),
    "not UTF-8": lambda taken: taken[:-1] + b', "more": "\xff\xfe\xc0\xaf"}',
    "UTF-16": lambda taken: taken.decode().encode("utf-16"),
    "a byte order mark": lambda taken: b"\xef\xbb\xbf" + taken,
    "cut off": lambda taken: taken[:-1],
    "cut off in a word": lambda taken: taken[: len(taken) // 2],
    "two bodies": lambda taken: taken + taken,
    "a comma too many": lambda taken: taken[:-1] + b",}",
    "single quotes": lambda taken: taken.replace(b'"', b"'"),
    "a comment": lambda taken: b"/* */" + taken,
    "nothing": _only(b""),
    "white space": _only(b" \n" * 1000),
    "gzip": gzip.compress,
    "null": _only(b"null"),
    "true": _only(b"true"),
    "a number": _only(b"7"),
    "a string": _only(b'"x"'),
    "an array": lambda taken: b"[" + taken + b"]",
    "1 MB of numbers": _with("[" + "0," * 490_000 + "0]"),
    "100,000 names": _with("{" + ",".join(f'"{number}":0' for number in range(80_000)) + "}"),
    "20 MB of text": _with('"' + "a" * (20 * MEGABYTE) + '"'),
    "20 MB of arrays": _only(b"[" + b"[]," * (20 * MEGABYTE // 3) + b"[]]"),
    "20 MB of digits": _only(b"9" * (20 * MEGABYTE)),
    "20 MB of white space": _only(b" " * (20 * MEGABYTE)),
    "25 MB": _only(b"a" * (25 * MEGABYTE)),
}
"""What is wrong, and the body made wrong."""

KINDS = ("text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded",
         "json", "application/jsonx", "application/problem+json", "\xff")  # fmt: skip
"""Content types of which none is ours."""

TRICKS = {
    "right to left": "\u202eabc\u202c",
    "zero width": "a\u200b\u200c\u200d\ufeffb",
    "a tower of accents": "e" + "\u0301" * 150,
    "one emoji of seven": "👩🏽‍👩🏽‍👧🏽‍👦🏽",
    "private use and beyond the first plane": "\ue000\U000f0000\U0010fffd𠮷",
    "no character": "\uffff\ufdd0",
    "line ends": "a\r\nb\u2028c\u2029d\x0be\x85f",
    "full width": "１３９１２３４５６７８",
    "only a space": "\u3000",
    "SQL and a format": "'; drop table cases; -- %s %(a)s {0} $1 \\",
    "markup": "<script>alert(1)</script>{{7*7}}${7*7}",
    "a long word": "好" * 999,
    "Turkish i and sharp s": "İıſßﬀ",
}
"""Texts that are texts: they may be refused or taken."""
