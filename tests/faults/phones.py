"""Phones as ours behave: ids made on the phone, photos first, all kept and sent again until there is a receipt."""

from __future__ import annotations

import hashlib
import http.client
import json
import queue
import random
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from gezhi.db import uuid7
from tests.cases.helpers import HOME, command, photo, report
from tests.faults.notebook import KEPT, Entry, Notebook, refused

PATIENCE = 8.0  # seconds a phone waits for an answer
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 1.5  # between tries; a phone's goes up to 5 minutes, for which no test waits
REPORTS_A_PHONE = 12  # then another person reports: one phone may send 60 a minute


class Unsure(Exception):
    """No answer of ours came: nobody knows whether the request was done."""


class GaveUp(Exception):
    """The run is over and there is still no receipt."""


class Phone:
    """One device at the door, signed in when `account` says as whom."""

    def __init__(self, door: Door, account: dict[str, str] | None = None) -> None:
        self.device = str(uuid.uuid4())
        self.author = f"device:{self.device}"
        self._door, self._account = door, account
        self._cookie = ""

    def sign_in(self) -> None:
        """Open a session, trying until it is open."""
        assert self._account
        body = {"account": self._account["account"], "password": self._account["password"]}
        while True:
            try:
                status, answer, headers = self._ask("POST", "/session", json.dumps(body).encode())
            except Unsure:
                status = 0
            if status in KEPT:
                break
            self._door.pause(1)
        self._cookie = headers.get("Set-Cookie", "").partition(";")[0]
        self.author = f"user:{answer['user']['id']}" if "user" in answer else "user"

    def headers(self) -> dict[str, str]:
        """What every request of this phone carries."""
        here = self._door.address
        return {
            "X-Gezhi": "1", "X-Gezhi-Device": self.device, "Origin": here, "Host": here.removeprefix("http://"),
            **({"Cookie": self._cookie} if self._cookie else {}),
        }  # fmt: skip

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Status and JSON of an answer; raises Unsure for anything that is not ours, like a cut or an empty answer."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        status, answer, _ = self._ask(method, path, content, "image/jpeg" if isinstance(body, bytes) else None)
        return status, answer

    def until(self, done: Callable[[], bool]) -> None:
        """Try again, less and less often, until it is done; raises GaveUp when the run ends first."""
        tries = 0
        while True:
            try:
                if done():
                    return
            except Unsure:
                pass
            tries += 1
            self._door.pause(tries)

    def hand_in(self, author: str, contents: list[bytes]) -> None:
        """Photos first, each until a receipt names it."""
        for content in contents:
            sha = hashlib.sha256(content).hexdigest()

            def kept(content: bytes = content, sha: str = sha) -> bool:
                status, answer = self.ask("PUT", f"/media/{sha}", content)
                if refused(status):
                    self._door.notebook.surprises.append(f"photo {sha}: {status} {answer}")
                return status in KEPT and answer.get("sha256") == sha

            self.until(kept)
            self._door.notebook.photo_kept(author, sha)

    def deliver(self, entry: Entry, path: str, *, twice: bool = False) -> None:
        """Send an entry until it is done; `twice`: the first time it is sent two times at once."""

        def attempt() -> bool:
            asked = time.time()
            status, answer = self.ask("POST", path, entry.body)
            self._door.notebook.answer(entry, asked, status, answer)
            return entry.done

        def unsure() -> None:
            try:
                attempt()
            except Unsure:
                return

        twin = threading.Thread(target=unsure)
        if twice:
            twin.start()
        self.until(attempt)
        if twice:
            twin.join()

    def deliver_queue(self, entries: list[Entry]) -> None:
        """Send a queue as one batch until every one of it is done."""

        def attempt() -> bool:
            waiting = [entry for entry in entries if not entry.done]
            asked = time.time()
            status, answer = self.ask("POST", "/commands", {"commands": [entry.body for entry in waiting]})
            if status != 200:
                if refused(status):
                    self._door.notebook.surprises.append(f"a queue: {status} {answer}")
                return False
            for entry, result in zip(waiting, answer["results"], strict=True):
                assert result["id"] == entry.id, "an answer for another command"
                self._door.notebook.answer(entry, asked, result["status"], result["body"])
            return all(entry.done for entry in entries)

        self.until(attempt)

    def _ask(
        self, method: str, path: str, body: bytes | None, kind: str | None = None
    ) -> tuple[int, dict[str, Any], http.client.HTTPMessage]:
        self._door.notebook.tried()
        headers = self.headers() | {"Content-Type": kind or "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", self._door.port, timeout=PATIENCE)
        try:
            connection.request(method, f"/api/v1{path}", body, headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unsure from error
        finally:
            connection.close()
        if not isinstance(answer, dict):
            raise Unsure
        return response.status, answer, response.headers


class Door:
    """What all phones of a run share: the way in, the notebook, and when to stop."""

    def __init__(self, address: str, port: int, notebook: Notebook, seed: int) -> None:
        self.address, self.port, self.notebook = address, port, notebook
        self.random = random.Random(seed)
        self.closing = threading.Event()  # make nothing new
        self.closed = threading.Event()  # stop trying
        self.cases: queue.Queue[str] = queue.Queue()  # what the field worker may take up
        self.common = [photo() for _ in range(4)]  # photos that several people send

    def pause(self, tries: int) -> None:
        """Wait before the next try; raises GaveUp when the run is over."""
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (tries - 1))
        if self.closed.wait(self.random.uniform(longest / 2, longest)):
            raise GaveUp

    def rest(self, seconds: float) -> bool:
        """Wait about so long; return whether to go on making things."""
        return not self.closing.wait(self.random.uniform(0.5, 1.5) * seconds)

    def pictures(self, often: float) -> list[bytes]:
        """A photo, mostly one that others send too."""
        if self.random.random() > often:
            return []
        return [photo() if self.random.random() < 0.4 else self.random.choice(self.common)]


