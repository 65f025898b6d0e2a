"""The actions on a case as the domain's section 4 has them, written out by hand and not taken from the code."""

from __future__ import annotations

from typing import NamedTuple

OPEN = ("reported", "accepted", "dispatched", "signed", "handled", "suspended")
OVER = ("closed", "rejected", "merged", "transferred", "withdrawn", "void")
STATES = OPEN + OVER
_GROUPS = {
    "OPEN": OPEN,
    "HELD": ("dispatched", "signed"),
    "MOVING": ("accepted", "dispatched", "signed"),
}

# action, from, to, by. A note leads to no state; RESUMED: to where it was before.
_MOVES = """
accept             reported             accepted    desk system
reject             reported             rejected    desk
appeal             rejected             reported    appellant
merge              reported accepted    merged      desk
unmerge            merged               RESUMED     desk
dispatch           accepted             dispatched  distributor system
sign               dispatched           signed      assignee offered
delegate           signed               dispatched  head
return             HELD                 accepted    returner
reassign           HELD                 dispatched  distributor system
escalate           MOVING               accepted    assignee desk
refuse_escalation  accepted             RESUMED     upper_desk
transfer           accepted signed      transferred desk
recall             transferred          accepted    desk
suspend            MOVING               suspended   system
resume             suspended            RESUMED     desk system
handle             signed               handled     assignee
verify_pass        handled              closed      verifier system
verify_fail        handled              dispatched  verifier system
reopen             closed               accepted    desk system
withdraw           reported accepted    withdrawn   first_reporter
void               OPEN                 void        system
"""
_NOTES = """
contact            OPEN                                  desk assignee keeper co
arrive             MOVING                                assignee co keeper whistled
progress           MOVING suspended                      assignee co keeper whistled
check              reported accepted                     grid desk
correct            reported MOVING                       desk assignee grid
mediate            MOVING                                assignee co desk
whistle            HELD                                  street_desk assignee
whistle_answer     OPEN                                  whistled
supervise          OPEN                                  desk leader
supervise_reply    OPEN                                  supervised
own                OPEN                                  leader
strike_off         OPEN closed                           owner
consult            OPEN                                  desk
join               OPEN                                  anyone
add                OPEN                                  reporter
remind             OPEN                                  reporter
complain           OPEN closed rejected transferred      reporter
confirm            handled closed                        first_reporter
rate               closed                                rater
revisit            handled closed                        desk
ask_expert         OPEN                                  desk assignee
expert_answer      OPEN                                  expert
request            OPEN                                  assignee desk
decide             OPEN                                  decider
offer              dispatched                            desk system
evaluate           closed                                evaluator
adopt              OPEN closed                           desk
release            OPEN closed                           desk
overdue            OPEN transferred                      system
"""
REPORTERS = {"reporter", "first_reporter", "appellant", "rater"}


class Row(NamedTuple):
    """An action: from which states, to which (None: a note), by whoever stands in one of these relations."""

    sources: frozenset[str]
    target: str | None
    by: frozenset[str]

    @property
    def staff(self) -> frozenset[str]:
        """The relations that signed-in people can have."""
        return self.by - REPORTERS - {"system", "anyone"}


def _states(words: list[str]) -> frozenset[str]:
    return frozenset(state for word in words for state in _GROUPS.get(word, (word,)))


def _table() -> dict[str, Row]:
    rows = {}
    for line in _MOVES.strip().splitlines():
        action, words = line[:19].strip(), line[19:40].split()
        target, *by = line[40:].split()
        rows[action] = Row(_states(words), target, frozenset(by))
    for line in _NOTES.strip().splitlines():
        rows[line[:19].strip()] = Row(_states(line[19:57].split()), None, frozenset(line[57:].split()))
    return rows


TABLE = _table()
STAFF = {action: row for action, row in TABLE.items() if row.staff}
BY_REPORTERS = {action: row for action, row in TABLE.items() if row.by & REPORTERS}
PAIRS = {(state, action) for action, row in TABLE.items() for state in row.sources}
"""Every legal pair of state and action."""
