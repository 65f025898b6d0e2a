"""Clocks that run out. Due times are set by the database with each step (catalogue/sql/due_at.sql)."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

SWEEP_LIMIT = 500


def sweep(connection: Connection[Any], city: str) -> int:
    """Write the overdue event of every clock and task that has run out, once each (rule K3), and resume what is due.

    Returns how many events were written, at most 500; called every 15 seconds by the worker.
    """
    row = connection.execute("select sweep_v2(%s, %s)", (city, SWEEP_LIMIT), prepare=True).fetchone()
    return int(row[0]) if row else 0
