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
  %(occurred_at)s, %(elapsed)s::int, %(content)s, %(photos)s::bytea[], %(lng)s::float8, %(lat)s::float8,
  %(accuracy)s::real)
"""

NOTE = """
select note_v1(%(city)s, %(receipt)s, %(secret)s::bytea, %(phone)s::bytea, %(uploader)s, %(id)s, %(hmac)s, %(row)s,
  %(occurred_at)s, %(elapsed)s::int, %(content)s, %(photos)s::bytea[], %(days)s)
"""

NOW = "(select now_v1())"  # once a statement, not once a row

SETTLE = """
select settle_v1(%(city)s, %(case_id)s, %(author)s, %(user)s, %(occurred_at)s, %(content)s, %(photos)s::bytea[])
"""

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
  first.body = 'null' as erased,
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

# The first who reported a case, as the vault keeps them (people.vault); all null when they left nothing.
REPORTER = """
  told.hidden as reporter_hidden, told.reporter_id, told.key_id as reporter_key, told.name as reporter_name,
  told.phone as reporter_phone
"""
REPORTER_JOIN = """
  left join lateral (
    select r.hidden, r.reporter_id, v.key_id, v.name, v.phone
      from reports r left join personal_data v on v.city = r.city and v.id = r.reporter_id
     where r.city = c.city and r.case_id = c.id and not r.joined order by r.created_at limit 1) told on true
"""

WHOSE_CASE = f"""
select c.id, r.relations, {REPORTER} from cases c {REPORTER_JOIN}
cross join lateral (select array_agg(relation) as relations from relations_v1(c, %(user)s, now_v1())) r
where c.city = %(city)s and c.id = %(id)s and r.relations is not null
"""  # noqa: S608

DETAIL = f"""
select {ITEM}, {REPORTER}, r.relations, (r.relations ->> 'verifier')::uuid as verifier_post, m.fence_m, m.dispute,
  barred_v1(c, now_v1()) as barred,
  (select count(*) from events e where e.city = c.city and e.case_id = c.id and e.action = 'mediate'
      and (e.facts ->> 'mediated_at_level')::int = c.level) as mediations,
  (select count(*) from reports r where r.city = c.city and r.case_id = c.id) as reports,
  (select e.facts ->> 'why' from events e where e.city = c.city and e.case_id = c.id
     and e.facts ->> 'why' is not null order by e.seq desc limit 1) as why
from cases c {JOINS} {REPORTER_JOIN}
left join city_matters m on m.city = c.city and m.kind = c.matter_kind and m.code = c.matter_code
cross join lateral (select jsonb_object_agg(relation, post_id) as relations from relations_v1(c, %(user)s, now_v1())) r
where c.city = %(city)s and c.id = any (%(ids)s::uuid[]) and r.relations is not null
"""  # noqa: S608

TIMELINE = """
select e.case_id, e.seq, e.action, e.at, e.occurred_at, e.actor_kind, e.facts, e.state,
  case when b.body = 'null' then '{"erased": true}' else b.body end as body, p.role, u.name,
  ap.role as to_role, au.name as to_name, tu.name as to_unit, tu.name_en as to_unit_en
from events e
left join event_bodies b on b.city = e.city and b.case_id = e.case_id and b.seq = e.seq
left join posts p on p.id = e.actor_post_id
left join users u on u.id = e.actor_user_id
left join posts ap on ap.id = (e.facts ->> 'assignee_post')::uuid
left join users au on au.id = ap.user_id
left join units tu on tu.id = (e.facts ->> 'lead_unit')::uuid
where e.city = %(city)s and e.case_id = any (%(ids)s::uuid[]) order by e.case_id, e.seq
"""

# What is open on a case; the reason of a request is in the body of the event that asked.
TASKS = """
select t.*, u.name as person, n.name as unit_name, n.name_en as unit_name_en, b.body ->> 'reason' as reason
from tasks t
left join posts p on p.id = t.post_id
left join users u on u.id = p.user_id
left join units n on n.id = t.unit_id
left join event_bodies b on b.city = t.city and b.case_id = t.case_id and b.seq = t.asked_seq
where t.city = %(city)s and t.case_id = any (%(ids)s::uuid[]) and t.closed_at is null order by t.opened_at, t.id
"""

# Of the photos that cases name, those that the case's own people have sent: a hash known from elsewhere opens nothing
# (rule P8).
OWN_PHOTOS = """
select named.case_id, encode(named.sha256, 'hex') as sha256
from unnest(%(cases)s::uuid[], %(photos)s::bytea[]) named (case_id, sha256)
where exists (
  select from uploads u
   where u.city = %(city)s and u.sha256 = named.sha256 and (u.case_id = named.case_id or u.author in (
     select author from reports where city = %(city)s and case_id = named.case_id
     union select 'user:' || actor_user_id from events
            where city = %(city)s and case_id = named.case_id and actor_user_id is not null
     union select author from commands where city = %(city)s and case_id = named.case_id)))
