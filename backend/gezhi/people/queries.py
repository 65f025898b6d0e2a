"""SQL of people that is written by hand: it runs on every request, or counts tries."""

ACTOR = """
select u.id, u.name, u.account,
       (select coalesce(json_agg(json_build_object(
                 'id', p.id, 'role', p.role, 'unit_id', p.unit_id, 'unit_name', n.name, 'unit_function', n.function,
                 'region_code', p.region_code) order by p.id), '[]')
          from posts p left join units n on n.id = p.unit_id
         where p.user_id = u.id and p.starts_on <= d.today and (p.ends_on is null or p.ends_on >= d.today))
  from sessions s join users u on u.id = s.user_id, (select (now() at time zone 'Asia/Shanghai')::date as today) d
 where s.token_hash = %s and s.ended_at is null and s.expires_at > now() and u.disabled_at is null and u.city = %s
"""
"""The person behind a session's token, with the posts held today. One row or none."""

CREDENTIALS = """
select id, password_hash, totp_secret, totp_required, greatest(0, ceil(extract(epoch from locked_until - now())))::int
  from users where account = %s and city = %s and disabled_at is null
"""
"""What signing in with an account is checked against; the last column is the seconds the account stays locked."""

COUNT_FAILURE = """
update users
   set failed_tries = case when failed_tries + 1 >= %(tries)s then 0 else failed_tries + 1 end,
       locked_until = case when failed_tries + 1 >= %(tries)s then now() + %(lock)s else locked_until end
 where id = %(id)s
"""
"""One more wrong try; the last one locks and starts the count again."""

FORGET_FAILURES = "update users set failed_tries = 0, locked_until = null where id = %s and failed_tries > 0"

USE_TOTP_STEP = """
update users set totp_step = %(step)s where id = %(id)s and (totp_step is null or totp_step < %(step)s) returning id
"""
"""A one-time code is good once (RFC 6238 section 5.2): no row comes back the second time."""

OPEN_SESSION = "insert into sessions (token_hash, user_id, expires_at) values (%s, %s, now() + %s)"

END_SESSION = "update sessions set ended_at = now() where token_hash = %s and ended_at is null returning user_id"

FORGET_SESSIONS = "delete from sessions where expires_at < now() - interval '7 days'"

POSTS_SHOWN = """
select p.id, p.role, n.id as unit_id, n.name as unit_name, n.name_en as unit_name_en,
       r.code, r.level
  from posts p join regions r on r.code = p.region_code left join units n on n.id = p.unit_id
 where p.id = any(%s) order by p.id
"""
"""What a person's own posts are called."""

CITY_SHOWN = """
select r.code, r.name, r.demo, st_xmin(b), st_ymin(b), st_xmax(b), st_ymax(b),
       st_x(r.point), st_y(r.point)
  from regions r, box2d(r.geom) b where r.code = %s
"""
"""The city's name and where it is, WGS-84: bounds, and the point at which its maps open."""

ROLES_TODAY = """
select role from posts, (select (now() at time zone 'Asia/Shanghai')::date as today) d
 where user_id = %s and starts_on <= d.today and (ends_on is null or ends_on >= d.today)
"""

REGION_EXISTS = "select 1 from regions where code = %s"

UNIT_EXISTS = "select 1 from units where id = %s and city = %s"

ADD_USER = """
insert into users (id, city, account, name, password_hash, totp_secret) values (%s, %s, %s, %s, %s, %s)
on conflict (account) do nothing returning id
"""

ADD_POST = """
insert into posts (id, city, user_id, role, unit_id, region_code, starts_on)
values (%s, %s, %s, %s, %s, %s, (now() at time zone 'Asia/Shanghai')::date)
"""

DISABLE_USER = """
update users set disabled_at = now() where account = %s and city = %s and disabled_at is null returning id
"""

END_SESSIONS_OF = "update sessions set ended_at = now() where user_id = %s and ended_at is null"

KEEP_PERSONAL_DATA = """
insert into personal_data (city, id, key_id, name, phone, phone_hmac) values (%s, %s, %s, %s, %s, %s)
"""

PERSONAL_DATA = "select id, key_id, name, phone from personal_data where city = %s and id = %s"
