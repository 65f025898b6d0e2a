"""`gezhi backup` and `gezhi restore` as a person types them."""

from __future__ import annotations

import signal
import sys
from datetime import datetime
from pathlib import Path
from types import FrameType

import click

from gezhi.ground import backup_continuous
from gezhi.ground import restore as restoring
from gezhi.ground.backup import folder_of_backups, make
from gezhi.ground.backup_manifest import KEYS
from gezhi.ground.failure import Failure
from gezhi.ground.settings import read
from gezhi.ground.up import say


def _moment(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    """A moment with its zone; the machine's own may be another one than the reader's."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise click.BadParameter("write it as '2026-11-20 15:00:00+08' 请这样写，并带上时区")
    return moment


@click.command()
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--continuous", is_flag=True, help="Keep the last minute too, with pgBackRest, until Ctrl-C 连续备份")
def backup(folder: Path | None, continuous: bool) -> None:
    """Save database, photos and keys in a new folder of FOLDER (GEZHI_VAR/backups unless told) 备份.

    Ends with 1 when the backup is whole but the store of photos lacks some that the database knows.
    """
    try:
        ground = read()
        if continuous:
            stop = _stop_asked()
            place = folder or folder_of_backups(ground) / "continuous"
            backup_continuous.run(ground, place, lambda: bool(stop), say)
            return
        made, manifest = make(ground, (folder or folder_of_backups(ground)).absolute())
    except Failure as failure:
        sys.exit(f"gezhi: {failure}")
    rows = sum(table["rows"] for table in manifest.tables.values())
    click.echo(f"backup 备份: {made} ({rows:,} rows, {manifest.photos:,} files of photos)")
    click.echo(f"keep {made / KEYS} apart from it 密钥请另外保管")
    _end_with([f"photo {path} was missing already 备份前就缺少照片" for path in manifest.missing])


@click.command()
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Take the place of what is in the database 取代现有数据")
@click.option(
    "--keys", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of its keys 密钥目录"
)
@click.option(
    "--until", callback=_moment, help="Of a continuous backup: the moment, as '2026-11-20 15:00:00+08' 恢复到的时刻"
)
@click.option("--finish", is_flag=True, help="PostgreSQL was restored by other means: do what follows 只做后续步骤")
def restore(folder: Path | None, *, replace: bool, keys: Path | None, until: datetime | None, finish: bool) -> None:
    """Restore the backup in FOLDER into an empty database, and check it 恢复.

    Ends with 1 when something does not agree with what the backup says.
    """
    if (folder is None) is not finish:
        raise click.UsageError("name the backup's FOLDER, or --finish 请写明备份目录")
    try:
        ground = read()
        if folder is None:
            faults = restoring.finish(ground, say)
        else:
            wish = restoring.Wish(folder.absolute(), keys or folder.absolute() / KEYS, replace, until)
            faults = restoring.restore(ground, wish, say)
    except Failure as failure:
        sys.exit(f"gezhi: {failure}")
    click.echo(f"restored 已恢复, {len(faults)} faults")
    _end_with(faults)


def _end_with(faults: list[str]) -> None:
    for fault in faults:
        click.echo(fault, err=True)
    sys.exit(1 if faults else 0)


def _stop_asked() -> list[int]:
    """A list that is no longer empty once somebody asks this process to end."""
    asked: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, note)
    return asked
