"""G1, G3, G4, G6: what a house gave receipts for is kept, once, and done, whatever is killed, stopped or cut."""

from __future__ import annotations

import json

import pytest

from tests.faults import rig
from tests.faults.breaking import DATABASE

FINDING = {
    "acknowledge before commit": (("is lost", "has the ids"), ("kill a web worker", "kill web", "kill a backend")),
    "check, then insert": (("has the ids", "is kept"), ("cut connections", "slow connections")),
    "enqueue after commit": (("is received",), ("kill a web worker", "kill web", "kill a backend")),
    "claim without lease": ((" doing:",), ("kill worker",)),
    "done before send": (("did not reach the phone",), ("kill worker",)),
}
"""What the rig has to say of each seeded defect, and what brings it out."""


def check(outcome: rig.Outcome) -> None:
    """Nothing lost, doubled or stuck; the figures are shown with `-s` and when it fails."""
    print(json.dumps(outcome.figures, ensure_ascii=False, indent=1))
    assert outcome.faulty == []
    assert outcome.figures["reports_with_receipt"] == outcome.figures["reports"] > 0
    assert outcome.figures["commands_done"] > 0
    assert {fault.kind for fault in outcome.faults} >= {*DATABASE, "kill web", "kill worker", "kill live"}


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_nothing_is_lost_or_doubled_when_everything_is_broken_once() -> None:
    check(rig.run(15, 2.2, seed=20261120))


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_nothing_is_lost_or_doubled_in_two_hundred_faults() -> None:
    outcome = rig.run(200, 4.5, seed=200)
    check(outcome)
    assert len(outcome.faults) >= 195


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("defect", FINDING)
def test_the_rig_finds_what_was_put_into_the_house(defect: str) -> None:
    said, kinds = FINDING[defect]
    outcome = rig.run(8, 3.5, seed=5, seeded=defect, kinds=kinds)
    print("\n".join(outcome.faulty))
    assert any(words in fault for words in said for fault in outcome.faulty), outcome.faulty
