"""`gezhi vapid`: show the key pair of Web Push."""

from __future__ import annotations

import click

from gezhi.notify import keys


@click.command()
@click.option("--private", is_flag=True, help="Print the private key too, as VAPID_PRIVATE_KEY takes it.")
def vapid(private: bool) -> None:
    """显示推送公钥，没有就生成。 Print the public key of Web Push; the pair is made when there is none."""
    click.echo(keys.public_key())
    if private:
        click.echo(keys.base64url(keys.private_key().private_numbers().private_value.to_bytes(32)))