def _made(door: Door, phone: Phone, pictures: list[bytes], **more: Any) -> Entry:
    """A report written down: of a street light when there is a photo, which that needs, else of noise."""
    photos = [hashlib.sha256(one).hexdigest() for one in pictures]
    place = {"lng": HOME[0], "lat": HOME[1], "accuracy_m": 12.0, "origin": "pin"}
    category = "street_light" if photos else "noise"
    body = report(photos, place=place, category=category, text=f"第{uuid.uuid4().hex}号", **more)
    return door.notebook.add(Entry(body["id"], "report", phone.author, body, photos))


def reporter(door: Door, pace: float) -> None:
    """Residents, one after the other, who report one thing at a time; every third resends while it is on its way."""
    while True:
        phone = Phone(door)
        for _ in range(REPORTS_A_PHONE):
            if not door.rest(pace):
                return
            pictures = door.pictures(0.4)
            entry = _made(door, phone, pictures)
            phone.hand_in(entry.author, pictures)
            phone.deliver(entry, "/reports", twice=door.random.random() < 0.35)
            if pictures and entry.kept:
                door.cases.put(entry.kept[0].body["case_id"])


def offline(door: Door, pace: float) -> None:
    """Phones that were offline: several reports with their photos in one batch."""
    while door.rest(pace):
        phone = Phone(door)
        made = [(door.pictures(0.3),) for _ in range(door.random.randint(2, 6))]
        entries = [_made(door, phone, pictures, kind="report") for (pictures,) in made]
        for (pictures,) in made:
            phone.hand_in(phone.author, pictures)
        phone.deliver_queue(entries)


def worker(door: Door, account: dict[str, str], pace: float) -> None:
    """A grid worker with two phones: takes up cases, and sometimes signs on both at once."""
    phones = [Phone(door, account), Phone(door, account)]
    for phone in phones:
        phone.sign_in()
    while door.rest(pace):
        try:
            case = door.cases.get_nowait()
        except queue.Empty:
            continue
        if door.random.random() < 0.35:
            _race(door, phones, case)
        else:
            _handle(door, phones[0], case)


def _command(door: Door, phone: Phone, case: str, body: dict[str, Any], pictures: list[bytes] | None = None) -> Entry:
    photos = [hashlib.sha256(one).hexdigest() for one in pictures or []]
    if photos:
        body |= {"photos": photos}
    return door.notebook.add(Entry(body["id"], body["action"], phone.author, body, photos, case))


def _handle(door: Door, phone: Phone, case: str) -> None:
    """Sign, tell of progress, report it handled: made offline, sent as one batch in which each follows the other."""
    head = {"kind": "action", "case_id": case}
    signed = command("sign", 3) | head
    pictures = [photo(), door.common[0]]
    entries = [
        _command(door, phone, case, signed),
        _command(door, phone, case, {
            "id": str(uuid7()), "action": "progress", "occurred_at": signed["occurred_at"], "note": "到了", **head,
        }, pictures[1:]),
        _command(door, phone, case, {
            "id": str(uuid7()), "action": "handle", "after": signed["id"], "occurred_at": signed["occurred_at"],
            "outcome": "solved", "reply": "修好了", **head,
        }, pictures[:1]),
    ]  # fmt: skip
    phone.hand_in(phone.author, pictures)
    phone.deliver_queue(entries)


def _race(door: Door, phones: list[Phone], case: str) -> None:
    """Both phones sign the same case on the same version at once."""
    entries = [_command(door, phone, case, command("sign", 3)) for phone in phones]
    for entry in entries:
        entry.rivals = frozenset(other.id for other in entries if other is not entry)
    path = f"/cases/{case}/actions"

    def other() -> None:
        try:
            phones[1].deliver(entries[1], path)
        except GaveUp:
            return

    thread = threading.Thread(target=other)
    thread.start()
    phones[0].deliver(entries[0], path)
    thread.join()


def start(door: Door, account: dict[str, str]) -> list[threading.Thread]:
    """Everybody begins; about three reports a second and a case taken up every second."""

    def quietly(work: Callable[[], None]) -> None:
        try:
            work()
        except GaveUp:
            return  # the notebook says what has no receipt
        except Exception as error:
            door.notebook.surprises.append(f"a phone failed: {error!r}")
            raise

    works: list[Callable[[], None]] = [
        *[lambda: reporter(door, 1.2)] * 3,
        lambda: offline(door, 4.0),
        lambda: worker(door, account, 1.2),
    ]
    threads = [threading.Thread(target=quietly, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    return threads
