"""The hand-written statements of cases."""

from __future__ import annotations

REPORT = """
select report_v2(%(city)s, %(author)s, %(id)s, %(case_id)s, %(receipt)s, %(secret)s, %(hmac)s, %(user)s,
  %(occurred_at)s, %(channel)s, %(category)s, %(kind)s, %(code)s, %(danger)s, %(text)s, %(address)s,
  %(lng)s::float8, %(lat)s::float8, %(accuracy)s::real, %(origin)s,
  %(raw_lng)s::float8, %(raw_lat)s::float8, %(system)s, %(photos)s::bytea[],
  %(region)s, %(reporter)s, %(phone_hmac)s, %(hidden)s, %(photo_waived)s, %(hold)s)
"""

ACT = """
select act_v2(%(city)s, %(author)s, %(user)s, %(id)s, %(case_id)s, %(hmac)s, %(row)s, %(version)s::int, %(after)s::uuid,
  %(occurred_at)s, %(content)s, %(photos)s::bytea[], %(lng)s::float8, %(lat)s::float8, %(accuracy)s::real)
"""

NOTE = """
select note_v1(%(city)s, %(receipt)s, %(secret)s::bytea, %(phone)s::bytea, %(author)s, %(id)s, %(hmac)s, %(row)s,
  %(occurred_at)s, %(content)s, %(photos)s::bytea[], %(days)s)
"""

NOW = "(select now_v1())"  # once a statement, not once a row

# The light (rule K1) of rows of cases named c.
LIGHT = f"""
  case when c.state = 'suspended' then 'grey'
       when c.due_at is null then null
       when c.due_at <= {NOW} then 'red'
       when c.warn_at <= {NOW} then 'yellow'
       else 'green' end"""

# The light and the names that a list shows, for rows of cases named c.
ITEM = f"""
  c.*, st_x(c.point) as lng, st_y(c.point) as lat, {LIGHT} as light,
  p.role as assignee_role, pu.name as assignee_name,
  u.name as unit_name, u.name_en as unit_name_en, first.body ->> 'text' as text,
  (select encode(f.sha256, 'hex') from reports r
     join uploads f on f.city = r.city and f.author = r.author
                   and f.sha256 = decode(first.body #>> '{{photos,0}}', 'hex')
    where r.city = c.city and r.case_id = c.id limit 1) as first_photo
"""  # noqa: S608
JOINS = """
  left join posts p on p.id = c.assignee_post_id
  left join users pu on pu.id = p.user_id
  left join units u on u.id = c.lead_unit_id
  left join event_bodies first on first.city = c.city and first.case_id = c.id and first.seq = 1
"""

DETAIL = f"""
select {ITEM}, r.relations, (r.relations ->> 'verifier')::uuid as verifier_post, m.fence_m,
  (select e.facts ->> 'why' from events e where e.city = c.city and e.case_id = c.id
     and e.action in ('dispatch', 'reassign', 'verify_fail') order by e.seq desc limit 1) as why
from cases c {JOINS}
left join city_matters m on m.city = c.city and m.kind = c.matter_kind and m.code = c.matter_code
cross join lateral (select jsonb_object_agg(relation, post_id) as relations from relations_v1(c, %(user)s, now())) r
where c.city = %(city)s and c.id = %(id)s and r.relations is not null
"""  # noqa: S608

TIMELINE = """
select e.seq, e.action, e.at, e.occurred_at, e.actor_kind, e.facts, e.state, b.body, p.role, u.name,
  ap.role as to_role, au.name as to_name, tu.name as to_unit, tu.name_en as to_unit_en
from events e
left join event_bodies b on b.city = e.city and b.case_id = e.case_id and b.seq = e.seq
left join posts p on p.id = e.actor_post_id
left join users u on u.id = e.actor_user_id
left join posts ap on ap.id = (e.facts ->> 'assignee_post')::uuid
left join users au on au.id = ap.user_id
left join units tu on tu.id = (e.facts ->> 'lead_unit')::uuid
where e.city = %(city)s and e.case_id = %(id)s order by e.seq
"""

# The photos of a case that its own people have sent: a hash known from elsewhere opens nothing (rule P8).
OWN_PHOTOS = """
select encode(sha256, 'hex') as sha256 from uploads
where city = %(city)s and sha256 = any (%(photos)s::bytea[]) and author in (
  select author from reports where city = %(city)s and case_id = %(id)s
  union select 'user:' || actor_user_id from events
         where city = %(city)s and case_id = %(id)s and actor_user_id is not null)
"""

COURSE = """
select c.*, r.receipt_code, r.created_at as reported_at, coalesce(r.secret_hash = %(secret)s, false) as mine
from reports r join cases c on c.city = r.city and c.id = r.case_id
where r.city = %(city)s and r.receipt_code = %(receipt)s
"""

# Who could take a case: the posts of its grid, its neighbours in the community, then the units of the regions above. A
# case that is not placed in a community yet is for a unit, of any region below what is known.
ASSIGNEES = """
with c as (select * from cases where city = %(city)s and id = %(id)s),
candidates as (
  select p.id as post_id, null::uuid as unit_id, p.role, u.name, p.region_code,
         case when p.region_code = c.region_code then 1 else 2 end as nearness, on_duty_v1(p.id, now()) as on_duty
    from c join posts p on p.city = c.city
                       and p.region_code between left(c.region_code, 12) and left(c.region_code, 12) || '999'
    join users u on u.id = p.user_id
   where length(c.region_code) >= 12 and p.unit_id is null and p.role in ('grid_worker', 'grid_leader', 'assistant')
     and p.starts_on <= city_date_v1(now()) and (p.ends_on is null or p.ends_on >= city_date_v1(now()))
  union all
  select null, u.id, null, u.name, u.region_code, 3, exists (
           select from posts p where p.unit_id = u.id and on_duty_v1(p.id, now()))
    from c join units u on u.city = c.city and (
           u.region_code in (left(c.region_code, 4), left(c.region_code, 6), left(c.region_code, 9),
                             left(c.region_code, 12))
           or (length(c.region_code) < 12 and starts_with(u.region_code, c.region_code)))
   where u.kind <> 'centre')
select k.*, (select count(*) from cases o where o.city = %(city)s and o.state in ('dispatched', 'signed')
               and (o.assignee_post_id = k.post_id
                    or (o.assignee_post_id is null and o.lead_unit_id = k.unit_id))) as open_tasks
from candidates k order by nearness, not on_duty, region_code, name limit 200
"""
