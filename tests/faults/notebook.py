"""What the callers wrote down: everything they made, and every answer they got."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

KEPT = (200, 201)


def refused(status: int) -> bool:
    """Whether a status says that sending the same again is useless."""
    return 400 <= status < 500 and status not in (401, 409, 429)


@dataclass(frozen=True)
class Answer:
    """A whole JSON answer of ours: when it was asked for and when it came (seconds since 1970)."""

    asked: float
    came: float
    status: int
    body: dict[str, Any]


@dataclass
class Entry:
    """One thing in a phone's outbox: a report, or a command on a case.

    `rivals` are the ids of commands made on the same version elsewhere: one of them wins, the others are told 409.
    """

    id: str
    kind: str
    author: str
    body: dict[str, Any]
    photos: list[str] = field(default_factory=list)
    case: str = ""
    rivals: frozenset[str] = frozenset()
    answers: list[Answer] = field(default_factory=list)

    @property
    def kept(self) -> list[Answer]:
        """The receipts."""
        return [answer for answer in self.answers if answer.status in KEPT]

    @property
    def lost_race(self) -> list[Answer]:
        """What told that a rival was first."""
        return [answer for answer in self.answers if answer.status == 409 and answer.body.get("current")]

    @property
    def parked(self) -> bool:
        """Whether it was refused for good: the phone sends it no more and shows why."""
        return any(refused(answer.status) for answer in self.answers)

    @property
    def done(self) -> bool:
        """Whether the phone sends it no more."""
        return bool(self.kept) or (bool(self.rivals) and bool(self.lost_race)) or self.parked


class Notebook:
    """Shared by all callers. Its lock is held for moments only."""

    def __init__(self) -> None:
        self.reports: dict[str, Entry] = {}
        self.commands: dict[str, Entry] = {}
        self.photos: dict[tuple[str, str], bool] = {}  # (author, sha256) -> whether a receipt names it
        self.surprises: list[str] = []  # answers that no phone should ever get
        self.tries = 0
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> Entry:
        """Write down what a phone is going to send, before it does."""
        with self._lock:
            (self.reports if entry.kind == "report" else self.commands)[entry.id] = entry
            for sha in entry.photos:
                self.photos.setdefault((entry.author, sha), False)
        return entry

    def tried(self) -> None:
        """Count a request."""
        with self._lock:
            self.tries += 1

    def answer(self, entry: Entry, asked: float, status: int, body: dict[str, Any]) -> None:
        """Write down an answer to an entry."""
        with self._lock:
            entry.answers.append(Answer(asked, time.time(), status, body))
            if refused(status):
                self.surprises.append(f"{entry.kind} {entry.id}: {status} {body.get('code')} {body.get('fields')}")
            elif status == 409 and body.get("current") and not entry.rivals:
                self.surprises.append(f"{entry.kind} {entry.id}: 409 {body.get('code')} though nobody else acted")

    def photo_kept(self, author: str, sha: str) -> None:
        """A receipt names this photo."""
        with self._lock:
            self.photos[author, sha] = True

    def open(self) -> list[str]:
        """What still waits for its receipt."""
        with self._lock:
            entries = [*self.reports.values(), *self.commands.values()]
            waiting = [f"{entry.kind} {entry.id} without a receipt" for entry in entries if not entry.done]
            return waiting + [
                f"photo {sha} of {author} not taken" for (author, sha), kept in self.photos.items() if not kept
            ]

    def receipts(self) -> list[Answer]:
        """All receipts of reports and commands, in the order they came."""
        with self._lock:
            entries = [*self.reports.values(), *self.commands.values()]
            return sorted((answer for entry in entries for answer in entry.kept), key=lambda answer: answer.came)
