"""The SQL of the catalogue, named like functions."""

UPSERT_MATTER = """
insert into matters (kind, code, name, name_en, category_code, category)
values (%(kind)s, %(code)s, %(name)s, %(name_en)s, %(category_code)s, %(category)s)
on conflict (kind, code) do update set
  name = excluded.name, name_en = coalesce(excluded.name_en, matters.name_en),
  category_code = excluded.category_code, category = excluded.category
"""

UPSERT_GROUP = """
insert into matter_groups (city, key, position, name, name_en)
values (%(city)s, %(key)s, %(position)s, %(name)s, %(name_en)s)
on conflict (city, key) do update set
  position = excluded.position, name = excluded.name, name_en = excluded.name_en
"""

UPSERT_CITY_MATTER = """
insert into city_matters (city, kind, code, group_key, category_key, urgency, confidentiality, admitted,
                          photo_report, photo_handle, verification, dispute, fence_m)
values (%(city)s, %(kind)s, %(code)s, %(group)s, %(category)s, %(urgency)s, %(confidentiality)s, %(admitted)s,
        %(photo_report)s, %(photo_handle)s, %(verification)s, %(dispute)s::boolean,
        %(fence_m)s::smallint)
on conflict (city, kind, code) do update set
  group_key = excluded.group_key, category_key = excluded.category_key, urgency = excluded.urgency,
  confidentiality = excluded.confidentiality, admitted = excluded.admitted, photo_report = excluded.photo_report,
  photo_handle = excluded.photo_handle, verification = excluded.verification, dispute = excluded.dispute,
  fence_m = excluded.fence_m
"""

TURN_OFF_OTHERS = """
delete from city_matters m
where m.city = %(city)s
  and not exists (select from unnest(%(kinds)s::text[], %(codes)s::text[]) kept (kind, code)
                  where (kept.kind, kept.code) = (m.kind, m.code))
"""

DELETE_CATEGORIES = "delete from resident_categories where city = %(city)s"

INSERT_CATEGORY = """
insert into resident_categories (city, key, position, name, name_en, hint, hint_en, matter_kind, matter_code, photo)
values (%(city)s, %(key)s, %(position)s, %(name)s, %(name_en)s, %(hint)s, %(hint_en)s, %(kind)s, %(code)s, %(photo)s)
"""

COPIES = {
    "responsibilities": (
        "delete from responsibilities where city = %(city)s",
        "copy responsibilities (city, kind, code, level, function) from stdin",
    ),
    "limits": (
        "delete from limits where city = %(city)s",
        "copy limits (city, profile, kind, code, urgency, urban, step, amount, unit) from stdin",
    ),
    "region_profiles": (
        "delete from region_profiles where city = %(city)s",
        "copy region_profiles (city, region_code, profile) from stdin",
    ),
    "working_hours": (
        "delete from working_hours where city = %(city)s",
        "copy working_hours (city, opens, closes) from stdin",
    ),
}
"""Tables a city's rows of which are replaced whole: how to empty and how to fill them."""

UPSERT_DAYS = """
insert into calendar_days (city, day, working, provisional)
select %(city)s, * from unnest(%(day)s::date[], %(working)s::boolean[], %(provisional)s::boolean[])
on conflict (city, day) do update set
  working = case when calendar_days.edited then calendar_days.working else excluded.working end,
  provisional = excluded.provisional
"""

REBUILD_SPANS = "select rebuild_spans_v1(%(city)s)"

WORKING_DAY = "select unit_seconds_v1('working_day')"

CALENDAR_OF_YEAR = """
select day, working, provisional, edited from calendar_days
where city = %(city)s and extract(year from day) = %(year)s order by day
"""

WORKING_HOURS = "select opens, closes from working_hours where city = %(city)s order by opens"

CALENDAR_YEARS = """
select extract(year from min(day))::int, extract(year from max(day))::int from calendar_days where city = %(city)s
"""

EDIT_DAY = """
update calendar_days new set working = %(working)s, edited = true
from (select working from calendar_days where city = %(city)s and day = %(day)s for update) old
where new.city = %(city)s and new.day = %(day)s
returning new.provisional, old.working
"""

LIMITS = """
select json_build_object(
  'profiles', (select coalesce(json_agg(json_build_object('region_code', region_code, 'profile', profile)
                               order by region_code), '[]')
               from region_profiles where city = %(city)s),
  'limits', (select coalesce(json_agg(json_build_object(
               'profile', profile, 'kind', nullif(kind, '*'), 'code', nullif(code, '*'),
               'urgency', nullif(urgency, '*'), 'urban', nullif(urban, '*'), 'step', step,
               'amount', amount, 'unit', unit)
               order by profile, array_position(%(steps)s::text[], step), kind <> '*', kind, code, urgency, urban),
               '[]')
             from limits where city = %(city)s))
"""

CATALOGUE = """
select json_build_object(
  'matters', (select coalesce(json_agg(json_build_array(kind, code, name, name_en) order by kind, code), '[]')
              from matters),
  'groups', (select coalesce(json_agg(json_build_object('key', key, 'name', name, 'name_en', name_en)
                             order by position), '[]')
             from matter_groups where city = %(city)s),
  'city_matters', (select coalesce(json_agg(json_build_object(
                     'kind', m.kind, 'code', m.code, 'name', l.name, 'name_en', l.name_en, 'group', m.group_key,
                     'category', m.category_key, 'photo_report', m.photo_report, 'photo_handle', m.photo_handle,
                     'verification', m.verification, 'urgency', m.urgency, 'confidentiality', m.confidentiality)
                     order by g.position, c.position, m.kind, m.code), '[]')
                   from city_matters m join matters l using (kind, code)
                   join matter_groups g on (g.city, g.key) = (m.city, m.group_key)
                   left join resident_categories c on (c.city, c.key) = (m.city, m.category_key)
                   where m.city = %(city)s),
  'categories', (select coalesce(json_agg(json_build_object(
                   'key', c.key, 'name', c.name, 'name_en', c.name_en, 'hint', c.hint, 'hint_en', c.hint_en,
                   'kind', c.matter_kind, 'code', c.matter_code,
                   'photo', case coalesce(m.photo_report, c.photo) when 'required' then 'required' else 'optional' end,
                   'urgency', coalesce(m.urgency, 'ordinary')) order by c.position), '[]')
                 from resident_categories c
                 left join city_matters m on (m.city, m.kind, m.code) = (c.city, c.matter_kind, c.matter_code)
                 where c.city = %(city)s))
"""
