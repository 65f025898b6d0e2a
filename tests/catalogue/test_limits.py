"""How long steps may take: units, the yellow light, which row wins, and limits.csv refused line by line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gezhi.catalogue import limits, loader
from gezhi.catalogue.models import STEPS
from gezhi.catalogue.tables import CatalogueRefused, read_rows
from tests.catalogue.conftest import DEMO, DIRECTORY, local

Conn = psycopg.Connection[Any]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FRIDAY = "2026-11-20 16:30"
CITY = "3799"
"""A city with limits made up for these tests, on the demo's calendar days."""


@pytest.fixture
def limit(conn: Conn) -> Callable[..., Any]:
    """limit_v1 for an ordinary matter in town: due, yellow, working."""

    def do(step: str, begun: str = FRIDAY, *, city: str = "3601", **more: Any) -> Any:
        asked = {"profile": "standard", "kind": None, "code": None, "urgency": "ordinary", "urban": "town", **more}
        return conn.execute(
            "select * from limit_v1(%(city)s, %(profile)s, %(kind)s, %(code)s, %(urgency)s, %(urban)s, %(step)s,"
            " %(from)s)",
            {**asked, "city": city, "step": step, "from": local(begun)},
        ).fetchone()

    return do


@pytest.fixture
def made_up(conn: Conn) -> Callable[..., None]:
    """Gives CITY one calendar and these limits alone: rows of (profile, kind, code, urgency, urban, amount, unit)."""

    def do(*rows: tuple[Any, ...]) -> None:
        loader.load_calendar(conn, CITY, DEMO / "catalogue" / "calendar.json")
        conn.execute("delete from limits where city = %s", (CITY,))
        with conn.cursor() as cursor:
            cursor.executemany(
                "insert into limits (city, profile, kind, code, urgency, urban, amount, unit, step)"
                " values (%s, %s, %s, %s, %s, %s, %s, %s, 'handle')",
                [(CITY, *row) for row in rows],
            )

    return do


@pytest.mark.parametrize(
    ("begun", "amount", "unit", "due", "working"),
    [
        ("2026-11-21 03:00", 30, "minute", "2026-11-21 03:30", False),
        ("2026-11-21 03:00", 4, "hour", "2026-11-21 07:00", False),
        ("2026-11-20 16:30", 3, "day", "2026-11-23 16:30", False),
        ("2026-11-20 17:00", 4, "working_hour", "2026-11-23 12:00", True),
        ("2026-11-20 12:30", 1, "working_hour", "2026-11-20 14:30", True),
        ("2026-11-20 10:00", 1, "working_day", "2026-11-23 10:00", True),
        ("2026-02-13 16:30", 1, "working_day", "2026-02-14 16:30", True),  # a Saturday worked in exchange
        ("2026-02-14 16:30", 1, "working_day", "2026-02-24 16:30", True),  # Spring Festival
        ("2026-09-30 16:30", 1, "working_day", "2026-10-08 16:30", True),  # National Day
        ("2026-12-31 09:00", 15, "working_day", "2027-01-21 09:00", True),  # into a provisional year
    ],
)
def test_K1_limits_run_in_their_own_time(
    limit: Any, made_up: Any, begun: str, amount: int, unit: str, due: str, working: bool
) -> None:
    made_up(("standard", "*", "*", "*", "*", amount, unit))
    found = limit("handle", begun, city=CITY)
    assert (found[0], found[2]) == (local(due), working)


@pytest.mark.parametrize(
    ("begun", "amount", "unit", "yellow"),
    [
        (FRIDAY, 1, "working_day", "2026-11-23 15:00"),  # one hour on Friday, five on Monday: not on Sunday
        (FRIDAY, 4, "working_hour", "2026-11-23 10:42"),
        (FRIDAY, 10, "hour", "2026-11-21 00:30"),
        (FRIDAY, 30, "minute", "2026-11-20 16:54"),
    ],
)
def test_K1_the_light_turns_yellow_when_four_fifths_of_the_limits_own_time_are_gone(
    limit: Any, made_up: Any, begun: str, amount: int, unit: str, yellow: str
) -> None:
    made_up(("standard", "*", "*", "*", "*", amount, unit))
    assert limit("handle", begun, city=CITY)[1] == local(yellow)


