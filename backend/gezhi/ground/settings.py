"""Where one running copy of Gezhi lives: its folder, its port, its addresses.

Needs nothing but the standard library, because `scripts/up` asks `preflight` before anything is installed.
"""

import os
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gezhi.ground.failure import Failure

CHECKOUT = Path(__file__).resolve().parents[3]
LAST_PORT = 65535


@dataclass(frozen=True)
class Ground:
    """What `gezhi up` needs to know before it starts anything."""

    var: Path
    port: int
    database_url: str  # empty: an embedded cluster in `var`
    lan: bool = False

    @property
    def scheme(self) -> str:
        """http on this machine alone, https as soon as others can reach it."""
        return "https" if self.lan else "http"

    @property
    def address(self) -> str:
        """The address a person on this machine opens."""
        return f"{self.scheme}://localhost:{self.port}"

    @property
    def log(self) -> Path:
        """The folder of the log files."""
        return self.var / "log"

    def environment(self, inherited: Mapping[str, str], database_url: str) -> dict[str, str]:
        """Return the environment of every child; other settings keep the defaults of gezhi.config."""
        public = inherited.get("PUBLIC_URL") or (f"https://{lan_hosts()[0]}:{self.port}" if self.lan else self.address)
        fixed = {"GEZHI_VAR": str(self.var), "PORT": str(self.port), "DATABASE_URL": database_url}
        return {**inherited, **fixed, "PUBLIC_URL": public}


def read(environ: Mapping[str, str] | None = None, *, lan: bool = False) -> Ground:
    """Return the settings in the environment; raise Failure when one of them cannot be meant."""
    values = os.environ if environ is None else environ
    var = Path(values.get("GEZHI_VAR") or CHECKOUT / "var")
    if not var.is_absolute():
        raise Failure(f"GEZHI_VAR must be an absolute path, but it is '{var}'.")
    return Ground(
        var=var, port=_port(values.get("PORT") or "8080"), database_url=values.get("DATABASE_URL", ""), lan=lan
    )


def lan_hosts() -> list[str]:
    """Return the addresses and the name by which others reach this machine, the most likely one first."""
    told = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False).stdout.split()
    usual = [address for address in told if ":" not in address]
    others = [f"[{address}]" for address in told if ":" in address and not address.startswith("fe80")]
    return [*usual, socket.gethostname().lower(), *others]


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= LAST_PORT):
        raise Failure(f"PORT must be a number from 1 to {LAST_PORT}, but it is '{text}'.")
    return int(text)
