"""SQL of media."""

ADD = """
insert into uploads as known (city, sha256, author, content_type, bytes, state, width, height)
select %(city)s, %(sha)s, %(author)s, %(content_type)s, %(bytes)s,
       case when clean.width is null then 'received' else 'ready' end, clean.width, clean.height
  from (select 1) one
  left join lateral (select width, height from uploads
                      where city = %(city)s and sha256 = %(sha)s and state = 'ready' limit 1) clean on true
on conflict (city, sha256, author) do update
   set state = excluded.state, refused_because = null, width = excluded.width, height = excluded.height
 where known.state = 'refused'
returning state
"""
"""A new upload; ready at once when the same bytes were cleaned for somebody else. No row: this author's is known."""

STATE = "select state from uploads where city = %s and sha256 = %s and author = %s"

WAITING = """
select content_type,
       (select array[width, height] from uploads r
         where r.city = u.city and r.sha256 = u.sha256 and r.state = 'ready' limit 1)
  from uploads u where city = %s and sha256 = %s and state = 'received' limit 1
"""
"""A photo to clean: its type, and its measures when the same bytes are clean already."""

READY = """
update uploads set state = 'ready', width = %s, height = %s, refused_because = null
 where city = %s and sha256 = %s and state = 'received'
"""

REFUSED = (
    "update uploads set state = 'refused', refused_because = %s where city = %s and sha256 = %s and state = 'received'"
)

VIEWS = """
select distinct on (sha256) encode(sha256, 'hex'), state = 'ready', width, height from uploads
 where city = %s and sha256 = any(%s) order by sha256, state = 'ready' desc
"""

UNLINKED = """
delete from uploads u using (
  select city, sha256, author from uploads
   where city = %(city)s and case_id is null and created_at < now_v1() - %(age)s::interval
   order by created_at limit %(limit)s for update skip locked) old
 where (u.city, u.sha256, u.author) = (old.city, old.sha256, old.author)
returning encode(u.sha256, 'hex')
"""
"""Remove uploads that never came to a case, oldest first; one that is being linked is left. Returns their hashes."""

LOCK = "select pg_advisory_xact_lock(hashtextextended('photo ' || %s || ' ' || %s, 0))"
"""Keeps the files of a photo from being removed while they are taken in, and the other way round."""

HELD = "select 1 from uploads where city = %s and sha256 = decode(%s, 'hex') limit 1"
