"""`gezhi up`: everything on one machine behind one address, until Ctrl-C.

Starts the embedded PostgreSQL (unless DATABASE_URL names a server), brings the tables up to date, loads the demo
city, starts web, live, worker and Caddy, and keeps them running. Nothing outside GEZHI_VAR is touched.
"""

import errno
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType

import psycopg

from gezhi.config import numbers_folder
from gezhi.ground import accounts, preflight, processes
from gezhi.ground.children import Child, describe, rotate
from gezhi.ground.failure import Failure
from gezhi.ground.postgres import Cluster
from gezhi.ground.settings import CHECKOUT, Ground, lan_hosts, read
from gezhi.ground.sockets import folder, myself

READY_PATIENCE = 60.0  # seconds for the servers to answer
TURN = 0.2  # seconds between two looks at the children
ROTATE_EVERY = 60.0  # seconds


def main(lan: bool = False) -> None:
    """Run until told to stop; leave with a plain message when that cannot work."""
    try:
        ground = read(lan=lan)
        with preflight.lock(ground):
            Supervisor(ground).run()
    except Failure as failure:
        sys.exit(f"gezhi: {failure}")
    except OSError as error:
        full = " The disk is full: make room and start again." if error.errno == errno.ENOSPC else ""
        sys.exit(f"gezhi: {error.strerror}: {error.filename or ''}.{full}")


