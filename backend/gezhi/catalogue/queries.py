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
                          photo_report, photo_handle, verification, fence_m)
values (%(city)s, %(kind)s, %(code)s, %(group)s, %(category)s, %(urgency)s, %(confidentiality)s, %(admitted)s,
        %(photo_report)s, %(photo_handle)s, %(verification)s, %(fence_m)s::smallint)
on conflict (city, kind, code) do update set
  group_key = excluded.group_key, category_key = excluded.category_key, urgency = excluded.urgency,
  confidentiality = excluded.confidentiality, admitted = excluded.admitted, photo_report = excluded.photo_report,
  photo_handle = excluded.photo_handle, verification = excluded.verification, fence_m = excluded.fence_m
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
        "copy limits (city, kind, code, urgency, step, amount, unit) from stdin",
    ),
    "working_spans": (
        "delete from working_spans where city = %(city)s",
        "copy working_spans (city, starts_at, ends_at, worked_before, provisional) from stdin",
    ),
}
"""Tables a city's rows of which are replaced whole: how to empty and how to fill them."""

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
