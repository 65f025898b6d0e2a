"""What crosses the wire of sync."""

from __future__ import annotations

from marshmallow import fields

from gezhi.cases.answers import Answer, CaseDetail
from gezhi.http.body import Strict


class SyncAsked(Strict):
    """The cursor of the last answer; without it, or with one that does not hold any more, everything is told."""

    cursor = fields.String(load_default=None)


class SyncTask(Answer):
    """A case that waits for the caller. The body of one with a higher `seq` than the phone's is in `cases`."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    seq = fields.Integer(required=True)


class SyncNotAdopted(Answer):
    """A command that is kept but was refused, with the problem's code."""

    id = fields.UUID(required=True)
    refused = fields.String(required=True)


class Manifest(Answer):
    """What is kept of what this person and this device sent, as far as it arrived since `since`.

    A full answer reaches back 40 days; what was told before stays true while `epoch` stays.
    """

    since = fields.AwareDateTime(required=True)
    reports = fields.List(fields.UUID(), required=True)
    commands = fields.List(fields.UUID(), required=True, metadata={"description": "accepted actions and notes"})
    not_adopted = fields.List(fields.Nested(SyncNotAdopted), required=True)


class Sync(Answer):
    """One page of a sync. `tasks` is always all that waits: what a phone holds beside it is gone.

    `full`: the bodies told before are void. `more`: go on with `cursor` at once.
    """

    epoch = fields.UUID(required=True, metadata={"description": "changes when the server went back in time"})
    cursor = fields.String(required=True)
    full = fields.Boolean(required=True)
    more = fields.Boolean(required=True)
    tasks = fields.List(fields.Nested(SyncTask), required=True)
    cases = fields.List(fields.Nested(CaseDetail), required=True)
    catalogue_version = fields.String(required=True, metadata={"description": "the ETag of GET /matters"})
    places_version = fields.String(required=True)
    unread = fields.Integer(required=True, metadata={"description": "notifications not seen yet"})
    manifest = fields.Nested(Manifest, required=True)
    as_of = fields.AwareDateTime(required=True)
