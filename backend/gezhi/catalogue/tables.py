"""Reading of the catalogue's CSV tables."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

Row = dict[str, str]


class CatalogueRefused(Exception):
    """The files contradict each other, or say what cannot be; the message says where."""


def read_rows(path: Path) -> list[Row]:
    """The rows of a CSV table with a header, UTF-8 with or without byte order mark."""
    return [row for _, row in numbered_rows(path)]


def numbered_rows(path: Path) -> Iterator[tuple[int, Row]]:
    """The rows of a CSV table, each with the number of its line in the file.

    Raises CatalogueRefused when a row has more or fewer cells than the header.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            if None in row or None in row.values():
                raise CatalogueRefused(f"{path.name} line {reader.line_num}: not as many cells as the header has")
            yield reader.line_num, row
