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
