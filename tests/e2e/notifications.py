"""A desktop for notifications: a D-Bus session bus and a daemon that remembers what is shown, and clicks.

The daemon speaks the Desktop Notifications Specification 1.2 (freedesktop.org), which Chromium uses on Linux.
"""

import asyncio
import subprocess
import threading
from dataclasses import dataclass
from typing import Annotated, Any

from dbus_fast import BusType, RequestNameReply
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusDict, DBusInt32, DBusSignature, DBusStr, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_method, dbus_signal

NAME = "org.freedesktop.Notifications"
CLOSED_BY_CALL = 3


@dataclass(frozen=True)
class Shown:
    """A notification on the screen."""

    number: int
    title: str
    body: str
    actions: dict[str, str]  # label to key


class Daemon(ServiceInterface):
    """The pretend daemon."""

    def __init__(self) -> None:
        super().__init__(NAME)
        self.shown: list[Shown] = []
        self.closed: list[int] = []

    @dbus_method()
    def GetCapabilities(self) -> Annotated[list[str], DBusSignature("as")]:
        return ["actions", "body", "persistence"]

    @dbus_method()
    def GetServerInformation(self) -> Annotated[tuple[str, str, str, str], DBusSignature("ssss")]:
        return ["pretend", "tests", "1.0", "1.2"]

    @dbus_method()
    def Notify(
        self,
        app_name: DBusStr,
        replaces_id: DBusUInt32,
        app_icon: DBusStr,
        summary: DBusStr,
        body: DBusStr,
        actions: Annotated[list[str], DBusSignature("as")],
        hints: DBusDict,
        expire_timeout: DBusInt32,
    ) -> DBusUInt32:
        number = replaces_id or len(self.shown) + 1
        self.shown.append(Shown(number, summary, body, dict(zip(actions[1::2], actions[0::2], strict=True))))
        return number

    @dbus_method()
    def CloseNotification(self, number: DBusUInt32) -> None:
        self.closed.append(number)
        self.NotificationClosed(number, CLOSED_BY_CALL)

    @dbus_signal()
    def ActionInvoked(self, number: int, key: str) -> Annotated[tuple[int, str], DBusSignature("us")]:
        return [number, key]

    @dbus_signal()
    def NotificationClosed(self, number: int, reason: int) -> Annotated[tuple[int, int], DBusSignature("uu")]:
        return [number, reason]


class Desktop:
    """A session bus of its own with the daemon on it."""

    def __init__(self) -> None:
        self._bus = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._bus.stdout
        self.address = self._bus.stdout.readline().strip()
        self._daemon = Daemon()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._run(self._serve())

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _serve(self) -> None:
        self._connection = await MessageBus(bus_address=self.address, bus_type=BusType.SESSION).connect()
        self._connection.export("/org/freedesktop/Notifications", self._daemon)
        assert await self._connection.request_name(NAME) == RequestNameReply.PRIMARY_OWNER

    @property
    def shown(self) -> list[Shown]:
        """All that was shown, oldest first."""
        return list(self._daemon.shown)

    def click(self, notification: Shown, label: str) -> None:
        """Click the button with this label."""

        async def do() -> None:
            self._daemon.ActionInvoked(notification.number, notification.actions[label])

        self._run(do())

    def stop(self) -> None:
        """Take the bus away."""

        async def leave() -> None:
            self._connection.disconnect()

        self._run(leave())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._bus.terminate()
        self._bus.wait()
