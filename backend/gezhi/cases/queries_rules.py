"""The hand-written statements of routing rules."""

from __future__ import annotations

from gezhi.cases.workflow import OPEN, PAST

RULES = """
select r.*, u.name as unit_name, u.name_en as unit_name_en, pu.name as post_name, p.role, p.region_code as post_region
from routing_rules r
left join units u on u.id = r.to_unit_id
left join posts p on p.id = r.to_post_id left join users pu on pu.id = p.user_id
where r.city = %(city)s and (%(id)s::uuid is null or r.id = %(id)s) order by r.position, r.id
"""

# What a rule names and the city does not have. A desk that lies beside the rule's place would never be asked, and what
# grid workers may not be given goes to none of their posts.
FAULTS = """
select array_remove(array[
  case when %(place)s::text is not null and not exists (
         select from regions where code = %(place)s and starts_with(code, %(city)s)) then 'place' end,
  case when %(matter_kind)s::text is not null and not exists (
         select from city_matters where city = %(city)s and kind = %(matter_kind)s and code = %(matter_code)s)
       then 'matter' end,
  case when %(group_key)s::text is not null and not exists (
         select from matter_groups where city = %(city)s and key = %(group_key)s) then 'group' end,
  case when %(to_unit_id)s::uuid is not null and not exists (
         select from units where city = %(city)s and id = %(to_unit_id)s) then 'to_unit_id' end,
  case when %(to_post_id)s::uuid is not null and not exists (
         select from posts p where p.city = %(city)s and p.id = %(to_post_id)s
            and (p.ends_on is null or p.ends_on >= city_date_v1(now_v1()))
            and (length(p.region_code) < 15 or not exists (
                   select from city_matters where city = %(city)s and kind = %(matter_kind)s and code = %(matter_code)s
                      and admitted <> 'admitted'))) then 'to_post_id' end,
  case when %(to_desk)s::text is not null and (
         not exists (select from units where city = %(city)s and kind = 'centre' and region_code = %(to_desk)s)
         or not (starts_with(%(place)s, %(to_desk)s) or starts_with(%(to_desk)s, coalesce(%(place)s, ''))))
       then 'to_desk' end], null)
"""

ADD = """
insert into routing_rules as r (city, id, position, name, active, place, matter_kind, matter_code, group_key, channel,
  opens, closes, weekdays, contains, reporter_kind, urgency, to_unit_id, to_post_id, to_desk, updated_at)
select %(city)s, %(id)s, coalesce((select max(position) from routing_rules where city = %(city)s), 0) + 1, %(name)s,
  %(active)s, %(place)s, %(matter_kind)s, %(matter_code)s, %(group_key)s, %(channel)s, %(opens)s, %(closes)s,
  %(weekdays)s, %(contains)s, %(reporter_kind)s, %(urgency)s, %(to_unit_id)s, %(to_post_id)s, %(to_desk)s, now_v1()
returning to_jsonb(r)
"""

CHANGE = """
update routing_rules r set name = %(name)s, active = %(active)s, place = %(place)s, matter_kind = %(matter_kind)s,
  matter_code = %(matter_code)s, group_key = %(group_key)s, channel = %(channel)s, opens = %(opens)s,
  closes = %(closes)s, weekdays = %(weekdays)s, contains = %(contains)s, reporter_kind = %(reporter_kind)s,
  urgency = %(urgency)s, to_unit_id = %(to_unit_id)s, to_post_id = %(to_post_id)s, to_desk = %(to_desk)s,
  updated_at = now_v1()
where city = %(city)s and id = %(id)s returning to_jsonb(r)
"""

LOCK = "select to_jsonb(r) from routing_rules r where city = %(city)s and id = %(id)s for update"

REMOVE = "delete from routing_rules where city = %(city)s and id = %(id)s"

LOCK_ORDER = "select id from routing_rules where city = %(city)s order by position, id for update"

ORDER = """
update routing_rules r set position = o.position
from unnest(%(ids)s::uuid[]) with ordinality as o (id, position) where r.city = %(city)s and r.id = o.id
"""

_NEWEST = "order by c.created_at desc, c.id desc limit %(most)s"  # in the order of an index

# Where the rules send each of the last cases: as they stand in this transaction, at the moment of its report. One whose
# matter or place is not certain is the desk's, whatever the rules say.
ROUTED = f"""
select (k.item).id, (k.item).number, (k.item).region_code, (k.item).confidentiality, r.post_id, r.unit_id,
  coalesce(r.level, least(length((k.item).region_code), 12)) as level
from (
  select c as item, (c).created_at from (
    (select c from cases c where c.city = %(city)s and c.state in {OPEN} {_NEWEST})
    union all
    (select c from cases c where c.city = %(city)s and c.state in {PAST} {_NEWEST})
  ) found (c) order by created_at desc limit %(most)s) k
left join lateral route_case_v1(k.item, k.created_at) r
  on (k.item).matter_code is not null and length((k.item).region_code) = 15 and (k.item).place_quality <> 'unsure'
order by k.created_at desc, (k.item).id desc
"""  # noqa: S608

NAMES = """
select p.id, u.name, null as name_en, p.role, p.region_code from posts p join users u on u.id = p.user_id
 where p.id = any (%(ids)s::uuid[])
union all
select id, name, name_en, null, region_code from units where id = any (%(ids)s::uuid[])
"""
