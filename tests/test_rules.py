"""Every rule of the domain that is built has a test that names it; those that are not built yet are listed here."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parent

BUILT = {
    "P1": "the code is the address: scopes are prefixes",
    "P2": "kinds of grids; an exclusive one wins",
    "P3": "locating: exclusive, base, within 200 m, a region above, outside",
    "P4": "systems of coordinates, raw values kept",
    "P5": "distances in metres",
    "P6": "duty: an unattended desk hands up, nobody is paged off duty",
    "P7": "who sees a case",
    "P8": "confidentiality, photos",
    "C1": "the workflow is one table",
    "C2": "modes of verification, the fence",
    "C3": "nobody verifies their own handling",
    "C4": "commands: ids, versions, after",
    "C5": "arrival orders, offline is marked",
    "C6": "a refused command changes nothing and is kept",
    "C7": "concurrent moves: one wins, the others are told",
    "C8": "dissatisfaction goes up the ladder, a relapse is shown or reopened",
    "C9": "a dispute is mediated three times at a level before it leaves it",
    "C10": "the first who had it keeps it, ownerless ones are decided and become a rule",
    "C11": "likely duplicates are shown, never merged by machine",
    "K1": "clocks and lights",
    "K2": "one minute to accept, three to dispatch",
    "K3": "overdue is written once",
}
NOT_BUILT = {"F1": "later"}
_RULE = re.compile(r"(?<![A-Za-z0-9])[PCKF][0-9]{1,2}(?![A-Za-z0-9])")


def named_rules() -> set[str]:
    """The rule ids in names and docstrings of all test functions."""
    found: set[str] = set()
    for file in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                said = f"{node.name.replace('_', ' ')} {ast.get_docstring(node) or ''}"
                found |= set(_RULE.findall(said))
    return found


def test_every_rule_that_is_built_has_a_test_that_names_it() -> None:
    assert set(BUILT) - named_rules() == set()


def test_no_rule_is_both_built_and_not_built_and_no_test_names_a_rule_that_is_not_there() -> None:
    assert set(BUILT).isdisjoint(NOT_BUILT)
    assert named_rules() <= set(BUILT)