def test_K1_the_most_exact_limit_wins(limit: Any, made_up: Any) -> None:
    rows = [
        ("standard", "*", "*", "*", "*", 1, "minute"),
        ("standard", "*", "*", "*", "town", 2, "minute"),
        ("standard", "*", "*", "ordinary", "*", 3, "minute"),
        ("standard", "*", "*", "ordinary", "town", 4, "minute"),
        ("standard", "matter", "01037", "*", "*", 5, "minute"),
        ("standard", "matter", "01037", "ordinary", "*", 6, "minute"),
        ("rapid", "*", "*", "*", "*", 7, "minute"),
        ("rapid", "matter", "01037", "*", "country", 8, "minute"),
    ]
    made_up(*rows)
    light = {"kind": "matter", "code": "01037"}
    asked: list[tuple[int, dict[str, Any]]] = [
        (1, {"urgency": "urgent", "urban": "country"}),
        (2, {"urgency": "urgent"}),
        (3, {"urban": "country"}),
        (4, {}),
        (4, {"kind": "part", "code": "01037"}),
        (5, {**light, "urgency": "urgent"}),
        (6, light),
        (7, {"profile": "rapid"}),
        (7, {"profile": "rapid", **light}),
        (8, {"profile": "rapid", **light, "urban": "country"}),
        (4, {"profile": "made up"}),
        (1, {"urgency": "urgent", "urban": None}),
    ]
    for minutes, facts in asked:
        assert limit("handle", city=CITY, **facts)[0] == local(FRIDAY) + minutes * MINUTE, facts


def test_a_step_without_a_limit_is_never_due(limit: Any) -> None:
    assert limit("contact") == limit("arrive") == (None, None, None)
    assert limit("handle", city="9999") == (None, None, None)


def test_K2_every_step_of_every_urgency_has_a_limit(conn: Conn) -> None:
    minutes = dict(
        conn.execute(
            "select step || ' ' || urgency, amount from limits"
            " where city = '3601' and kind = '*' and unit = 'minute' and profile = 'standard'"
        ).fetchall()
    )
    assert minutes == {"accept *": 1, "dispatch *": 3, "sign ordinary": 30, "sign urgent": 10, "sign critical": 5}
    for step in set(STEPS) - {"contact", "arrive"}:
        for urgency in ("ordinary", "urgent", "critical"):
            found = conn.execute(
                "select 1 from limits where city = '3601' and profile = 'standard' and kind = '*' and step = %s"
                " and urgency in (%s, '*')",
                (step, urgency),
            ).fetchall()
            assert len(found) == 1, (step, urgency)
    astray = conn.execute(
        "select l.kind, l.code from limits l left join city_matters m using (city, kind, code)"
        " where city = '3601' and l.kind <> '*' and (m.code is null or m.urgency <> l.urgency)"
    ).fetchall()
    assert astray == []


@pytest.mark.parametrize("begun", [FRIDAY, "2026-11-21 03:00", "2026-02-17 23:59"])
def test_K2_the_rapid_profile_counts_one_two_three_minutes_by_day_and_night(limit: Any, begun: str) -> None:
    for step, minutes in (("accept", 1), ("contact", 2), ("dispatch", 3)):
        due, yellow, working = limit(step, begun, profile="rapid")
        assert (due, working) == (local(begun) + minutes * MINUTE, False), step
        assert yellow == local(begun) + minutes * MINUTE * 0.8


def test_K2_arrival_is_due_in_ten_minutes_in_town_and_thirty_elsewhere(limit: Any) -> None:
    assert limit("arrive", profile="rapid", urban="town")[0] == local(FRIDAY) + 10 * MINUTE
    assert limit("arrive", profile="rapid", urban="country")[0] == local(FRIDAY) + 30 * MINUTE


