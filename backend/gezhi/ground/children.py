"""Child processes that end with their parent, write to a log that cannot grow for ever, and come back when they die."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from gezhi.ground.sockets import Account

LOG_LIMIT = 20_000_000  # bytes
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds before a dead child is started again
PROVEN = 60.0  # seconds after which a child counts as healthy and its next death waits only FIRST_WAIT


class Child:
    """One process to keep alive. It leads its own process group, so Ctrl-C reaches only us and we end it in order."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        log: Path,
        goodbye: signal.Signals = signal.SIGTERM,
        patience: float = 10.0,
        account: Account | None = None,
        before: Callable[[], None] | None = None,
    ) -> None:
        """`goodbye` asks it to end, also by the kernel should we be killed; `before` runs ahead of each start."""
        self.name, self.log, self.goodbye, self.patience = name, log, goodbye, patience
        self._command, self._env, self._account, self._before = list(command), dict(env), account, before
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._wait = FIRST_WAIT
        self._due = 0.0

    @property
    def pid(self) -> int | None:
        """The process id, or None when it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def exit_code(self) -> int | None:
        """How the last process ended, negative for a signal; None while it runs or before the first start."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start the process; its output is appended to the log."""
        if self._before:
            self._before()
        rotate(self.log)
        other = self._account
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", self.goodbye.name.removeprefix("SIG"), "--", *self._command],
                env=self._env,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                close_fds=False,  # the lock on GEZHI_VAR is the one thing they inherit
                user=other.uid if other else None,
                group=other.gid if other else None,
                extra_groups=[] if other else None,
            )
        self._started = time.monotonic()

    def revive(self, say: Callable[[str], None]) -> None:
        """Start the process again if it has died and its wait is over; the wait doubles with each early death."""
        now = time.monotonic()
        if self.exit_code is None:
            return
        if not self._due:
            self._sweep()
            self._wait = FIRST_WAIT if now - self._started > PROVEN else self._wait
            self._due = now + self._wait
            say(f"{self.name} {describe(self.exit_code)}; starting it again in {self._wait:g} s (see {self.log})")
        elif now >= self._due:
            self._due, self._wait = 0.0, min(self._wait * 2, LONGEST_WAIT)
            self.start()
            say(f"{self.name} was started again")

    def ask_to_end(self) -> None:
        """Send the signal that asks the process to end; a dead one is left alone."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, self.goodbye)

    def end(self) -> None:
        """Ask, wait for at most `patience` seconds, then kill it and whatever it left in its group."""
        if not self._process:
            return
        self.ask_to_end()
        try:
            self._process.wait(self.patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._sweep()

    def tail(self, lines: int = 12) -> str:
        """Return the last lines of the log, for a message."""
        with suppress(OSError), self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 20_000))
            return "\n".join("    " + line for line in log.read().decode(errors="replace").splitlines()[-lines:])
        return ""

    def _sweep(self) -> None:
        """Kill what a dead process left behind in its group (the workers of a killed server)."""
        if self._process:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)


def describe(code: int | None) -> str:
    """Return how a process ended, in words."""
    if code is not None and code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with code {code}"


def rotate(log: Path) -> None:
    """Keep a log under its limit: the old text moves to `.1`. Safe while processes append to it."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        shutil.copyfile(log, log.with_name(log.name + ".1"))
        os.truncate(log, 0)
