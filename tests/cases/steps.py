"""Steps of cases as tests tell them: somebody does something, the case answers."""

from __future__ import annotations

from typing import Any

from gezhi.cases.workflow import ACTIONS
from gezhi.db import uuid7
from tests.cases.helpers import SECRET, now, ok
from tests.conftest import Caller


def sent(action: str, **fields: Any) -> dict[str, Any]:
    """A command as a phone makes it, without the version that a move names."""
    return {"id": str(uuid7()), "action": action, "occurred_at": now(), **fields}


def tries(person: Any, case: Any, action: str, **fields: Any) -> Any:
    """The response to a command on a case, a move made on the version that the person sees."""
    made = sent(action, **fields)
    if ACTIONS[action].kind == "move" and "version" not in made and "after" not in made:
        made["version"] = (person.get(f"/cases/{case}").json or {}).get("version", 1)
    return person.act(case, made)


def do(person: Any, case: Any, action: str, **fields: Any) -> dict[str, Any]:
    """The outcome of a command that must be taken."""
    return ok(tries(person, case, action, **fields))


def seen(person: Any, case: Any) -> dict[str, Any]:
    """The case as this person sees it; it must be there for them."""
    return ok(person.get(f"/cases/{case}"))


def may(person: Any, case: Any) -> set[str]:
    """The buttons that somebody has on a case; none when it does not exist for them."""
    return {row["action"] for row in person.get(f"/cases/{case}").json.get("allowed", ())}


def waiting(person: Any, case: Any) -> list[str]:
    """The kinds of the tasks open on a case, oldest first."""
    return [task["kind"] for task in seen(person, case)["tasks"]]


def task_of(person: Any, case: Any, kind: str) -> str:
    """The id of the one open task of this kind."""
    (found,) = [task["id"] for task in seen(person, case)["tasks"] if task["kind"] == kind]
    return str(found)


def says(caller: Caller, receipt: str, action: str, secret: str | None = SECRET, /, **fields: Any) -> Any:
    """The response to what a reporter says by the receipt, with the device's secret unless `secret` is None."""
    headers = {"X_Gezhi_Secret": secret} if secret else {}
    return caller.post(f"/reports/{receipt}/notes", sent(action, **fields), **headers)


def course(phone: Caller, receipt: str, secret: str | None = None, **headers: str) -> dict[str, Any]:
    """The course of a report, with the secret as its reporter reads it, without as everybody does."""
    proof = {"X_Gezhi_Secret": secret} if secret else {}
    return ok(phone.get(f"/reports/{receipt}", **proof, **headers))


def joins(phone: Caller, case: Any, secret: str, **fields: Any) -> str:
    """The receipt's code of somebody who has met it too."""
    told = {"id": str(uuid7()), "secret": secret, "occurred_at": now(), **fields}
    answer = phone.post(f"/nearby/{case}/join", told)
    assert answer.status_code == 201, answer.json
    return str(answer.json["receipt_code"])