def test_K2_what_a_profile_says_nothing_of_is_as_in_the_standard_one(limit: Any) -> None:
    for step in ("sign", "handle", "verify", "return"):
        assert limit(step, profile="rapid") == limit(step) != (None, None, None)


def test_K2_town_is_urban_class_111_and_121_of_the_community(conn: Conn) -> None:
    found = conn.execute(
        "select urban_class, urban_of_v1(code), urban_of_v1(code || '001') from regions where level = 12"
        " and code like '3601%' group by urban_class, 2, 3"
    ).fetchall()
    assert {urban_class for urban_class, _, _ in found} >= {111, 112, 121, 122, 210, 220}
    for urban_class, community, grid in found:
        assert community == grid == ("town" if urban_class in (111, 121) else "country")
    assert conn.execute("select urban_of_v1('360102'), urban_of_v1('3601')").fetchone() == ("country", "country")


def test_K2_the_profile_of_the_longest_code_holds(conn: Conn) -> None:
    with conn.transaction(force_rollback=True):
        conn.execute(
            "insert into region_profiles values ('3601', '360121', 'standard'), ('3601', '360121100', 'night')"
        )
        profiles = {
            region: (conn.execute("select profile_of_v1('3601', %s)", (region,)).fetchone() or ("",))[0]
            for region in ("3601", "360102002001003", "360121", "360121101001", "360121100", "360121100001")
        }
    assert profiles == {
        "3601": "rapid", "360102002001003": "rapid", "360121": "standard", "360121101001": "standard",
        "360121100": "night", "360121100001": "night",
    }  # fmt: skip
    assert conn.execute("select profile_of_v1('3701', '370112')").fetchone() == ("standard",)


@pytest.mark.parametrize("profile", ["standard", "rapid", None])
@pytest.mark.parametrize("urgency", ["ordinary", "urgent", "critical"])
@pytest.mark.parametrize("code", [None, "01037"])
@pytest.mark.parametrize("urban", ["town", "country"])
def test_K2_the_first_steps_at_once_are_as_one_by_one(
    conn: Conn, limit: Any, profile: str | None, urgency: str, code: str | None, urban: str
) -> None:
    asked = {"profile": profile, "urgency": urgency, "kind": code and "matter", "code": code, "urban": urban}
    found = conn.execute(
        "select * from report_limits_v1('3601', %(profile)s, %(kind)s, %(code)s, %(urgency)s, %(urban)s, %(at)s)",
        {**asked, "at": local(FRIDAY)},
    ).fetchone()
    steps = ("accept", "dispatch", "sign", "contact", "arrive")
    assert found == tuple(value for step in steps for value in limit(step, **asked))


def test_the_first_steps_may_count_working_time_too(conn: Conn, made_up: Any) -> None:
    made_up(("standard", "*", "*", "*", "*", 1, "working_day"))
    conn.execute("update limits set step = 'sign' where city = %s", (CITY,))
    found = conn.execute(
        "select accept_due, sign_due, sign_warn, sign_working"
        " from report_limits_v1(%s, 'rapid', null, null, 'urgent', 'town', %s)",
        (CITY, local(FRIDAY)),
    ).fetchone()
    assert found == (None, local("2026-11-23 16:30"), local("2026-11-23 15:00"), True)


def test_K1_danger_comes_before_what_a_matter_usually_takes(conn: Conn, made_up: Any) -> None:
    made_up(
        ("standard", "matter", "01037", "*", "*", 3, "working_day"), ("standard", "*", "*", "critical", "*", 2, "hour")
    )
    conn.execute("update limits set step = 'handle' where city = %s", (CITY,))
    for urgency, due in (("critical", "2026-11-20 18:30"), ("urgent", "2026-11-25 16:30")):
        found = conn.execute(
            "select due_at from limit_v1(%s, 'standard', 'matter', '01037', %s, 'town', 'handle', %s)",
            (CITY, urgency, local(FRIDAY)),
        ).fetchone()
        assert found == (local(due),), urgency


