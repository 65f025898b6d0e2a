"""Somebody who looks at the session again and again until standard input ends; prints the seconds of each answer.

A process of its own, so that what the tests do in theirs is not measured: python -m tests.fuzz.neighbour PORT
"""

from __future__ import annotations

import http.client
import json
import select
import sys
import time


def look(port: int) -> list[float]:
    """The seconds that each answer took."""
    took: list[float] = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while not select.select([sys.stdin], [], [], 0.01)[0]:
        began = time.perf_counter()
        connection.request("GET", "/api/v1/session")
        answer = connection.getresponse()
        answer.read()
        took.append(time.perf_counter() - began)
        if answer.status != 200:
            raise SystemExit(f"answered {answer.status}")
    return took


if __name__ == "__main__":
    print(json.dumps(look(int(sys.argv[1]))))
