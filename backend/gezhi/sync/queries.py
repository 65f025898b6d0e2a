"""The SQL of sync."""

# Cases of which something was erased: that is no event, and no phone keeps what its sender took back.
ERASED = """
select distinct case_id from erasures
 where city = %(city)s and case_id = any (%(cases)s::uuid[]) and at > %(told)s::timestamptz - %(overlap)s::interval
"""

# What is kept of what this person and this device have sent. Their notes as reporters are kept under the receipts.
KEPT = """
with since as (
  select greatest(now_v1() - %(age)s::interval, %(told)s::timestamptz - %(overlap)s::interval) as at),
sent as materialized (
  select k.id, k.refused, k.created_at from since join commands k on k.created_at >= since.at
   where k.city = %(city)s and k.author = %(author)s
  union all
  select k.id, k.refused, k.created_at
    from since cross join reports r
    join commands k on k.city = r.city and k.author = 'receipt:' || r.receipt_code and k.created_at >= since.at
   where r.city = %(city)s and r.author = any (%(authors)s::text[]))
select since.at as since,
  array(select r.id from reports r
         where r.city = %(city)s and r.author = any (%(authors)s::text[]) and r.created_at >= since.at
         order by r.created_at, r.id) as reports,
  array(select id from sent where refused is null order by created_at, id) as commands,
  (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'refused', refused) order by created_at, id), '[]')
     from sent where refused is not null) as not_adopted,
  (select count(*) from notifications n
    where n.city = %(city)s and n.user_id = %(user)s and n.seen_at is null) as unread
from since
"""

PLACES = """
select md5(string_agg(concat_ws('|', code, name, parent, kind, md5(st_asewkb(geom))), ',' order by code))
  from regions where starts_with(code, %(city)s)
"""