def edited(path: Path, line: int, **cells: str) -> None:
    """Change cells in a line of a table of plain cells; the header is line 1."""
    rows = [row.split(",") for row in path.read_text(encoding="utf-8").splitlines()]
    for column, text in cells.items():
        rows[line - 1][rows[0].index(column)] = text
    path.write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"step": "solve"}, "step 'solve' is none of accept, dispatch, sign"),
        ({"unit": "week"}, "unit 'week' is none of minute"),
        ({"urgency": "soon"}, "urgency 'soon' is none of ordinary"),
        ({"urban": "city"}, "urban 'city' is none of town, country"),
        ({"profile": "rapdi"}, "profile 'rapdi' is not standard, and profiles.csv gives it to no region"),
        ({"kind": "matter", "code": "99999"}, "matter 99999 is not turned on"),
        ({"kind": "*", "code": "06010"}, r"\* 06010 is not turned on"),
        ({"step": "sign", "urban": "town"}, "sign has one limit for town and country"),
        ({"step": "sign"}, "sign: a line before says the same"),
        ({"amount": "0"}, "amount '0' is not a whole number from 1 to 1000"),
        ({"amount": "-3"}, "amount '-3' is not"),
        ({"amount": "1001"}, "amount '1001' is not"),
        ({"amount": "1.5"}, "amount '1.5' is not"),
        ({"amount": "三"}, "amount '三' is not"),
        ({"amount": "²"}, "amount '²' is not"),
        ({"amount": ""}, "amount '' is not"),
        ({"amount": "3,4"}, "not as many cells as the header"),
    ],
)
def test_a_wrong_limit_is_refused_with_its_line_and_nothing_is_loaded(
    conn: Conn, folder: Path, cells: dict[str, str], said: str
) -> None:
    everything = "select * from limits order by 1, 2, 3, 4, 5, 6, 7"
    before = conn.execute(everything).fetchall()
    edited(folder / "limits.csv", 7, **cells)  # ordinary, handle, 3 working days
    with pytest.raises(CatalogueRefused, match=rf"^limits\.csv line 7: .*{said}"):
        loader.load(conn, "3601", folder, DIRECTORY)
    assert conn.execute(everything).fetchall() == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("region_code,profile\n3601,rapid\n3701,rapid\n", r"^profiles\.csv line 3: 3701 is no region of 3601"),
        ("region_code,profile\n3601,rapid\n3601,rapid\n", r"^profiles\.csv line 3: 3601 .* is there twice"),
        ("region_code,profile\n3601,rapid\n360102,slow\n", r"^profiles\.csv: 360102: no line of limits.csv .* slow"),
        ("region_code,profil\n3601,rapid\n", r"^profiles\.csv: no column profile"),
    ],
)
def test_wrong_profiles_are_refused(folder: Path, text: str, said: str) -> None:
    (folder / "profiles.csv").write_text(text)
    with pytest.raises(CatalogueRefused, match=said):
        limits.read(folder, "3601", read_rows(folder / "city_matters.csv"))


def test_a_table_in_the_old_form_is_refused(folder: Path) -> None:
    (folder / "limits.csv").write_text("kind,code,urgency,step,amount,unit\n*,*,*,accept,1,minute\n")
    with pytest.raises(CatalogueRefused, match=r"^limits\.csv: no column profile, urban$"):
        limits.read(folder, "3601", read_rows(folder / "city_matters.csv"))


def test_columns_may_come_in_any_order(conn: Conn, folder: Path, limit: Any) -> None:
    rows = [line.split(",") for line in (folder / "limits.csv").read_text().splitlines()]
    (folder / "limits.csv").write_text("\n".join(",".join(reversed(row)) for row in rows) + "\n")
    before = limit("handle", kind="matter", code="01037")
    loader.load(conn, "3601", folder, DIRECTORY)
    assert limit("handle", kind="matter", code="01037") == before
    assert before[0] == datetime.fromisoformat("2026-11-24T16:30+08:00")
