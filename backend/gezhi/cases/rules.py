"""Routing rules (分派规则, domain section 5): who keeps them, how they change, and what a change would have done.

Rules are rows that the intake function reads itself, so a change holds for the next report, wherever it comes in.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from gezhi import audit
from gezhi.cases import queries_rules as queries
from gezhi.cases import views, words
from gezhi.catalogue.service import names
from gezhi.config import settings
from gezhi.db import connection, uuid7
from gezhi.http.language import pick
from gezhi.http.problems import Problem
from gezhi.people.names import role_name
from gezhi.people.sessions import Actor, signed_in
from gezhi.places.names import labels

TRIED = 1000
SHOWN = 50

Row = dict[str, Any]
Target = tuple[str, str]  # kind and key, as RuleTarget shows them

_BAD = {
    "place": ("本市没有这个区划", "No such region in this city"),
    "matter": ("本市没有启用这个事项", "This matter is not turned on in this city"),
    "group": ("没有这个事项组", "No such group of matters"),
    "to_unit_id": ("没有这个单位", "No such unit"),
    "to_post_id": (
        "没有这个岗位，或者这个事项没有准入网格",
        "No such post, or grid workers may not be given this matter",
    ),
    "to_desk": ("这里没有受理台，或者它管不到规则的地点", "No desk is there, or the rule's place is not its own"),
}


def keeper() -> Actor:
    """The signed-in person, who keeps the rules: a duty leader or administrator at the city's centre.

    Raises Problem not_signed_in, not_found for anybody else.
    """
    person = signed_in()
    if not any(
        post.role in ("duty_leader", "admin") and post.unit_function == "centre" and post.region_code == settings().city
        for post in person.posts
    ):
        raise Problem("not_found")
    return person


def listed() -> list[Row]:
    """All rules as RuleAnswer, the first to be asked first."""
    with connection() as lent:
        return _shown(lent, None)


def add(person: Actor, sent: Row) -> Row:
    """Add a rule, last in the order, and return it. Raises Problem invalid for what the city does not have."""
    with connection() as lent, lent.transaction():
        return _shown(lent, _add(lent, person, sent))[0]


def change(person: Actor, rule: uuid.UUID, sent: Row) -> Row:
    """Put another rule in the place of one and return it. Raises Problem not_found, invalid."""
    with connection() as lent, lent.transaction():
        _change(lent, person, rule, sent)
        return _shown(lent, rule)[0]


def remove(person: Actor, rule: uuid.UUID) -> None:
    """Remove a rule. Raises Problem not_found."""
    with connection() as lent, lent.transaction():
        _remove(lent, person, rule)


def reorder(person: Actor, ids: list[uuid.UUID]) -> list[Row]:
    """Put all rules into this order and return them. Raises Problem invalid unless each is named once."""
    with connection() as lent, lent.transaction():
        _reorder(lent, person, ids)
        return _shown(lent, None)


def tried(person: Actor, sent: Row) -> Row:
    """What a change would have done to the last cases, as `Tried`; nothing is kept.

    The change is made, by the function that makes it for good, in a transaction that is rolled back; the cases are
    routed by the function of intake, each at the moment of its report, before and after. Raises Problem not_found,
    invalid as the change does.
    """
    given = {"city": settings().city, "most": TRIED}
    with connection() as lent, lent.cursor(row_factory=dict_row) as cursor, lent.transaction(force_rollback=True):
        before = cursor.execute(queries.ROUTED.encode(), given).fetchall()
        _make(lent, person, sent)
        after = cursor.execute(queries.ROUTED.encode(), given).fetchall()
        pairs = [(old, new) for old, new in zip(before, after, strict=True) if _target(old) != _target(new)]
        # Who may not see sensitive cases learns of how many there are, not where (rule P8).
        open_to = [p for p in pairs if person.desk_regions or p[0]["confidentiality"] != "sensitive"][:SHOWN]
        named = _names(lent, {_target(row) for pair in open_to for row in pair})
    places = labels(old["region_code"] for old, _ in open_to)
    return {
        "cases": len(before),
        "changed": len(pairs),
        "items": [
            {
                "number": old["number"],
                "place": places[old["region_code"]]["label"],
                "before": named[_target(old)],
                "after": named[_target(new)],
            }
            for old, new in open_to
        ],
    }


def _make(lent: Connection[Any], person: Actor, sent: Row) -> None:
    if sent["order"] is not None:
        _reorder(lent, person, sent["order"])
    elif sent["id"] is None:
        _add(lent, person, sent["rule"])
    elif sent["rule"] is None:
        _remove(lent, person, sent["id"])
    else:
        _change(lent, person, sent["id"], sent["rule"])


def _add(lent: Connection[Any], person: Actor, sent: Row) -> uuid.UUID:
    values = _values(sent, uuid7())
    _check(lent, values)
    row = lent.execute(queries.ADD, values).fetchone()
    assert row is not None
    _record(lent, person, "add_rule", values["id"], before=None, after=row[0])
    made: uuid.UUID = values["id"]
    return made


def _change(lent: Connection[Any], person: Actor, rule: uuid.UUID, sent: Row) -> None:
    before = _locked(lent, rule)
    values = _values(sent, rule)
    _check(lent, values)
    row = lent.execute(queries.CHANGE, values).fetchone()
    assert row is not None
    _record(lent, person, "change_rule", rule, before=before, after=row[0])


def _remove(lent: Connection[Any], person: Actor, rule: uuid.UUID) -> None:
    before = _locked(lent, rule)
    lent.execute(queries.REMOVE, {"city": settings().city, "id": rule})
    _record(lent, person, "remove_rule", rule, before=before, after=None)


def _reorder(lent: Connection[Any], person: Actor, ids: list[uuid.UUID]) -> None:
    city = settings().city
    before = [row[0] for row in lent.execute(queries.LOCK_ORDER, {"city": city}).fetchall()]
    if sorted(before) != sorted(ids):
        text = pick("请把现有的每条规则各写一次", "Name each rule that there is once")
        raise Problem("invalid", fields={"ids": [text]})
    lent.execute(queries.ORDER, {"city": city, "ids": ids})
    audit.record(lent, city, person.user_id, "order_rules", "routing_rules", before=_texts(before), after=_texts(ids))


def _texts(ids: Iterable[uuid.UUID]) -> list[str]:
    return [str(one) for one in ids]


def _locked(lent: Connection[Any], rule: uuid.UUID) -> Row:
    row = lent.execute(queries.LOCK, {"city": settings().city, "id": rule}).fetchone()
    if row is None:
        raise Problem("not_found")
    found: Row = row[0]
    return found


def _record(
    lent: Connection[Any], person: Actor, deed: str, rule: uuid.UUID, *, before: Row | None, after: Row | None
) -> None:
    audit.record(lent, settings().city, person.user_id, deed, f"routing_rule:{rule}", before=before, after=after)


def _values(sent: Row, rule: uuid.UUID) -> Row:
    """The columns of a rule as sent."""
    matter = sent["matter"] or {}
    columns = {key: value for key, value in sent.items() if key not in ("matter", "group")}
    return columns | {
        "city": settings().city,
        "id": rule,
        "matter_kind": matter.get("kind"),
        "matter_code": matter.get("code"),
        "group_key": sent["group"],
    }


def _check(lent: Connection[Any], values: Row) -> None:
    row = lent.execute(queries.FAULTS, values).fetchone()
    if row is not None and row[0]:
        raise Problem("invalid", fields={field: [pick(*_BAD[field])] for field in row[0]})


def _shown(lent: Connection[Any], rule: uuid.UUID | None) -> list[Row]:
    city = settings().city
    with lent.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(queries.RULES, {"city": city, "id": rule}).fetchall()
    targets = _names(lent, {_target_of_rule(row) for row in rows})
    return [_view(city, row, targets[_target_of_rule(row)]) for row in rows]


def _view(city: str, row: Row, target: Row) -> Row:
    place, channel, group = row["place"], row["channel"], row["group_key"]
    kept = ("id", "name", "active", "opens", "closes", "weekdays", "contains", "reporter_kind", "urgency",
            "source_case_id")  # fmt: skip
    return {key: row[key] for key in kept} | {
        "place": {"key": place, "name": _label(place)} if place else None,
        "matter": views.matter(city, row["matter_kind"], row["matter_code"]),
        "group": {"key": group, "name": names(city).group(group)} if group else None,
        "channel": {"key": channel, "name": words.channel_name(channel)} if channel else None,
        "to": target,
        "updated_at": views.iso(row["updated_at"]),
    }


def _target_of_rule(row: Mapping[str, Any]) -> Target:
    if row["to_post_id"]:
        return "post", str(row["to_post_id"])
    return ("unit", str(row["to_unit_id"])) if row["to_unit_id"] else ("desk", row["to_desk"])


def _target(row: Mapping[str, Any]) -> Target:
    """To whom a case was routed: a post, a unit, or the desk of its level."""
    if row["post_id"]:
        return "post", str(row["post_id"])
    return ("unit", str(row["unit_id"])) if row["unit_id"] else ("desk", row["region_code"][: row["level"]])


def _label(code: str) -> str:
    found = labels([code]).get(code)
    return found["label"] if found else code


def _names(lent: Connection[Any], targets: set[Target]) -> dict[Target, Row]:
    """Targets with their names; in one statement for posts and units."""
    ids = [key for kind, key in targets if kind != "desk"]
    with lent.cursor(row_factory=dict_row) as cursor:
        found = {str(row["id"]): row for row in cursor.execute(queries.NAMES, {"ids": ids}).fetchall()}
    labels([row["region_code"] for row in found.values()] + [key for kind, key in targets if kind == "desk"])
    return {(kind, key): {"kind": kind, "key": key, "name": _name(kind, key, found.get(key))} for kind, key in targets}


def _name(kind: str, key: str, row: Row | None) -> str:
    if kind == "desk":
        return f"{_label(key)} {pick('受理台', 'desk')}"
    if row is None:
        return key
    if kind == "unit":
        return pick(row["name"], row["name_en"])
    return f"{_label(row['region_code'])} {role_name(row['role'])} {row['name']}"
