"""`gezhi`: the commands of the house. Heavy parts are imported by the command that needs them."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import ClassVar, cast

import click

_NATIONAL_LIST = Path(__file__).resolve().parents[2] / "demo" / "standards" / "gbt47678_5_2026_directory.csv"


class _House(click.Group):
    """The commands of the domains are found where they are, and imported only when one of them is asked for."""

    domains: ClassVar[dict[str, tuple[str, str]]] = {
        "backup": ("gezhi.ground.backup_commands", "backup"),
        "import": ("gezhi.places.commands", "import_"),
        "restore": ("gezhi.ground.backup_commands", "restore"),
        "user": ("gezhi.people.commands", "user"),
        "vapid": ("gezhi.notify.commands", "vapid"),
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the alphabet."""
        return sorted([*super().list_commands(ctx), *self.domains])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a domain, or one of those below."""
        if cmd_name in self.domains:
            module, name = self.domains[cmd_name]
            return cast(click.Command, getattr(import_module(module), name))
        return super().get_command(ctx, cmd_name)


@click.group(cls=_House)
def main() -> None:
    """格治 Gezhi: the closed loop of grid governance."""


@main.command()
@click.option("--lan", is_flag=True, help="HTTPS on every address of this machine, by Caddy's own authority.")
def up(lan: bool) -> None:
    """Start everything behind one address and stop it with Ctrl-C."""
    from gezhi.ground import up as ground

    ground.main(lan=lan)


@main.command()
def migrate() -> None:
    """Bring the database to this version of the code."""
    from gezhi.schema import migrate as bring

    changed = bring()
    click.echo(f"database is up to date, {len(changed)} function files applied")


@main.command()
@click.option("--demo", is_flag=True, required=True, help="The demo city with synthetic people; never for production.")
def seed(demo: bool) -> None:
    """Load the demo city; does nothing when it is there."""
    from gezhi import seed as seeding
    from gezhi.config import settings

    if demo:
        seeding.demo(settings())


@main.group()
def catalogue() -> None:
    """The city's catalogue: matters, limits, holidays."""


@catalogue.command("load")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--directory",
    default=_NATIONAL_LIST,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The national list (GB/T 47678.5) as CSV; the one that comes with Gezhi unless told 国家标准目录",
)
def load_catalogue(folder: Path, directory: Path) -> None:
    """Load the catalogue of FOLDER for the city, whole or not at all; demo/catalogue is one. Days that the city has
    edited stay."""
    import psycopg

    from gezhi.catalogue import loader
    from gezhi.catalogue.tables import CatalogueRefused
    from gezhi.config import settings

    with psycopg.connect(settings().database_url, autocommit=True) as conn:
        try:
            loader.load(conn, settings().city, folder, directory)
        except (CatalogueRefused, OSError) as refused:
            raise click.ClickException(f"{refused}. Nothing was loaded. 没有载入任何内容。") from None
    click.echo(f"catalogue of {settings().city} loaded 事项清单已载入")


@main.command()
@click.option("--socket", type=click.Path(), help="Listen on this Unix socket instead of a port.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
def web(socket: str | None, host: str, port: int) -> None:
    """Serve the API."""
    from gezhi.ground.processes import web_command

    _become(web_command(socket=_path(socket), host=host, port=port))


@main.command()
@click.option("--socket", type=click.Path(), help="Listen on this Unix socket instead of a port.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8001, show_default=True)
def live(socket: str | None, host: str, port: int) -> None:
    """Serve the live stream."""
    from gezhi.ground.processes import live_command

    _become(live_command(socket=_path(socket), host=host, port=port))


@main.command()
def worker() -> None:
    """Read the event log, run the jobs, sweep the clocks."""
    from gezhi.worker import main as work

    work()


@main.command()
def openapi() -> None:
    """Print the API's description (OpenAPI 3.1) as JSON."""
    from gezhi.app import create_app
    from gezhi.http.openapi import document

    with create_app().app_context():
        click.echo(json.dumps(document(), ensure_ascii=False, indent=1, sort_keys=True))


@main.command()
def doctor() -> None:
    """Check that every case is the replay of its events, that chains and anchors hold, and that the application cannot
    change the log."""
    from gezhi.cases.doctor import examine, protection

    faults = examine()
    if open_log := protection():
        faults.append(open_log)
    else:
        click.echo("the application's role cannot change the log 应用账号不能改写记录")
    for fault in faults:
        click.echo(fault, err=True)
    click.echo(f"{len(faults)} faults")
    sys.exit(1 if faults else 0)


def _path(name: str | None) -> Path | None:
    return Path(name) if name else None


def _become(command: list[str]) -> None:
    os.execvp(command[0], command)  # noqa: S606 - our own command line, no shell wanted


if __name__ == "__main__":
    main()
