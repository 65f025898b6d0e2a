"""The command lines of the three server processes: the one place where `gezhi up`, `gezhi web` and Docker look."""

import os
import sys
from pathlib import Path

LISTEN_HERE = "127.0.0.1"


def web_command(*, socket: Path | None = None, host: str = LISTEN_HERE, port: int = 8000) -> list[str]:
    """Return the command that serves pages' data and the API, on a Unix socket or on host and port."""
    where = ["--uds", str(socket), "--uds-permissions", "0o600"] if socket else ["--host", host, "--port", str(port)]
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", *where),
        *("--workers", os.environ.get("WEB_WORKERS") or "2", "--blocking-threads", "4"),
        *("--http", "1", "--no-ws", "--respawn-failed-workers", "--workers-kill-timeout", "8"),
        *("--log-level", _log_level()),
        "gezhi.app:create_app",
    ]


def live_command(*, socket: Path | None = None, host: str = LISTEN_HERE, port: int = 8001) -> list[str]:
    """Return the command that holds the open event streams; one process, a green thread a stream."""
    return [
        *(sys.executable, "-m", "gunicorn", "--worker-class", "gevent", "--workers", "1"),
        *("--worker-connections", "10000", "--graceful-timeout", "2", "--keep-alive", "75"),
        *("--umask", "0o077", "--no-control-socket", "--log-level", _log_level()),
        *("--bind", f"unix:{socket}" if socket else f"{host}:{port}"),
        "gezhi.app:create_live_app()",
    ]


def worker_command() -> list[str]:
    """Return the command that reads the event log, runs the jobs and keeps the schedules."""
    return gezhi("worker")


def gezhi(*arguments: str) -> list[str]:
    """Return the command line of one of our own commands, by this very interpreter."""
    return [sys.executable, "-m", "gezhi.cli", *arguments]


def _log_level() -> str:
    return (os.environ.get("LOG_LEVEL") or "info").lower()
