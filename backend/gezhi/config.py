"""Settings: one typed object, read from the environment once.

| variable | default | meaning |
|---|---|---|
| `GEZHI_VAR` | `<checkout>/var` | folder of all state on this machine |
| `PORT` | 8080 | port of the one public address |
| `PUBLIC_URL` | `http://localhost:PORT` | the address people use: links, QR codes, origin check |
| `DATABASE_URL` | the embedded cluster | PostgreSQL with PostGIS, `postgresql://...` |
| `CITY` | 3601 | four-digit code of the city served |
| `MEDIA_URL` | `file://GEZHI_VAR/media` | where photos go: a folder, or `s3://bucket/prefix` |
| `ANCHOR_URL` | `file://GEZHI_VAR/anchors` | where anchors and the ledger of erasures go, like `MEDIA_URL` |
| `RATE_LIMIT_STORAGE` | `memory://` | shared counters, `redis://...` when there are several processes |
| `PUSH_HOSTS` | the big push services | host suffixes that may receive push messages, comma separated |
| `PUSH_SUBJECT` | `mailto:ops@localhost.invalid` | contact named in VAPID headers (RFC 8292) |
| `VAPID_PRIVATE_KEY` | `GEZHI_VAR/vapid.pem`, made on first use | push key, 32 bytes base64url (read by notify) |
| `LOG_LEVEL` | INFO | least level that is logged |
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

PUSH_HOSTS = "fcm.googleapis.com,push.services.mozilla.com,notify.windows.com,push.apple.com"


@dataclass(frozen=True)
class Settings:
    """Everything that differs between two installations."""

    var: Path
    port: int
    public_url: str
    database_url: str
    city: str
    media_url: str
    anchor_url: str
    rate_limit_storage: str
    push_hosts: tuple[str, ...]
    push_subject: str
    log_level: str
    secret_key: bytes

    @property
    def sqlalchemy_url(self) -> str:
        """The same database, named for SQLAlchemy's psycopg 3 dialect."""
        return self.database_url.replace("postgresql://", "postgresql+psycopg://", 1)


def numbers_folder(var: Path) -> Path:
    """Where the processes keep their metrics: in memory where the system has such a folder.

    They are mapped files, written with every request. Beside the database's they wait for its every flush to disk: a
    fifth of the reports a second were left (bench/intake).
    """
    if named := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return Path(named)
    memory = Path("/dev/shm")  # noqa: S108 - the name below is this installation's own, its folder private
    if not os.access(memory, os.W_OK):
        return var / "metrics"
    return memory / f"gezhi-{os.getuid()}-{hashlib.sha256(str(var).encode()).hexdigest()[:12]}"


def _secret_key(var: Path) -> bytes:
    """The installation's key (32 bytes), made on first use; readable by the owner only."""
    file = var / "secret.key"
    if not file.exists():
        var.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):  # another process of the same start was first
            os.link(draft, file)
        draft.unlink()
    return bytes.fromhex(file.read_text().strip())


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process; raises KeyError naming the variable when one without default is missing."""
    env = os.environ
    checkout = Path(__file__).resolve().parents[2]
    var = Path(env.get("GEZHI_VAR") or checkout / "var").absolute()
    port = int(env.get("PORT") or 8080)
    return Settings(
        var=var,
        port=port,
        public_url=(env.get("PUBLIC_URL") or f"http://localhost:{port}").rstrip("/"),
        database_url=env["DATABASE_URL"],
        city=env.get("CITY") or "3601",
        media_url=env.get("MEDIA_URL") or f"file://{var}/media",
        anchor_url=env.get("ANCHOR_URL") or f"file://{var}/anchors",
        rate_limit_storage=env.get("RATE_LIMIT_STORAGE") or "memory://",
        push_hosts=tuple(h.strip() for h in (env.get("PUSH_HOSTS") or PUSH_HOSTS).split(",") if h.strip()),
        push_subject=env.get("PUSH_SUBJECT") or "mailto:ops@localhost.invalid",
        log_level=env.get("LOG_LEVEL") or "INFO",
        secret_key=_secret_key(var),
    )
