"""Likeness of short texts: the figures over the pairs of tests/data, and what pairs of characters promise."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PAIRS = Path(__file__).parents[1] / "data" / "likeness_pairs.csv"
FRESH = PAIRS.with_name("likeness_fresh.csv")
NEEDED_PRECISION, NEEDED_RECALL = 0.9, 0.7
# A little below what was measured (0.75 and 0.40; tests/data/README.md): a regression shows, nothing more is claimed.
FRESH_PRECISION, FRESH_RECALL = 0.7, 0.36

Conn = psycopg.Connection[Any]


class Pair(NamedTuple):
    """Two texts, whether they are of the same problem, and their likeness."""

    part: str
    a: str
    b: str
    same: bool
    likeness: float


class Figures(NamedTuple):
    """Of the pairs found alike, how many are the same; of the same, how many are found."""

    precision: float
    recall: float


def figures(pairs: Iterable[Pair], threshold: float) -> Figures:
    """Precision and recall of a threshold."""
    pairs = list(pairs)
    found = [pair for pair in pairs if pair.likeness >= threshold]
    right = sum(pair.same for pair in found)
    return Figures(right / len(found), right / sum(pair.same for pair in pairs))


def measured(conn: Conn, path: Path) -> list[Pair]:
    """The labelled pairs of a file with their likeness."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    likeness = conn.execute(
        "select likeness_v1(a, b) from unnest(%s::text[], %s::text[]) with ordinality p (a, b, place) order by place",
        ([row["a"] for row in rows], [row["b"] for row in rows]),
    ).fetchall()
    return [
        Pair(row["part"], row["a"], row["b"], row["same"] == "yes", value)
        for row, (value,) in zip(rows, likeness, strict=True)
    ]


@pytest.fixture
def pairs(conn: Conn) -> list[Pair]:
    """The pairs that the figures needed are of."""
    return measured(conn, PAIRS)


def test_C11_two_people_at_one_problem_are_told_from_two_problems(conn: Conn, pairs: list[Pair]) -> None:
    assert len(pairs) == 200
    assert sum(pair.same for pair in pairs) == 100
    row = conn.execute("select alike_v1()").fetchone()
    assert row is not None
    held_out = figures((pair for pair in pairs if pair.part == "held_out"), row[0])
    whole = figures(pairs, row[0])
    print(f"likeness >= {row[0]}: held out {held_out}, whole {whole}")
    for found in (held_out, whole):
        assert found.precision >= NEEDED_PRECISION
        assert found.recall >= NEEDED_RECALL


def test_C11_fresh_pairs_are_told_no_worse_than_when_they_were_measured(conn: Conn) -> None:
    fresh = measured(conn, FRESH)
    assert (len(fresh), sum(pair.same for pair in fresh)) == (120, 60)
    row = conn.execute("select alike_v1()").fetchone()
    assert row is not None
    found = figures(fresh, row[0])
    print(f"likeness >= {row[0]}: fresh {found}")
    assert found.precision >= FRESH_PRECISION
    assert found.recall >= FRESH_RECALL


@pytest.mark.parametrize(
    "written", ["路灯不亮，" + "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥乾坤艮震巽兑仁义礼智信恭谦让", "路灯冇亮"]
)
def test_C11_neither_words_not_listed_nor_dialect_hide_the_same_problem(conn: Conn, written: str) -> None:
    assert conn.execute("select likeness_v1('路灯不亮', %s) >= alike_v1()", (written,)).fetchone() == (True,)


def test_C11_plain_overlap_of_pairs_would_not_do(conn: Conn, pairs: list[Pair]) -> None:
    """The pairs are hard: no threshold of the plain measure comes near the figures needed."""
    overlaps = conn.execute(
        "select 2.0 * cardinality(array(select unnest(pairs_v1(a)) intersect select unnest(pairs_v1(b))))"
        " / (cardinality(pairs_v1(a)) + cardinality(pairs_v1(b)))"
        " from unnest(%s::text[], %s::text[]) with ordinality p (a, b, place) order by place",
        ([pair.a for pair in pairs], [pair.b for pair in pairs]),
    ).fetchall()
    plain = [pair._replace(likeness=float(value)) for pair, (value,) in zip(pairs, overlaps, strict=True)]
    best = [figures(plain, pair.likeness) for pair in plain]
    assert not any(f.precision >= NEEDED_PRECISION and f.recall >= NEEDED_RECALL for f in best)


def test_C11_likeness_is_a_measure(conn: Conn, pairs: list[Pair]) -> None:
    for pair in pairs[::7]:
        row = conn.execute(
            "select likeness_v1(%(b)s, %(a)s), likeness_v1(%(a)s, %(a)s)", {"a": pair.a, "b": pair.b}
        ).fetchone()
        assert row == (pytest.approx(pair.likeness), 1.0)
        assert 0 <= pair.likeness <= 1


@pytest.mark.parametrize(
    ("a", "b", "likeness"),
    [
        ("路灯不亮了", "路灯，不亮了！", 1.0),
        ("ＫＴＶ太吵", "ktv 太吵", 1.0),
        ("", "", 0.0),
        ("路灯不亮", "", 0.0),
        (None, None, 0.0),
        ("？！", "。。", 0.0),
        ("的", "了", 0.0),
    ],
)
def test_likeness_at_its_edges(conn: Conn, a: str | None, b: str | None, likeness: float) -> None:
    assert conn.execute("select likeness_v1(%s, %s)", (a, b)).fetchone() == (likeness,)


def test_every_word_of_the_list_can_be_found(conn: Conn) -> None:
    row = conn.execute(
        "select array_agg(word) from jsonb_object_keys(meanings_v1()) word"
        " where length(word) not between 1 and 6 or plain_v1(word) <> word"
    ).fetchone()
    assert row == (None,)


def test_pairs_of_a_text_each_once(conn: Conn) -> None:
    row = conn.execute("select pairs_v1('ＫＴＶ，10点 吵！KTV'), pairs_v1('灯'), pairs_v1(null)").fetchone()
    assert row is not None
    assert sorted(row[0]) == sorted({"kt", "tv", "v1", "10", "0点", "点吵", "吵k"})
    assert row[1:] == ([], [])


_TEXTS = st.text(st.sampled_from("路灯坏了不亮3栋10ＫTv，。 \n\u3000éÀ𠮷"), max_size=30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=_TEXTS, start=st.integers(0, 30), size=st.integers(0, 30))
def test_a_part_of_a_text_has_no_pair_that_the_whole_has_not(conn: Conn, text: str, start: int, size: int) -> None:
    part = text[start : start + size]
    assert conn.execute("select pairs_v1(%s) @> pairs_v1(%s)", (text, part)).fetchone() == (True,)
