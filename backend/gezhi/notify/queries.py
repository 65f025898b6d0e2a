"""The SQL of notify."""

# Who is told of each addressing: a post, or the posts on duty of a unit (those who work there) or of a region's desk.
# When none of them is on duty they all find it in their list. `awake`: may be paged now; off duty only by what is
# urgent (P6).
RECIPIENTS = """
with told as (
  select * from unnest(
    %(case_ids)s::uuid[], %(seqs)s::int[], %(kinds)s::text[], %(posts)s::uuid[], %(units)s::uuid[], %(desks)s::text[]
  ) as told (case_id, seq, kind, post_id, unit_id, desk)
), candidate as (
  select told.case_id, told.seq, told.kind, told.post_id is not null as named, post.id as post_id, post.user_id
    from told join posts post on post.id = told.post_id
  union all
  select told.case_id, told.seq, told.kind, false, post.id, post.user_id
    from told join posts post on post.unit_id = told.unit_id
         and post.role in ('handler', 'responder', 'dispatcher', 'duty_leader', 'mediator')
   where told.post_id is null
  union all
  select told.case_id, told.seq, told.kind, false, post.id, post.user_id
    from told
    join units unit on unit.region_code = told.desk and unit.kind = 'centre'
    join posts post on post.unit_id = unit.id and post.role in ('dispatcher', 'duty_leader')
   where told.post_id is null and told.unit_id is null
), checked as (
  select candidate.*, on_duty_v1(candidate.post_id, now()) as on_duty, matter.urgency <> 'ordinary' as urgent
    from candidate
    join posts post on post.id = candidate.post_id and post.city = %(city)s
     and city_date_v1(now()) between post.starts_on and coalesce(post.ends_on, 'infinity')
    join users on users.id = candidate.user_id and users.disabled_at is null
    join cases matter on matter.city = %(city)s and matter.id = candidate.case_id
), group_on_duty as (
  select case_id, seq, kind, bool_or(on_duty) as somebody from checked group by case_id, seq, kind
)
select case_id, seq, kind, user_id, bool_or(on_duty or urgent) as awake
  from checked join group_on_duty using (case_id, seq, kind)
 where named or on_duty or not somebody
 group by case_id, seq, kind, user_id
"""

# One row a new notification; what was told before is left out, so reading an event twice changes nothing.
INSERT_NOTIFICATIONS = """
insert into notifications (city, user_id, id, case_id, seq, kind)
select %(city)s, told.*
  from unnest(%(users)s::uuid[], %(ids)s::uuid[], %(case_ids)s::uuid[], %(seqs)s::int[], %(kinds)s::text[]) as told
on conflict (city, user_id, case_id, seq, kind) do nothing
returning user_id, id
"""

SUBSCRIPTIONS_OF = "select user_id, id from subscriptions where city = %(city)s and user_id = any(%(users)s)"

_FACTS = """
  case_.version, case_.state, case_.due_at, case_.urgency, case_.confidentiality = 'sensitive' as sensitive,
  event.action, event.version as told_version,
  matter.name as matter, matter.name_en as matter_en, category.name as category, category.name_en as category_en,
  case when region.level = 15 and not starts_with(region.name, parent.name) then parent.name || region.name
       else region.name end as place
"""
_FACT_TABLES = """
  join cases case_ on case_.city = told.city and case_.id = told.case_id
  join events event on event.city = told.city and event.case_id = told.case_id and event.seq = told.seq
  left join matters matter on matter.kind = case_.matter_kind and matter.code = case_.matter_code
  left join resident_categories category on category.city = told.city and category.key = case_.category_key
  left join regions region on region.code = case_.region_code
  left join regions parent on parent.code = region.parent
"""

# What a push job needs of each of its messages. A browser that belongs to somebody else by now gets no row.
# `offset 0` keeps the planner to the order that is always right: message by message, by primary key.
MESSAGES = f"""
select told.id, told.user_id, told.kind, told.case_id, told.created_at, {_FACTS},
       browser.id as subscription, browser.endpoint, browser.p256dh, browser.auth, browser.language
  from unnest(%(users)s::uuid[], %(ids)s::uuid[], %(subscriptions)s::uuid[]) as message (user_id, id, subscription)
  cross join lateral (
    select * from notifications one
     where one.city = %(city)s and one.user_id = message.user_id and one.id = message.id offset 0) told
  cross join lateral (
    select * from subscriptions one
     where one.city = %(city)s and one.user_id = message.user_id and one.id = message.subscription offset 0) browser
  {_FACT_TABLES}
"""  # noqa: S608

NOTIFICATIONS = f"""
with told as materialized (
  select * from notifications
   where city = %(city)s and user_id = %(user)s and (%(before)s::uuid is null or id < %(before)s)
   order by id desc limit %(limit)s
)
select told.id, told.kind, told.case_id, told.created_at, told.seen_at, {_FACTS}
  from told {_FACT_TABLES}
 order by told.id desc
"""  # noqa: S608

SEEN = """
update notifications set seen_at = coalesce(seen_at, now())
 where city = %(city)s and user_id = %(user)s and id = %(id)s returning id
"""

PUSHED = """
update notifications set pushed_at = coalesce(pushed_at, now())
  from unnest(%(users)s::uuid[], %(ids)s::uuid[]) as sent (user_id, id)
 where notifications.city = %(city)s and notifications.user_id = sent.user_id and notifications.id = sent.id
"""

# A browser belongs to who signed in on it last; its id stays.
SUBSCRIBE = """
insert into subscriptions (city, endpoint_hash, id, user_id, endpoint, p256dh, auth, device, language)
values (%(city)s, %(hash)s, %(id)s, %(user)s, %(endpoint)s, %(p256dh)s, %(auth)s, %(device)s, %(language)s)
on conflict (city, endpoint_hash) do update
   set user_id = excluded.user_id, p256dh = excluded.p256dh, auth = excluded.auth, device = excluded.device,
       language = excluded.language
returning id
"""

# A user keeps the newest browsers; without a limit one account could make us send without end.
TRIM_SUBSCRIPTIONS = """
delete from subscriptions
 where city = %(city)s and user_id = %(user)s and id not in (
   select id from subscriptions where city = %(city)s and user_id = %(user)s
    order by created_at desc, id limit %(keep)s)
"""

UNSUBSCRIBE = "delete from subscriptions where city = %(city)s and endpoint_hash = %(hash)s and user_id = %(user)s"

FORGET = """
delete from subscriptions
 using unnest(%(users)s::uuid[], %(subscriptions)s::uuid[]) as gone (user_id, id)
 where subscriptions.city = %(city)s and subscriptions.user_id = gone.user_id and subscriptions.id = gone.id
"""
