"""A private PostgreSQL with PostGIS in a folder, made from the system's packages.

No package of Python or npm carries PostGIS, so the server comes from the system and everything else is ours: no TCP,
no passwords, a socket in a folder that only its owner can reach. PostgreSQL refuses to run as root; then it runs as
the system's user `postgres`.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import psycopg

from gezhi.ground.children import Child, describe
from gezhi.ground.failure import Failure
from gezhi.ground.sockets import Account, folder, myself

PROGRAMS = Path("/usr/lib/postgresql")
STATE = Path("/var/lib/gezhi")  # for root, when the wanted folder is closed to user postgres
DATABASE = "gezhi"
OLDEST = 15
SOCKET_NAME = ".s.PGSQL.5432"
START_PATIENCE = 120.0  # seconds; a crashed cluster replays its log first
LEAVE_PATIENCE = 15.0  # seconds for the processes of a killed cluster to notice and go

SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "256MB",
    "max_connections": "100",
    "wal_compression": "on",
    "synchronous_commit": "on",
    "max_slot_wal_keep_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_statement": "none",
    # An error's statement and detail carry what people wrote; the log must not.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
FORGETFUL = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "128MB"}  # for tests: lost with the machine


class Cluster:
    """A PostgreSQL server in a folder; as a context manager it gives the URL of its database and stops at the end.

    With `durable=False` it is for tests: it lives in an own folder below `path`, does not wait for the disk, and is
    removed at the end. What killed runs left there is removed at the next start.
    """

    def __init__(self, path: Path, *, durable: bool = True, log: Path | None = None) -> None:
        self.durable = durable
        self._wanted = path if durable else path / f"{os.getpid()}-{secrets.token_hex(3)}"
        self._log = log
        self._child: Child | None = None
        self._sockets = Path()

    def __enter__(self) -> str:
        if not self.durable:
            _remove_leftovers(self._wanted.parent)
        self.start()
        return self.url()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if not self.durable:
            shutil.rmtree(self._sockets, ignore_errors=True)  # not below the folder when that has a long path
            _remove(self._wanted)

    def url(self, database: str = DATABASE) -> str:
        """Return the address of a database of this cluster, as libpq and SQLAlchemy understand it."""
        return f"postgresql://postgres@/{database}?host={quote(str(self._sockets), safe='/')}"

    def locate(self) -> Path:
        """Return the cluster's folder, made if missing; from then on `url` is known, whether the server runs or not."""
        account = _account()
        home = _home(self._wanted, account)
        self._sockets = folder(home / "s", SOCKET_NAME + ".lock", account)
        return home

    def run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command to its end as the user the cluster belongs to; its output, errors too, is in `stdout`."""
        return _as(_account(), command, {"LC_ALL": "C.UTF-8"})

    def start(self, stopping: Callable[[], bool] = lambda: False, patience: float = START_PATIENCE) -> Child:
        """Make what is missing, start the server, wait until it answers; return its process to watch over.

        Raises Failure when it cannot, or not within `patience` seconds; returns early, without waiting, once
        `stopping` says so.
        """
        account = _account()
        home = self.locate()
        data = home / "data"
        env = {"LC_ALL": "C.UTF-8", "HOME": str(home), "PATH": os.defpath}  # PG* variables would lead it astray
        programs = _programs(_version(data))
        log = self._log or home / "log"
        if _version(data) is None:
            _clear_folder(home)
            _make(data, programs, account, env, self.durable)
        settings = {
            **SETTINGS,
            **({} if self.durable else FORGETFUL),
            "unix_socket_directories": _quoted(self._sockets),
        }
        self._child = Child(
            "postgres",
            [str(programs / "postgres"), "-D", str(data), *(f"--{name}={value}" for name, value in settings.items())],
            env=env,
            log=log,
            goodbye=signal.SIGINT,  # PostgreSQL's fast shutdown
            patience=60.0,
            account=account if account != myself() else None,
            before=lambda: _clear_stale(data, self._sockets, account),
        )
        self._child.start()
        self._wait(stopping, patience)
        return self._child

    def stop(self) -> None:
        """Shut the server down, waiting for it; does nothing when it does not run."""
        if self._child:
            self._child.end()
            self._child = None

    def _wait(self, stopping: Callable[[], bool], patience: float = START_PATIENCE) -> None:
        """Wait until the server answers and has the database with PostGIS."""
        deadline = time.monotonic() + patience
        child = self._child
        while child and not stopping():
            try:
                return self._ensure_database()
            except psycopg.OperationalError as error:
                if child.exit_code is not None:
                    raise Failure(
                        f"PostgreSQL {describe(child.exit_code)}. The end of {child.log}:\n{child.tail()}"
                    ) from error
                if time.monotonic() > deadline:
                    self.stop()
                    raise Failure(f"PostgreSQL did not answer in {patience:g} s: {error}\n{child.tail()}") from error
            time.sleep(0.05)

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=5) as server:
            if not server.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                server.execute(f"create database {DATABASE}")
        with psycopg.connect(self.url(), autocommit=True, connect_timeout=5) as database:
            if not database.execute("select 1 from pg_extension where extname = 'postgis'").fetchone():
                database.execute("create extension if not exists postgis")


def _quoted(sockets: Path) -> str:
    """Return the folder as an item of a PostgreSQL list of folders, where commas and blanks divide."""
    return '"' + str(sockets).replace('"', '""') + '"'


def _account() -> Account:
    """Return the user PostgreSQL shall run as: ourselves, or `postgres` when we are root."""
    if os.geteuid() != 0:
        return myself()
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        raise Failure(
            "The user 'postgres' is missing. Install PostgreSQL's packages: apt-get install postgresql"
        ) from None
    return Account(user.pw_uid, user.pw_gid)


def _programs(version: int | None) -> Path:
    """Return the folder of the PostgreSQL programs with PostGIS: that of `version`, or the newest."""
    found = {
        int(place.name): place / "bin"
        for place in PROGRAMS.glob("*")
        if place.name.isdigit()
        and int(place.name) >= OLDEST
        and (place / "bin/initdb").exists()
        and Path(f"/usr/share/postgresql/{place.name}/extension/postgis.control").exists()
    }
    if version is None and found:
        return found[max(found)]
    if version in found:
        return found[version]
    if version is None:
        raise Failure("PostgreSQL with PostGIS is missing: apt-get install postgresql postgresql-postgis")
    raise Failure(
        f"The data was made by PostgreSQL {version}, but installed is {', '.join(map(str, sorted(found))) or 'none'}. "
        f"Install it again: apt-get install postgresql-{version} postgresql-{version}-postgis-3, "
        "or follow 'Upgrading PostgreSQL' in docs/operations.md."
    )


def _version(data: Path) -> int | None:
    """Return the major version that made the data folder, None when there is none."""
    try:
        return int((data / "PG_VERSION").read_text().strip())
    except FileNotFoundError:
        return None


def _home(wanted: Path, account: Account) -> Path:
    """Return the cluster's folder, made if missing, 0700 and owned by its user.

    Root's own folders are closed to user postgres. Then the cluster lives in a new folder under /var/lib/gezhi and
    `wanted` is a link to it, so that removing GEZHI_VAR always means beginning anew.
    """
    home = wanted
    wanted.parent.mkdir(parents=True, exist_ok=True)
    if not wanted.is_dir() and not _passable(wanted.parent, account):
        STATE.mkdir(mode=0o711, exist_ok=True)
        home = STATE / f"{wanted.name}-{secrets.token_hex(5)}"
        wanted.unlink(missing_ok=True)  # a link whose target is gone
        wanted.symlink_to(home)
    home = home.resolve()
    home.mkdir(mode=0o700, exist_ok=True)
    os.chown(home, *account)
    return home


def _passable(place: Path, account: Account) -> bool:
    """Return whether the user can reach into a folder; asked of the system, as rights may be finer than modes."""
    if account == myself():
        return True
    return _as(account, ["test", "-x", str(place)], {}).returncode == 0


def _make(data: Path, programs: Path, account: Account, env: dict[str, str], durable: bool) -> None:
    """Run initdb beside the final place and move the finished folder there, so that a half-made one is never used."""
    fresh = data.with_name(f"data.new-{secrets.token_hex(3)}")
    command = [
        *("setpriv", "--pdeathsig", "KILL", "--", str(programs / "initdb"), "--pgdata", str(fresh)),
        *(
            "--username",
            "postgres",
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
            "--locale",
            "C.UTF-8",
            "--no-instructions",
        ),
        *([] if durable else ["--no-sync"]),
    ]
    done = _as(account, command, env)
    if done.returncode:
        shutil.rmtree(fresh, ignore_errors=True)
        raise Failure(f"The database cluster could not be made in {data}:\n{done.stdout.strip()}")
    fresh.rename(data)


def _clear_folder(home: Path) -> None:
    """Remove what a start killed in the middle of initdb left."""
    for half in home.glob("data.new-*"):
        shutil.rmtree(half)


def _clear_stale(data: Path, sockets: Path, account: Account) -> None:
    """Wait for the last processes of a killed cluster, then remove its pid file and socket.

    The pid file alone proves nothing: after a crash its number may belong to anybody, and PostgreSQL would refuse to
    start. A process that has the data folder as its working folder is the only sure sign.
    """
    deadline = time.monotonic() + LEAVE_PATIENCE
    while users := _users(data, account):
        if time.monotonic() > deadline:
            raise Failure(
                f"PostgreSQL already runs on {data} (process {users[0]}) and is not ours to stop. "
                f"Stop it: kill -INT {users[0]}"
            )
        time.sleep(0.1)
    for remains in (data / "postmaster.pid", sockets / SOCKET_NAME, sockets / (SOCKET_NAME + ".lock")):
        remains.unlink(missing_ok=True)


def _users(data: Path, account: Account) -> list[int]:
    """Return the processes whose working folder is the data folder; asked as its user, who alone may always see it."""
    query = ["find", "/proc", "-mindepth", "2", "-maxdepth", "2", "-name", "cwd", "-printf", "%h\t%l\n"]
    lines = _as(account, query, {"PATH": os.defpath}, errors=subprocess.DEVNULL).stdout.splitlines()
    found = (line.removeprefix("/proc/").split("\t", 1) for line in lines)
    return sorted(int(pid) for pid, place in found if pid.isdigit() and place == str(data))


def _as(
    account: Account, command: list[str], env: dict[str, str], errors: int = subprocess.STDOUT
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end as the given user."""
    other = account != myself()
    return subprocess.run(
        command,
        env={"PATH": os.defpath, **env},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        check=False,
        user=account.uid if other else None,
        group=account.gid if other else None,
        extra_groups=[] if other else None,
    )


def _remove_leftovers(parent: Path) -> None:
    """Remove the folders of test clusters whose process is gone."""
    for place in parent.glob("*-*"):
        pid = place.name.split("-")[0]
        if pid.isdigit() and not Path("/proc", pid).exists():
            _remove(place)


def _remove(place: Path) -> None:
    """Remove a throwaway cluster, and where it links to."""
    shutil.rmtree(place.resolve(), ignore_errors=True)
    if place.is_symlink():
        place.unlink()