"""

# The course of a report; `own` are the events by which its reporter spoke.
COURSE = """
select c.*, r.receipt_code, r.created_at as reported_at, p.mine,
  array(select e.seq from events e where e.city = c.city and e.case_id = c.id and case when r.joined
          then e.action = 'join' and e.at = r.created_at else e.seq = 1 end
        union all
        select k.seq from commands k where k.city = c.city and k.case_id = c.id and k.seq is not null
           and k.author = 'receipt:' || r.receipt_code) as own,
  case when p.mine then reporter_relations_v1(c, r, %(days)s, now_v1()) else '{}' end as relations,
  barred_v1(c, now_v1()) as barred
from reports r join cases c on c.city = r.city and c.id = r.case_id,
  lateral (select coalesce(r.secret_hash = %(secret)s, false) or coalesce(r.phone_hmac = %(phone)s, false) as mine) p
where r.city = %(city)s and r.receipt_code = %(receipt)s
"""

# What was refused because the case had moved on, with its content (rule C6), and has not been adopted since.
NOT_ADOPTED = """
select k.id, k.action, k.refused, k.content, k.created_at, u.name as person
from commands k left join users u on k.author = 'user:' || u.id
where k.city = %(city)s and k.case_id = %(id)s and k.refused is not null
  and (%(author)s::text is null or k.author = %(author)s)
  and not exists (select from events e where e.city = k.city and e.case_id = k.case_id and e.action = 'adopt'
                     and e.facts ->> 'command' = k.id::text)
order by k.created_at, k.id
"""

# Who could take a case: the posts of its grid, its neighbours in the community, the units of the regions above, and the
# desks below the one it waits for (下派). A case that is not placed in a community yet is for a unit of any region
# below what is known. `offer` asks for posts alone, `units` for units alone, `expert` for experts, `delegate` for the
# posts, squads and contractors of the unit that has it.
ASSIGNEES = """
with c as (select * from cases where city = %(city)s and id = %(id)s),
holders as (
  select p.id, p.role, p.unit_id, p.region_code, u.name
    from c join posts p on p.city = c.city join users u on u.id = p.user_id
   where p.starts_on <= city_date_v1(now_v1()) and (p.ends_on is null or p.ends_on >= city_date_v1(now_v1()))
     and (p.region_code between left(c.region_code, 12) and left(c.region_code, 12) || '999'
          or p.unit_id = c.lead_unit_id or p.role = 'expert')),
candidates as (
  select p.id as post_id, null::uuid as unit_id, p.role, p.name, p.region_code,
         case when p.region_code = c.region_code then 1 else 2 end as nearness, on_duty_v1(p.id, now_v1()) as on_duty
    from c, holders p
   where case %(purpose)s
           when 'delegate' then p.unit_id = c.lead_unit_id
           when 'expert' then p.role = 'expert'
           when 'units' then false
           else length(c.region_code) >= 12 and p.unit_id is null
                and p.role in ('grid_worker', 'grid_leader', 'assistant')
                and p.region_code between left(c.region_code, 12) and left(c.region_code, 12) || '999' end
  union all
  select null, u.id, null, u.name, u.region_code, 3, exists (
           select from posts p where p.unit_id = u.id and on_duty_v1(p.id, now_v1()))
    from c join units u on u.city = c.city
   where case %(purpose)s
           when 'delegate' then u.parent_unit_id = c.lead_unit_id
           when 'assign' then u.kind <> 'centre'
                              or (length(u.region_code) > c.level and starts_with(c.region_code, u.region_code))
           else %(purpose)s = 'units' and u.kind <> 'centre' end
     and (%(purpose)s = 'delegate'
          or u.region_code in (left(c.region_code, 4), left(c.region_code, 6), left(c.region_code, 9),
                               left(c.region_code, 12))
          or (length(c.region_code) < 12 and starts_with(u.region_code, c.region_code))))
select k.*, (select count(*) from cases o where o.city = %(city)s and o.state in ('dispatched', 'signed')
               and (o.assignee_post_id = k.post_id
                    or (o.assignee_post_id is null and o.lead_unit_id = k.unit_id))) as open_tasks
from candidates k order by nearness, not on_duty, region_code, name limit 200
"""
