"""Somebody at a desk who listens to the live stream and comes back with the last event's id, as browsers do."""

from __future__ import annotations

import http.client
import json
import threading

SILENCE = 20.0  # seconds; the server says something every 15


class Listener:
    """Reads the stream in a thread of its own until `stop`. `seen` maps (case, seq) to the event's place in the log."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self.seen: dict[tuple[str, int], tuple[int, int]] = {}
        self.faults: list[str] = []
        self.connections = 0
        self._port, self._headers = port, headers
        self._last: str | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._stopped.set()

    def _listen(self) -> None:
        while not self._stopped.wait(0.3):
            try:
                self._read_once()
            except (OSError, http.client.HTTPException, ValueError):
                continue

    def _read_once(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SILENCE)
        try:
            headers = self._headers | ({"Last-Event-ID": self._last} if self._last else {})
            connection.request("GET", "/api/v1/live", headers=headers)
            response = connection.getresponse()
            if response.status != 200:
                return
            self.connections += 1
            lines: list[str] = []
            while line := response.readline().decode():
                if self._stopped.is_set():
                    return
                if line != "\n":
                    lines.append(line.rstrip("\n"))
                    continue
                self._take(dict(field.split(": ", 1) for field in lines if ": " in field and field[0] != ":"))
                lines = []
        finally:
            connection.close()

    def _take(self, message: dict[str, str]) -> None:
        if message.get("event") != "case":
            return
        data = json.loads(message["data"])
        xid, position = (int(number) for number in message["id"].split("-"))
        if self._last and (xid, position) <= tuple(int(number) for number in self._last.split("-")):
            self.faults.append(f"the stream went back from {self._last} to {message['id']}")
        self._last = message["id"]
        self.seen[data["case_id"], data["seq"]] = (xid, position)
