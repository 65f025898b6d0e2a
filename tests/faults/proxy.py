"""The bad network between phones and the house: a TCP proxy that passes, cuts and slows."""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from contextlib import suppress

PIECE = 65536
SLOW_PIECE, SLOW_PAUSE = 400, 0.1  # 4 kB/s, as at the edge of a cell
CUT_REQUEST, CUT_ANSWER = 0.25, 0.5  # how often a piece on its way is the last of its connection
ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: reset, as when a phone loses the network


class Proxy:
    """Listens on `port` and hands everything on to another port of this machine."""

    def __init__(self, to: int, seed: int) -> None:
        self._to = to
        self._random = random.Random(seed)
        self._cut_until = self._slow_until = 0.0
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, seconds: float) -> None:
        """Break connections for so long: in mid-request, after it, or in mid-answer."""
        self._cut_until = time.monotonic() + seconds

    def slow(self, seconds: float) -> None:
        """Let only 4 kB/s through each connection for so long."""
        self._slow_until = time.monotonic() + seconds

    def close(self) -> None:
        """Take no more connections."""
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                near, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self._to), timeout=5)
        except OSError:  # Caddy is away
            near.close()
            return
        far.settimeout(None)
        threading.Thread(target=self._pump, args=(far, near, CUT_ANSWER), daemon=True).start()
        self._pump(near, far, CUT_REQUEST)

    def _pump(self, source: socket.socket, sink: socket.socket, often: float) -> None:
        """Carry one direction to its end. A request that is cut may have gone through whole: nobody can know."""
        try:
            while piece := source.recv(PIECE if time.monotonic() > self._slow_until else SLOW_PIECE):
                cut = time.monotonic() < self._cut_until and self._random.random() < often
                if cut and (often == CUT_ANSWER or self._random.random() < 0.3):
                    piece = piece[: self._random.randrange(len(piece))]
                sink.sendall(piece)
                if cut:
                    time.sleep(self._random.uniform(0, 0.1))
                    _abort(source, sink)
                    return
                if time.monotonic() < self._slow_until:
                    time.sleep(SLOW_PAUSE)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            _abort(source, sink)


def _abort(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            end.close()
