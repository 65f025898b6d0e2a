"""Commands of places for the terminal: `gezhi import places`."""

from __future__ import annotations

from pathlib import Path

import click
import psycopg

from gezhi.config import settings
from gezhi.places import importer
from gezhi.places.refusals import ImportRefused
from gezhi.places.systems import SYSTEMS


@click.group("import")
def import_() -> None:
    """Bring in a city's own data."""


@import_.command("places")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--system", required=True, type=click.Choice(SYSTEMS), help="coordinate system of the files 坐标系")
@click.option("--source", required=True, help="where the polygons come from 数据来源")
@click.option("--language", default="zh-CN", type=click.Choice(["zh-CN", "en"]), help="language of the report")
def import_places(files: tuple[Path, ...], system: str, source: str, language: str) -> None:
    """Import regions from GeoJSON FILES (.geojson or .geojson.gz): all of them, or none."""
    with psycopg.connect(settings().database_url, autocommit=True) as conn:
        try:
            counts = importer.run(conn, files, system=system, source=source)
        except ImportRefused as refused:
            for refusal in refused.refusals:
                click.echo(refusal.text(language), err=True)
            nothing = "Nothing was imported." if language == "en" else "没有导入任何数据。"
            raise click.ClickException(nothing) from refused
    click.echo(", ".join(f"{level} {count}" for level, count in counts.items()))
