"""The demo city: Nanchang with its places, a catalogue, units, a worker for every grid, and one account a role.

Everything it writes is marked `demo`; no person in it is real. It fills an empty database in a few seconds, does
nothing in a filled one, and may be stopped at any moment: places come in one transaction, the rest in a second one.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click
import psycopg
from psycopg import Connection

from gezhi.config import Settings
from gezhi.seed import accounts, queries

DEMO = Path(__file__).resolve().parents[3] / "demo"
CITY = "3601"
SOURCE = "示意数据 demo data: NBS names and codes 2023; outlines from Vonng/adcode (CC BY 4.0); see demo/README.md"


class SeedRefused(click.ClickException):
    """The demo city cannot be put into this database."""


def demo(settings: Settings) -> None:
    """Fill the database of the settings with the demo city, or do nothing when it is there.

    The accounts' passwords are in `demo-accounts.json` in GEZHI_VAR, readable by the owner only; they are made anew
    when that file is missing or belongs to another database. Raises SeedRefused when a real city is in the database;
    places that were imported into the demo are no reason.
    """
    if settings.city != CITY:
        raise SeedRefused(
            f"the demo city is 南昌 {CITY}, but CITY is {settings.city}: unset CITY, or do not seed the demo"
        )
    with psycopg.connect(settings.database_url, autocommit=True) as conn:
        conn.execute(queries.LOCK)  # two seeds of one database: the second waits, then finds it filled
        real, filled = conn.execute(queries.LOOK, {"city": CITY}).fetchone() or (False, False)
        if real and not filled:
            raise SeedRefused("the database holds a city that is not the demo; the demo is not mixed with it")
        path = settings.var / "demo-accounts.json"
        if not filled:
            _fill(conn, path)
        elif not accounts.belongs(conn, path):
            accounts.renew(conn, path, accounts.read(DEMO / "seed"))
            click.echo(f"demo accounts: new passwords in {path}")


def _fill(conn: Connection[Any], path: Path) -> None:
    from gezhi.catalogue import loader
    from gezhi.places import importer
    from gezhi.seed import people

    begun = time.monotonic()
    files = sorted((DEMO / "nanchang").glob("*.geojson.gz"))
    counts = importer.run(conn, files, system="wgs84", source=SOURCE, demo=True)
    click.echo("demo places: " + ", ".join(f"{level} {count:,}" for level, count in counts.items()))
    with conn.transaction():
        loader.load(conn, CITY, DEMO / "catalogue", DEMO / "standards" / "gbt47678_5_2026_directory.csv")
        click.echo("demo catalogue: loaded")
        units, posts = people.load(conn, CITY, DEMO / "seed")
        named = accounts.read(DEMO / "seed")
        accounts.renew(conn, path, named)
        conn.execute(queries.OPEN_AT, {"city": CITY, "home": named[0]["region"]})
        click.echo(f"demo people: {units:,} units, {posts:,} posts; accounts in {path}")
    conn.execute(queries.ANALYZE)
    click.echo(f"demo city ready in {time.monotonic() - begun:.1f} s")
