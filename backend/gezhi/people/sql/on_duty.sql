-- The date in the city's zone: posts begin and end with the city's day.
create or replace function city_date_v1(p_at timestamptz) returns date language sql immutable as $$
  select (p_at at time zone 'Asia/Shanghai')::date
$$;

-- Whether a post is on duty at a moment: its weekly hours cover it and no absence does (rule P6).
create or replace function on_duty_v1(p_post uuid, p_at timestamptz) returns boolean language sql stable as $$
  select exists (
    select from duty_hours, lateral (select p_at at time zone 'Asia/Shanghai' as local) l
     where post_id = p_post
       and (weekdays >> (extract(isodow from local)::int - 1)) & 1 = 1
       and extract(hour from local)::int * 60 + extract(minute from local)::int between opens and closes - 1
  ) and not exists (select from absences where post_id = p_post and starts_at <= p_at and ends_at > p_at)
$$;

-- The desk that receives for a region: the lowest attended centre upwards from the community; the city's always is (P6).
create or replace function attended_desk_v1(p_city text, p_region text, p_at timestamptz) returns text
language sql stable as $$
  select coalesce((
    select u.region_code from units u
     where u.function = 'centre' and u.region_code in (left(p_region, 12), left(p_region, 9), left(p_region, 6))
       and exists (
         select from posts p
          where p.unit_id = u.id and p.role in ('dispatcher', 'duty_leader')
            and p.starts_on <= city_date_v1(p_at) and (p.ends_on is null or p.ends_on >= city_date_v1(p_at)) and on_duty_v1(p.id, p_at))
     order by length(u.region_code) desc limit 1), p_city)
$$;
