"""What has to be kept where this machine cannot rewrite it: ANCHOR_URL, a folder or S3 (as the photos' MEDIA_URL).

<city>/anchors/<number>-<digest>.json    one anchor of the event log
<city>/erasures/<time>-<id>.jsonl        entries of the ledger of erasures, one a line

Nothing here is ever written twice: a store that keeps what it has (S3 object lock, a folder that only adds) fits.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore

from gezhi.config import settings
from gezhi.media import stores


def keep(path: str, content: bytes) -> None:
    """Keep `content` at `path`, durably; what is there already stays. Raises obstore's BaseError when it cannot."""
    store = stores.opened(settings().anchor_url)
    try:
        obstore.put(store, path, content, mode="create")
    except AlreadyExistsError:
        return
    if isinstance(store, LocalStore):
        stores.settle(store, path)


def read(path: str) -> bytes:
    """What is kept at `path`. Raises FileNotFoundError, obstore's BaseError."""
    return bytes(obstore.get(stores.opened(settings().anchor_url), path).bytes())


def names(folder: str) -> Iterator[str]:
    """The names of everything that is kept in a folder, in no order. Raises obstore's BaseError."""
    for page in obstore.list(stores.opened(settings().anchor_url), folder):
        yield from (Path(found["path"]).name for found in page)
