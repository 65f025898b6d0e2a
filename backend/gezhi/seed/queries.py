"""The SQL of the demo's seed, named like functions."""

LOCK = "select pg_advisory_lock(hashtext('gezhi demo seed'))"

LOOK = """
select exists (select from regions where not demo) or exists (select from units where not demo),
       exists (select from users where city = %(city)s and demo and account is not null)
"""

REGIONS_UNDER = """
select code, name from regions where level = %(level)s and code like %(under)s || '%%' order by code
"""

COPY_UNITS = "copy units (id, city, kind, function, region_code, name, name_en, parent_unit_id, demo) from stdin"
COPY_USERS = "copy users (id, city, account, name, totp_required, demo) from stdin"
COPY_POSTS = "copy posts (id, city, user_id, role, unit_id, region_code, starts_on, demo) from stdin"
COPY_DUTY_HOURS = "copy duty_hours (post_id, opens, closes, weekdays) from stdin"

RENEW_ACCOUNT = "update users set password_hash = %s, failed_tries = 0, locked_until = null where account = %s and demo"
HASH_OF_ACCOUNT = "select password_hash from users where account = %s and demo"

# The demo's maps open where its named worker works, so that a first report by hand finds somebody who answers.
OPEN_AT = """
update regions city set point = home.point from regions home where city.code = %(city)s and home.code = %(home)s
"""

ANALYZE = "analyze regions, units, users, posts, duty_hours, matters, city_matters, working_spans"
