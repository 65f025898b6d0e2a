-- This moment. A session that sets `gezhi.now` lives at that moment: tests and simulations drive time by it; the
-- application's own sessions never set it.
create or replace function now_v1() returns timestamptz language plpgsql stable as $$
begin
  return coalesce(nullif(current_setting('gezhi.now', true), '')::timestamptz, clock_timestamp());
end $$;

-- The date in the city's zone: posts begin and end with the city's day.
create or replace function city_date_v1(p_at timestamptz) returns date language sql immutable as $$
  select (p_at at time zone 'Asia/Shanghai')::date
$$;

-- One row when a post is on duty at a moment, none otherwise (rule P6). On a city day that any shift of the post touches,
-- its shifts alone count, else its weekly hours; an absence always wins. A shift is 24 hours at most, so that two days of
-- them are all there is to look at. One select without settings, so that callers' plans take it in.
create or replace function duty_v1(p_post uuid, p_at timestamptz) returns table (post_id uuid)
language sql stable as $$
  select p_post
   where coalesce(
       (select bool_or(s.starts_at <= p_at and s.ends_at > p_at) from shifts s
         where s.post_id = p_post and s.starts_at > p_at - interval '2 days' and s.starts_at < p_at + interval '1 day'
           and city_date_v1(s.starts_at) <= city_date_v1(p_at)
           and s.ends_at > date_trunc('day', p_at, 'Asia/Shanghai')),
       exists (
         select from duty_hours d
          where d.post_id = p_post
            and d.weekdays & (1 << (date_part('isodow', p_at at time zone 'Asia/Shanghai')::int - 1)) <> 0
            and date_part('epoch', (p_at at time zone 'Asia/Shanghai')::time) >= d.opens * 60
            and date_part('epoch', (p_at at time zone 'Asia/Shanghai')::time) < d.closes * 60))
     and not exists (select from absences a where a.post_id = p_post and a.starts_at <= p_at and a.ends_at > p_at)
$$;

create or replace function on_duty_v1(p_post uuid, p_at timestamptz) returns boolean language plpgsql stable as $$
begin
  return exists (select from duty_v1(p_post, p_at));
end $$;

-- The desk that receives for a region: the lowest attended centre upwards from the community; the city's always is (P6).
create or replace function attended_desk_v1(p_city text, p_region text, p_at timestamptz) returns text
language plpgsql stable as $$
declare
  v_desk text;
  v_today date := city_date_v1(p_at);
begin
  select u.region_code into v_desk from units u join posts p on p.unit_id = u.id
   where u.function = 'centre' and u.region_code in (left(p_region, 12), left(p_region, 9), left(p_region, 6))
     and p.role in ('dispatcher', 'duty_leader')
     and p.starts_on <= v_today and (p.ends_on is null or p.ends_on >= v_today) and on_duty_v1(p.id, p_at)
   order by length(u.region_code) desc limit 1;
  return coalesce(v_desk, p_city);
end $$;
