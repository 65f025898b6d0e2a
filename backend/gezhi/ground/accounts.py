"""The demo accounts as a table for the terminal."""

import json
import unicodedata
from pathlib import Path

COLUMNS = {
    "role": "role",
    "role_zh": "角色",
    "name": "name",
    "account": "account",
    "password": "password",
    "door": "opens",
}


def table(path: Path, address: str) -> str:
    """Return the accounts in the JSON file as lines in columns; empty when there is no such file."""
    if not path.exists():
        return ""
    accounts = [{key: str(account.get(key, "")) for key in COLUMNS} for account in json.loads(path.read_text("utf-8"))]
    for account in accounts:
        account["door"] = address + account["door"] if account["door"].startswith("/") else account["door"]
    rows = [list(COLUMNS.values()), *(list(account.values()) for account in accounts)]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  " + "  ".join(map(_padded, row, widths)).rstrip() for row in rows)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """Return how many cells a terminal takes for the text; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