class Supervisor:
    """Starts the children in order, watches them, and stops them in reverse order."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.children: list[Child] = []
        self.stop_asked = False

    def run(self) -> None:
        """Start, say `ready`, keep running; on the way out stop everything that was started."""
        self._listen()
        try:
            self._start()
            if not self.stop_asked:
                self._announce()
                self._keep()
        finally:
            self._stop()

    def stopping(self) -> bool:
        """Return whether somebody asked us to stop."""
        return self.stop_asked

    def _listen(self) -> None:
        """Take Ctrl-C, kill and a closed terminal as the wish to stop; `nohup` keeps its meaning."""

        def note(_signal: int, _frame: FrameType | None) -> None:
            self.stop_asked = True

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, note)

    def _start(self) -> None:
        ground = self.ground
        preflight.check_space(ground.var)
        listen = preflight.addresses(ground)
        ground.log.mkdir(exist_ok=True)
        env = ground.environment(os.environ, self._database())
        for name, arguments in (("migrate", ["migrate"]), ("seed", ["seed", "--demo"])):
            self._run_once(name, processes.gezhi(*arguments), env)
        if not self.stop_asked:
            self._serve(env, listen)

    def _database(self) -> str:
        """Return the address of the database, after starting the embedded one when none is named."""
        if self.ground.database_url:
            check_reachable(self.ground.database_url)
            return self.ground.database_url
        say("starting PostgreSQL")
        cluster = Cluster(self.ground.var / "postgres", log=self.ground.log / "postgres.log")
        try:
            self.children.append(cluster.start(self.stopping))
        except BaseException:
            cluster.stop()
            raise
        return cluster.url()

    def _run_once(self, name: str, command: list[str], env: dict[str, str]) -> None:
        """Run a command to its end, unless we are stopped; raise Failure with the end of its log when it fails."""
        if self.stop_asked:
            return
        say({"migrate": "bringing the tables up to date", "seed": "demo city: loading what is missing"}[name])
        child = Child(name, command, env=env, log=self.ground.log / f"{name}.log")
        child.start()
        while child.exit_code is None and not self.stop_asked:
            time.sleep(TURN / 4)
        if self.stop_asked:
            child.end()
        elif child.exit_code:
            raise Failure(f"'gezhi {name}' {describe(child.exit_code)}. The end of {child.log}:\n{child.tail()}")

    def _serve(self, env: dict[str, str], listen: list[str]) -> None:
        """Start the servers and wait until each answers."""
        say("starting web, live stream, worker and Caddy")
        self._forget_numbers()
        sockets = folder(self.ground.var / "run", "live.sock", myself())
        web, live = sockets / "web.sock", sockets / "live.sock"
        caddy = ["caddy", "run", "--config", str(CHECKOUT / "Caddyfile"), "--adapter", "caddyfile"]
        self._launch("web", processes.web_command(socket=web), env, web)
        self._launch("live", processes.live_command(socket=live), env, live)
        self._launch("worker", processes.worker_command(), env)
        self._launch("caddy", caddy, caddy_environment(self.ground, listen, web, live))
        self._await("web", lambda: answers(web))
        self._await("live", lambda: connects(socket.AF_UNIX, str(live)))
        self._await("caddy", lambda: all(connects_tcp(address, self.ground.port) for address in listen))
        self._await("worker", lambda: True)

    def _launch(self, name: str, command: list[str], env: dict[str, str], listens: Path | None = None) -> None:
        """Start a server and watch over it. A socket file left by a killed one would keep it from starting."""
        before = partial(listens.unlink, missing_ok=True) if listens else None
        child = Child(name, command, env=env, log=self.ground.log / f"{name}.log", before=before)
        child.start()
        self.children.append(child)

    def _await(self, name: str, ready: Callable[[], bool]) -> None:
        """Wait until a child is ready; raise Failure when it dies or takes too long."""
        child = next(child for child in self.children if child.name == name)
        deadline = time.monotonic() + READY_PATIENCE
        while not self.stop_asked:
            if child.exit_code is not None:
                raise Failure(f"{name} {describe(child.exit_code)}. The end of {child.log}:\n{child.tail()}")
            if ready():
                return
            if time.monotonic() > deadline:
                raise Failure(f"{name} did not answer in {READY_PATIENCE:g} s. The end of {child.log}:\n{child.tail()}")
            time.sleep(TURN / 4)

    def _announce(self) -> None:
        address = self.ground.address
        say("")
        for what, path in (
            ("residents 居民", "/"),
            ("field 网格员", "/field"),
            ("console 平台", "/console"),
            ("API", "/api/docs"),
        ):
            say(f"  {address}{path:<10}  {what}")
        if self.ground.lan:
            for host in lan_hosts():
                say(f"  https://{host}:{self.ground.port}/")
            say(f"  phones must trust {root_certificate(self.ground.var)} first: see docs/operations.md")
        listed = accounts.table(self.ground.var / "demo-accounts.json", address)
        if listed:
            say(f"\nDemo accounts 演示账号\n{listed}\n")
        say(f"Ctrl-C stops everything. Logs: {self.ground.log}")
        say(f"ready: {address}")

    def _keep(self) -> None:
        """Look after the children until asked to stop."""
        rotated = time.monotonic()
        while not self.stop_asked:
            for child in self.children:
                try:
                    child.revive(say)
                except (Failure, OSError) as error:
                    say(f"{child.name} cannot be started yet: {error}")
            if time.monotonic() - rotated > ROTATE_EVERY:
                rotated = time.monotonic()
                for log in self.ground.log.glob("*.log"):
                    rotate(log)
            time.sleep(TURN)

    def _stop(self) -> None:
        """End the servers together, then the database."""
        if self.children:
            say("stopping")
        database = [child for child in self.children if child.name == "postgres"]
        servers = [child for child in reversed(self.children) if child not in database]
        for child in servers:
            child.ask_to_end()
        for child in (*servers, *database):
            child.end()
        self._forget_numbers()
        if self.children:
            say("stopped")

    def _forget_numbers(self) -> None:
        """Remove the metrics of processes that are gone."""
        for file in numbers_folder(self.ground.var).glob("*.db"):
            file.unlink(missing_ok=True)


def say(text: str) -> None:
    """Print a line; a closed terminal is no reason to leave the children behind."""
    try:
        print(text, flush=True)
    except OSError:
        return


def check_reachable(url: str) -> None:
    """Raise Failure when the database named by DATABASE_URL does not answer; never shows its password."""
    plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
    try:
        psycopg.connect(plain, connect_timeout=10).close()
    except psycopg.Error as error:
        raise Failure(f"The database named by DATABASE_URL cannot be used: {str(error).strip()}") from error


def caddy_environment(ground: Ground, listen: list[str], web: Path, live: Path) -> dict[str, str]:
    """Return the environment that fills the placeholders of the Caddyfile."""
    hosts = ["localhost", "127.0.0.1", "[::1]", *lan_hosts()]
    lan_sites = ", ".join(dict.fromkeys(f"https://{host}:{ground.port}" for host in hosts))
    # Caddy listens everywhere by itself; naming both families would make HTTP/3 take the port twice.
    bind = "bind " + " ".join(f"[{address}]" if ":" in address else address for address in listen)
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(ground.var / "caddy"),
        "XDG_DATA_HOME": str(ground.var / "caddy"),
        "XDG_CONFIG_HOME": str(ground.var / "caddy"),
        "CADDY_OPTIONS": "auto_https disable_redirects" if ground.lan else "auto_https off",
        "SITE_ADDRESS": lan_sites if ground.lan else f"http://:{ground.port}",
        # Told once to use HTTPS for localhost, a browser would refuse the next start without --lan.
        "SITE_OPTIONS": "tls internal\nheader -Strict-Transport-Security" if ground.lan else bind,
        "GEZHI_WEB": f"unix/{web}",
        "GEZHI_LIVE": f"unix/{live}",
        "GEZHI_STATIC": str(CHECKOUT / "pwa/dist"),
    }


def root_certificate(var: Path) -> Path:
    """Return where Caddy keeps the certificate of its own authority."""
    return var / "caddy/caddy/pki/authorities/local/root.crt"


def connects(family: int, address: str | tuple[str, int]) -> bool:
    """Return whether something listens there."""
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(2)
        return probe.connect_ex(address) == 0


def connects_tcp(address: str, port: int) -> bool:
    """Return whether something listens on the port of an address of this machine."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 - compared, not bound
    return connects(socket.AF_INET6 if ":" in here else socket.AF_INET, (here, port))


def answers(web: Path) -> bool:
    """Return whether the web process says it is ready."""
    connection = http.client.HTTPConnection("localhost", timeout=5)
    try:
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(5)
        connection.sock.connect(str(web))
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
