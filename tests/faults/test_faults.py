"""G1, G3, G4, G6: what a house gave receipts for is kept, once, and done, whatever is killed, stopped or cut."""

from __future__ import annotations

import json

import pytest

from tests.faults import rig
from tests.faults.breaking import CLEANER, DATABASE

DYING_WEB = ("kill a backend",) * 3 + ("kill a web worker",) * 3 + ("kill web",) * 2
DYING_WORKER = ("kill worker at work",) * 3 + ("slow connections",) * 3 + ("stop live",) * 2
BAD_NETWORK = ("cut connections", "slow connections") * 4

FINDING = {
    "acknowledge before commit": (("is lost", "has the ids"), DYING_WEB),
    "check, then insert": (("has the ids", "is kept"), BAD_NETWORK),
    "enqueue after commit": (("is received",), DYING_WEB),
    "claim without lease": ((" doing:",), DYING_WORKER),
    "done before send": (("did not reach the phone",), DYING_WORKER),
}
"""What the rig has to say of each seeded defect, and what brings it out."""


def check(outcome: rig.Outcome) -> None:
    """Nothing lost, doubled or stuck; the figures are shown with `-s` and when it fails."""
    print(json.dumps(outcome.figures, ensure_ascii=False, indent=1))
    assert outcome.faulty == []
    assert outcome.figures["reports_with_receipt"] == outcome.figures["reports"] > 0
    assert outcome.figures["commands_done"] > 0
    assert {fault.kind for fault in outcome.faults} >= {*DATABASE, "kill web", "kill worker", "kill live", "kill caddy"}


@pytest.mark.nightly
@pytest.mark.timeout(300)
def test_nothing_is_lost_or_doubled_when_everything_is_broken_once() -> None:
    check(rig.run(15, 2.2, seed=20261120, seeded="short lease"))


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_nothing_is_lost_or_doubled_in_two_hundred_faults() -> None:
    outcome = rig.run(200, 4.5, seed=200)
    check(outcome)
    assert len(outcome.faults) >= 195


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_a_photo_is_cleaned_though_what_cleans_it_is_killed() -> None:
    assert rig.run(8, 2.5, seed=3, kinds=tuple(CLEANER) * 8).faulty == []


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("defect", FINDING)
def test_the_rig_finds_what_was_put_into_the_house(defect: str) -> None:
    said, kinds = FINDING[defect]
    outcome = rig.run(len(kinds), 3.5, seed=5, seeded=defect, kinds=kinds)
    print("\n".join(outcome.faulty))
    assert any(words in fault for words in said for fault in outcome.faulty), outcome.faulty


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kinds", [DYING_WEB, DYING_WORKER, BAD_NETWORK], ids=["web", "worker", "network"])
def test_what_brings_the_defects_out_finds_nothing_in_a_sound_house(kinds: tuple[str, ...]) -> None:
    assert rig.run(len(kinds), 3.5, seed=5, kinds=kinds).faulty == []
