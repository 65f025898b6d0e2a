"""`python -m tests.faults [faults] [seconds between them] [seed]`: a dated run, 1 when a promise is broken."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

from tests.faults import rig


def main() -> None:
    """Run, print the figures as JSON and what is broken one line each."""
    faults, every, seed = (given for given, _ in zip([*sys.argv[1:], *("200", "4.5", "1")][:3], range(3), strict=True))
    outcome = rig.run(int(faults), float(every), seed=int(seed))
    dated = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "seed": int(seed)}
    print(json.dumps(dated | outcome.figures, ensure_ascii=False, indent=1))
    print("\n".join(outcome.faulty) or "nothing lost, nothing doubled, nothing stuck")
    sys.exit(1 if outcome.faulty else 0)


if __name__ == "__main__":
    main()
