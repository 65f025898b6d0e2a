"""What reporters can do: every state x action x kind of reporter, against what the domain says (rules C1, C8)."""

# ruff: noqa: F811  fixtures are imported and asked for by the same name

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gezhi.http.problems import Problem
from tests.cases.domain_table import BY_REPORTERS, STATES, TABLE
from tests.cases.helpers import SECRET, command
from tests.cases.scenes import (  # noqa: F401  fixtures are found by their names
    SHA,
    as_it_was,
    assert_kept,
    of_post,
    put,
    town,
)
from tests.cases.town import SECRETS

REPORTER_FIELDS = {
    "appeal": {"reason": "这事归你们管"},
    "withdraw": {},
    "add": {"text": "就在学校门口", "photos": [SHA]},
    "remind": {"text": "几天了"},
    "complain": {"text": "没人来"},
    "confirm": {"fixed": True},
    "rate": {"stars": 5, "satisfaction": "satisfied", "comment": "很好"},
}
FIRST = {"reporter", "first_reporter", "appellant", "rater"}
REPORTER_SCENES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "as usual": ({}, FIRST),
    "rated": ({"stars": 4, "satisfaction": "satisfied"}, FIRST - {"rater"}),
    "final": ({"final": True}, FIRST - {"rater"}),
    "15 days ago": ({"closed_at": datetime.now(UTC) - timedelta(days=15)}, FIRST - {"rater"}),
}


def asks(town: Any, secret: str, receipt: str, action: str) -> str | None:
    """The refusal of a reporter's note, which is undone."""
    sent = command(action, 0, **REPORTER_FIELDS[action])
    del sent["version"]
    with town.conn.transaction(force_rollback=True):
        try:
            with town.conn.transaction():
                done = town.note(receipt, sent, secret)
        except Problem as problem:
            return problem.code
        if done["refused"]:
            kept = town.conn.execute("select refused, content from commands where id = %s", (sent["id"],)).fetchone()
            assert kept[0] == done["refused"]
            assert_kept(REPORTER_FIELDS[action], kept[1])
        else:
            assert done["state"] == (TABLE[action].target or done["state"])
        refused: str | None = done["refused"]
        return refused


@pytest.mark.parametrize("scene", REPORTER_SCENES)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.usefixtures("as_it_was")
def test_C1_C6_C8_every_action_of_reporters(state: str, scene: str, town: Any, resident: Any) -> None:
    changed, relations = REPORTER_SCENES[scene]
    if state != "closed" and changed:
        changed = {key: value for key, value in changed.items() if key != "closed_at"}
    put(town, of_post(town, state) | changed | ({} if state == "closed" else {"closed_at": None}))
    first, joined = town.receipt["receipt_code"], "JXNEDHRE"
    with town.conn.transaction(force_rollback=True):
        put(town, {"state": "reported"})
        town.join(town.case, joined)
        put(town, {"state": state})
        for secret, receipt, theirs in (
            (SECRET, first, relations), (SECRETS["joined"], joined, {"reporter"}), ("w" * 43, first, None)
        ):  # fmt: skip
            for action, row in BY_REPORTERS.items():
                refused = asks(town, secret, receipt, action)
                where = (state, scene, action, theirs)
                if theirs is None:
                    assert refused == "not_found", where
                elif state not in row.sources:
                    assert refused == ("rating_not_open" if action == "rate" else "not_allowed_now"), where
                elif not row.by & theirs:
                    assert refused in ("not_yours_to_do", "already_rated", "rating_not_open"), where
                else:
                    assert refused == ("others_joined" if action == "withdraw" else None), where
    if scene == "rated":  # by nobody: its course cannot be read
        return
    shown = resident.get(f"/reports/{first}", X_Gezhi_Secret=SECRET).json["allowed"]
    open_now = relations if state == "closed" else FIRST
    assert {row["action"] for row in shown} == {
        action for action, row in BY_REPORTERS.items() if state in row.sources and row.by & open_now
    }


@pytest.mark.usefixtures("as_it_was")
def test_an_appeal_is_heard_once_one_level_up(town: Any) -> None:
    put(town, of_post(town, "rejected", level=12))
    with town.conn.transaction(force_rollback=True):
        for refused, level in ((None, 9), ("already_appealed", 9)):
            sent = command("appeal", 0, reason="请再看看")
            del sent["version"]
            assert town.note(town.receipt["receipt_code"], sent)["refused"] == refused
            row = town.conn.execute("select level from cases where id = %s", (town.case,)).fetchone()
            assert row == (level,)
            put(town, {"state": "rejected"})
