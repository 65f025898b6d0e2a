"""SQL of the roster. Moments are compared with now_v1(), which tests may set."""

# In the order of the index on posts: ':' comes right after the digits.
ROSTER = """
select p.id, p.role, u.name, p.region_code, n.id as unit_id, n.name as unit_name, n.name_en as unit_name_en
  from posts p join users u on u.id = p.user_id left join units n on n.id = p.unit_id
 where p.city = %(city)s and p.region_code >= %(place)s and p.region_code < %(place)s || ':'
   and p.starts_on <= city_date_v1(%(to)s) and (p.ends_on is null or p.ends_on >= city_date_v1(%(from)s))
   and (%(units)s::uuid[] is null or p.unit_id = any (%(units)s::uuid[]))
   and (p.region_code, p.id) > (%(after)s, %(after_id)s::uuid)
 order by p.region_code, p.id limit %(limit)s
"""

HOURS_OF = "select post_id, opens, closes, weekdays from duty_hours where post_id = any (%(posts)s) order by opens"

SHIFTS_OF = """
select post_id, starts_at, ends_at from shifts
 where post_id = any (%(posts)s) and starts_at < %(to)s and ends_at > %(from)s order by starts_at
"""

ABSENCES_OF = """
select post_id, starts_at, ends_at, reason, covered_by from absences
 where post_id = any (%(posts)s) and starts_at < %(to)s and ends_at > %(from)s order by starts_at
"""

LOCK_POST = """
select id, user_id, unit_id, region_code from posts where id = %s and city = %s for no key update
"""

CURRENT_POST = """
select p.id, p.unit_id, p.region_code from posts p, (select city_date_v1(now_v1()) as today) d
 where p.id = %s and p.city = %s and p.starts_on <= d.today and (p.ends_on is null or p.ends_on >= d.today)
"""

DROP_SHIFTS = "delete from shifts where post_id = %s and starts_at >= %s and starts_at < %s"

ADD_SHIFT = """
insert into shifts (post_id, starts_at, ends_at)
select %(post)s, %(starts_at)s, %(ends_at)s
 where not exists (select from shifts where post_id = %(post)s and starts_at < %(ends_at)s and ends_at > %(starts_at)s)
"""
"""Adds nothing when another shift of the post overlaps."""

SAME_ABSENCE = """
select 1 from absences
 where post_id = %(post)s and starts_at = %(starts_at)s and ends_at = %(ends_at)s and reason = %(reason)s
   and covered_by is not distinct from %(covered_by)s
"""

NOT_OVER = "select 1 where %(ends_at)s > now_v1()"

ADD_ABSENCE = """
insert into absences (post_id, starts_at, ends_at, reason, covered_by)
select %(post)s, %(starts_at)s, %(ends_at)s, %(reason)s, %(covered_by)s
 where not exists (
   select from absences where post_id = %(post)s and starts_at < %(ends_at)s and ends_at > %(starts_at)s)
on conflict do nothing
"""
"""Adds nothing when another absence of the post overlaps, or begins at the same moment."""

CANCEL_ABSENCE = "delete from absences where post_id = %(post)s and starts_at = %(starts_at)s and starts_at > now_v1()"

CUT_ABSENCE = """
update absences set ends_at = now_v1()
 where post_id = %(post)s and starts_at = %(starts_at)s and starts_at <= now_v1() and ends_at > now_v1()
"""
