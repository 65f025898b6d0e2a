"""Cases near a point: shown before one reports the same again, joined instead, and shown to the desk (C8, C11)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from gezhi.cases import service, views, words
from gezhi.config import settings
from gezhi.db import connection
from gezhi.http.problems import Problem
from gezhi.media.service import photo_views
from gezhi.people.sessions import Actor
from gezhi.places.names import labels
from gezhi.places.systems import to_wgs84

MOST = 20
"""Cases in one answer."""

# What anybody may know of a case near by (rule P8): no texts, no number, no people; photos that a desk has released.
_NEAR = """
select n.case_id as id, n.distance_m, n.duplicate, c.city, c.category_key, c.matter_kind, c.matter_code, c.region_code,
  c.state, c.created_at, st_x(c.point) as lng, st_y(c.point) as lat,
  (select count(*) from reports r where r.city = c.city and r.case_id = c.id and r.joined) as joined,
  array(select distinct encode(f.sha256, 'hex')
          from events e
          join event_bodies b on b.city = e.city and b.case_id = e.case_id and b.seq = e.seq,
               jsonb_array_elements_text(case jsonb_typeof(b.body -> 'photos') when 'array' then b.body -> 'photos'
                                         else '[]' end) sha
          join uploads f on f.sha256 = decode(sha, 'hex')
         where e.city = c.city and e.case_id = c.id and e.action = 'release' and f.city = c.city
           and f.case_id = c.id) as photos
from near_v1(%(city)s, %(lng)s, %(lat)s, %(kind)s, %(code)s, %(category)s, %(text)s, now_v1(), true, %(radius)s) n
join cases c on c.city = %(city)s and c.id = n.case_id
order by n.duplicate desc, c.category_key is not distinct from %(category)s desc, n.distance_m, n.case_id
limit %(most)s
"""

_SIMILAR = """
select s.case_id as id, s.distance_m, s.same_matter, s.likeness, s.relapse, o.city, o.number, o.state, o.version,
  o.category_key, o.matter_kind, o.matter_code, o.region_code, o.place_quality, o.address, o.created_at, o.closed_at,
  b.body ->> 'text' as text,
  (select count(*) from reports r where r.city = o.city and r.case_id = o.id and r.joined) as joined
from cases c
cross join lateral similar_v1(c, %(user)s, now_v1()) s
join cases o on o.city = c.city and o.id = s.case_id
left join event_bodies b on b.city = o.city and b.case_id = o.id and b.seq = 1
where c.city = %(city)s and c.id = %(id)s
order by s.relapse, s.distance_m, s.case_id limit %(most)s
"""

_SEEN = """
select from cases c
where c.city = %(city)s and c.id = %(id)s and exists (select from relations_v1(c, %(user)s, now_v1()))
"""

_JOIN = """
select join_v1(%(city)s, %(author)s, %(id)s, %(case_id)s, %(receipt)s, %(secret)s, %(hmac)s, %(user)s, %(occurred_at)s,
  'app', %(text)s, %(place)s::jsonb, %(photos)s::bytea[])
"""


def _rows(statement: str, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    with connection() as lent, lent.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement.encode(), arguments).fetchall()  # planned for the point that is asked about


def near(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Open public cases within `radius` metres of a point, duplicates of what is asked for first; at most 20.

    `asked` is what the schemas NearAsked and NearSent load: the point in its system, category, matter, radius, text.
    """
    lng, lat = _wgs84(asked)
    matter = asked["matter"] or {}
    given = {
        "city": settings().city,
        "lng": lng,
        "lat": lat,
        "kind": matter.get("kind"),
        "code": matter.get("code"),
        "category": asked["category"],
        "text": asked["text"],
        "radius": asked["radius"],
        "most": MOST,
    }
    rows = _rows(_NEAR, given)
    places = labels(row["region_code"] for row in rows)
    photos = photo_views(given["city"], {sha: "report" for row in rows for sha in row["photos"]})
    return {"items": [_near_view(row, places, photos) for row in rows]}


def _wgs84(asked: Mapping[str, Any]) -> tuple[float, float]:
    lng, lat = to_wgs84([asked["lng"], asked["lat"]], asked["system"])
    return float(lng), float(lat)


