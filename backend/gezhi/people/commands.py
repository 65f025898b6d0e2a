"""`gezhi user`: accounts are made here; a fresh installation has none."""

from __future__ import annotations

import io
import uuid

import click
import segno

from gezhi.people import service


@click.group("user")
def user() -> None:
    """Accounts of the people who work with Gezhi 帐号管理."""


@user.command("add")
@click.argument("account")
@click.option("--name", required=True, help="the person's name 姓名")
@click.option("--role", required=True, help="role of the first post 岗位, e.g. dispatcher")
@click.option("--region", required=True, help="region code of the post 区划代码")
@click.option("--unit", type=click.UUID, help="unit of the post 单位")
@click.password_option(help="asked for when not given 密码")
def add(account: str, password: str, unit: uuid.UUID | None, **post: str) -> None:
    """Make an account with a second factor, and show the code for the authenticator app once."""
    if len(password) < 12:
        raise click.ClickException("a password needs 12 characters or more 密码至少 12 位")
    try:
        uri = service.add_user(service.NewUser(account, unit=unit, **post), password)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    click.echo("Scan with an authenticator app; it is shown this once. 请用验证器应用扫描，仅显示这一次。")
    drawn = io.StringIO()
    segno.make_qr(uri, error="m").terminal(out=drawn, compact=True)
    click.echo(drawn.getvalue() + uri)


@user.command("disable")
@click.argument("account")
def disable(account: str) -> None:
    """Close an account; its sessions end at once."""
    if not service.disable_user(account):
        raise click.ClickException(f"no open account {account} 没有这个帐号")
    click.echo(f"{account}: closed 已停用")
