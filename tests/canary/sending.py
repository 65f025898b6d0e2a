"""Canaries sent through every operation: as it should be sent, and in every place where they do not belong."""

from __future__ import annotations

import http.client
import json
import re
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from werkzeug.routing import Rule

from gezhi.db import uuid7
from gezhi.http.openapi import document
from tests.canary.canaries import HEADER, LANDLINE, NAME, PASSWORD, PHONE, SECRET, TEXT, TEXT_NAME, TEXT_PHONE
from tests.cases.helpers import SHA, now
from tests.contract.wire import Processes, Wire
from tests.contract.world import V1, World
from tests.fuzz.mutations import resolved

QUERY = "&".join(
    f"{name}={quote(value)}"
    for name, value in {"q": TEXT_NAME, "phone": PHONE, "name": NAME, "secret": SECRET, "text": TEXT, "cursor": SECRET,
                        "last_event_id": LANDLINE}.items()
)  # fmt: skip
HEADERS = {
    "X-Gezhi": "1", "X-Gezhi-Secret": SECRET, "User-Agent": f"{HEADER} {PHONE}", "Authorization": f"Bearer {HEADER}",
    "Referer": f"http://localhost:8080/r/{SECRET}?phone={PHONE}", "X-Forwarded-For": LANDLINE, "Cookie": f"a={SECRET}",
    "X-Request-Id": HEADER, "Accept-Language": HEADER, "Last-Event-ID": LANDLINE, "If-None-Match": f'"{SECRET}"',
}  # fmt: skip
MISPLACED = {
    "name": NAME, "phone": PHONE, "account": NAME, "password": PASSWORD, "secret": SECRET, "text": TEXT, "reason": TEXT,
    "reporter": {"name": NAME, "phone": LANDLINE}, TEXT_PHONE: NAME, "action": NAME, "endpoint": SECRET, "id": PHONE,
}  # fmt: skip


def operations(app: Any) -> Iterator[tuple[str, Rule]]:
    """Every method and rule that an application answers."""
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield method, rule


def addresses(rule: Rule) -> Iterator[str]:
    """The addresses of a rule, canaries where it takes anything."""
    for canary in (PHONE, quote(NAME), SECRET):
        values = {"int": "2026", "uuid": str(uuid.uuid4()), "": canary}
        path = re.sub(r"<(?:(\w+):)?\w+>", lambda found, values=values: values[found[1] or ""], rule.rule)
        yield f"{path}?{QUERY}"


def misplace(wire: Wire, method: str, rule: Rule) -> None:
    """Send an operation canaries as query, header and body, read and unread, of every kind."""
    bodies = [json.dumps(MISPLACED, ensure_ascii=False).encode(), f'{{"phone": {PHONE} "{NAME}"'.encode()]
    for address in addresses(rule):
        for body in bodies if method != "GET" else [None]:
            kinds = ("application/json", "image/jpeg") if body else ("application/json",)
            for kind in kinds:
                headers = {**HEADERS, "X-Gezhi-Device": str(uuid.uuid4()), "Content-Type": kind}
                wire.open(address, method=method, data=body, headers=headers)
        # One that nobody's browser sends, and a device that is a phone number.
        wire.open(address, method=method, headers={"Origin": f"https://{HEADER}.cn", "X-Gezhi-Device": PHONE})


def listen(processes: Processes, cookie: str) -> int:
    """Open the live stream with canaries in its address and hang up; the status."""
    stream = http.client.HTTPConnection("127.0.0.1", processes.live_port, timeout=20)
    stream.request("GET", f"{V1}/live?{QUERY}", headers={**HEADERS, "Cookie": cookie})
    status = stream.getresponse().status
    stream.close()
    return status


def filled(described: dict[str, Any], schema: dict[str, Any]) -> Any:
    """What a schema describes, with a text in every place for one."""
    here = resolved(described, schema)
    kinds = here.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if "enum" in here:
        return here["enum"][0]
    if kind == "object":
        return {name: filled(described, inner) for name, inner in here.get("properties", {}).items()}
    if kind == "array":
        return [filled(described, here["items"])]
    if kind == "string":
        made = {"uuid": str(uuid7()), "date-time": now(), "date": "2026-12-31", "sha256": SHA}
        return made.get(here.get("format", ""), TEXT[: here.get("maxLength", 1000)])
    return {"integer": 1, "number": 28.69, "boolean": True}[kind]


def act(world: World, app: Any) -> dict[str, int]:
    """Every action of staff and reporters on a case, all texts filled; how many of each status came back."""
    with app.app_context():
        described = document()
    statuses: dict[str, int] = {}
    for door in (f"{V1}/cases/{{case_id}}/actions", f"{V1}/reports/{{receipt}}/notes"):
        schema = described["paths"][door]["post"]["requestBody"]["content"]["application/json"]["schema"]
        for action, where in schema["discriminator"]["mapping"].items():
            receipt = world.told()
            body = filled(described, {"$ref": where}) | {"action": action}
            for extra in ("after", "replaces"):
                body.pop(extra, None)
            if "version" in body:
                body["version"] = 3
            for account in ("dispatcher", "grid_worker", "duty_leader"):
                body["id"] = str(uuid7())
                path = door.format(case_id=receipt["case_id"], receipt=receipt["receipt_code"]).removeprefix(V1)
                answer = world.person(account).post(path, body, X_Gezhi_Secret=SECRET)
                key = f"{action} {answer.status_code}"
                statuses[key] = statuses.get(key, 0) + 1
    return statuses