def _matter_name(row: views.Row) -> str | None:
    named = views.matter(row["city"], row["matter_kind"], row["matter_code"])
    return named["name"] if named else None


def _near_view(row: views.Row, places: Mapping[str, Any], photos: views.Photos) -> dict[str, Any]:
    return {
        "id": row["id"],
        "category": views.category(row["city"], row["category_key"]),
        "matter_name": _matter_name(row),
        "place_name": places[row["region_code"]]["label"] if row["region_code"] in places else row["region_code"],
        "point": [round(row["lng"], 4), round(row["lat"], 4)],  # 10 m: nobody's door is read off it
        "distance_m": 5 * round(row["distance_m"] / 5),
        "state": row["state"],
        "state_name": words.state_name(row["state"], resident=True),
        "created_at": views.iso(row["created_at"]),
        "joined": row["joined"],
        "duplicate": row["duplicate"],
        "photos": [photos[sha] for sha in row["photos"] if photos[sha]["ready"]],
    }


def similar(actor: Actor, case_id: uuid.UUID) -> dict[str, Any]:
    """Cases like one that the actor may see as well: open duplicates, the nearest first, then what it is a relapse of.

    Raises Problem not_found outside the actor's scope. Nothing is merged by it (rule C11).
    """
    asked = {"city": settings().city, "id": case_id, "user": actor.user_id, "most": MOST}
    if not _rows(_SEEN, asked):
        raise Problem("not_found")
    rows = _rows(_SIMILAR, asked)
    places = labels(row["region_code"] for row in rows)
    return {"items": [_similar_view(row, places) for row in rows]}


def _similar_view(row: views.Row, places: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "number": row["number"],
        "state": row["state"],
        "state_name": words.state_name(row["state"]),
        "version": row["version"],
        "category": views.category(row["city"], row["category_key"]),
        "matter_name": _matter_name(row),
        "place_name": places[row["region_code"]]["label"] if row["region_code"] in places else row["region_code"],
        "address": row["address"],
        "summary": (row["text"] or "")[:80],
        "distance_m": round(row["distance_m"]),
        "same_matter": row["same_matter"],
        "likeness": round(row["likeness"], 2) if row["likeness"] is not None else None,
        "relapse": row["relapse"],
        "joined": row["joined"],
        "created_at": views.iso(row["created_at"]),
        "closed_at": views.iso(row["closed_at"]),
    }


def join(
    lent: Connection[Any], case_id: uuid.UUID, sent: dict[str, Any], author: str, user: uuid.UUID | None
) -> dict[str, Any]:
    """Join a report to an open public case (我也遇到) and return its receipt's facts, `known` when it was taken before.

    To a case that is over it is not added: the facts hold `refused`, and what was sent is kept (rule C6). Raises
    Problem not_found (no such case, or none for the public: rule P8), same_id_other_body.
    """
    arguments = {
        "city": settings().city,
        "author": author,
        "id": sent["id"],
        "case_id": case_id,
        "receipt": service.receipt_code(),
        "secret": service.secret_hash(sent["secret"]),
        "hmac": service.body_hmac({**sent, "case_id": case_id}),
        "user": user,
        "occurred_at": sent["occurred_at"],
        "text": sent["text"],
        "place": _position(sent["place"]),
        "photos": [bytes.fromhex(photo) for photo in sent["photos"]],
    }
    with service.refusals():
        row = lent.execute(_JOIN, arguments, prepare=True).fetchone()
    assert row is not None
    facts: dict[str, Any] = row[0]
    return facts


def _position(place: Mapping[str, Any] | None) -> Jsonb | None:
    """Where somebody met it, in WGS-84, as the event's body holds positions."""
    if place is None:
        return None
    lng, lat = _wgs84(place)
    return Jsonb({"lng": lng, "lat": lat, "accuracy_m": place["accuracy_m"]})


def receipt(facts: dict[str, Any]) -> dict[str, Any]:
    """What somebody who joined is told; raises Problem joined_too_late when the case was over."""
    if facts.get("refused"):
        state = facts["state"]
        raise Problem(facts["refused"], current={"state": state, "state_name": words.state_name(state, resident=True)})
    return views.receipt(facts)
