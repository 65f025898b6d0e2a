"""Who hears of an event: keys that an event carries and keys that a reader listens to.

An event's audience names a region by its code; a desk listens to everything under a region, a grid post to its grid.
"""

from __future__ import annotations

from collections.abc import Iterable

from gezhi.people.sessions import Actor
from gezhi.places.models import LEVELS


def listened(actor: Actor) -> frozenset[str]:
    """The keys that a reader listens to (rule P7)."""
    return frozenset(
        [
            *(f"post:{post.id}" for post in actor.posts),
            *(f"unit:{unit}" for unit in actor.units),
            *(f"under:{code}" for code in actor.desk_regions),
            *(f"region:{code}" for code in actor.grid_codes),
        ]
    )


def addressed(audience: Iterable[str]) -> set[str]:
    """The keys of those who hear of an event with these audience tokens."""
    keys = set(audience)
    for token in audience:
        kind, _, code = token.partition(":")
        if kind == "region":
            keys.update(f"under:{code[:digits]}" for digits in LEVELS if digits <= len(code))
    return keys
