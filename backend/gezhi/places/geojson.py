"""Reading GeoJSON files (RFC 7946) feature by feature, plain or gzip, trusting nothing."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gezhi.places.refusals import RowRefused

MAX_BYTES = 20_000_000
_DEGREES = re.compile(r"(CRS84|EPSG:+(4326|4490))$", re.IGNORECASE)
_SPACE = re.compile(r"\s*")


def features(path: Path) -> Iterator[tuple[int, Any]]:
    """The features of a file, one at a time, with its row from 1. Raises RowRefused when the file is unusable."""
    reader = _Reader(_text(path))
    rows = 0
    found = False
    for key in reader.members():
        if key != "features":
            value = reader.value()
            if key == "crs":
                _check_crs(value)
            continue
        found = True
        for feature in reader.elements():
            rows += 1
            yield rows, feature
    if not found:
        raise RowRefused("not_collection")
    if not rows:
        raise RowRefused("no_features")


def _text(path: Path) -> str:
    """The whole text; a packed file is unpacked no further than the limit."""
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise RowRefused("unreadable_file", why=str(error)) from error
    if len(content) > MAX_BYTES:
        raise RowRefused("too_large", limit_mb=MAX_BYTES // 1_000_000)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RowRefused("not_utf8") from error


def _check_crs(crs: Any) -> None:
    """Refuse the old `crs` member when it names anything but degrees; the datum itself is stated by who imports."""
    name = crs.get("properties", {}).get("name") if isinstance(crs, dict) else crs
    if name is not None and not _DEGREES.search(str(name)):
        raise RowRefused("wrong_crs", crs=str(name)[:60])


class _Reader:
    """A cursor over one top-level JSON object, so that a large array in it need not be held as objects at once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.decoder = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_no_twins)

    def members(self) -> Iterator[str]:
        """Each key of the object; the caller takes its value before asking for the next."""
        if self._peek() != "{":
            raise RowRefused("not_collection")
        for _ in self._items("{", "}"):
            key = self.value()
            if not isinstance(key, str):
                self._fail("a key is not a string")
            self._take(":")
            yield key
        if self._peek():
            self._fail("there is more after the end")

    def elements(self) -> Iterator[Any]:
        """The elements of the array that comes next."""
        if self._peek() != "[":
            raise RowRefused("not_collection")
        for _ in self._items("[", "]"):
            yield self.value()

    def value(self) -> Any:
        """The value that comes next."""
        self._peek()
        try:
            value, self.at = self.decoder.raw_decode(self.text, self.at)
        except RecursionError as error:
            raise RowRefused("too_deep") from error
        except json.JSONDecodeError as error:
            raise RowRefused("not_json", why=str(error)) from error
        return value

    def _items(self, opens: str, closes: str) -> Iterator[None]:
        """Stops before each item of a container; the caller reads the item."""
        self._take(opens)
        if self._peek() == closes:
            self.at += 1
            return
        while True:
            yield
            if self._peek() == closes:
                self.at += 1
                return
            self._take(",")

    def _peek(self) -> str:
        space = _SPACE.match(self.text, self.at)
        self.at = space.end() if space else self.at
        return self.text[self.at : self.at + 1]

    def _take(self, letter: str) -> None:
        if self._peek() != letter:
            self._fail(f"'{letter}' expected")
        self.at += 1

    def _fail(self, why: str) -> None:
        line = self.text.count("\n", 0, self.at) + 1
        raise RowRefused("not_json", why=f"{why} (line {line}, char {self.at})")


def _no_constant(_name: str) -> float:
    raise RowRefused("not_finite")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise RowRefused("not_json", why="a key comes twice in one object")
    return members
