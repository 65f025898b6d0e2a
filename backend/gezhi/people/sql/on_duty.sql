-- The date in the city's zone: posts begin and end with the city's day.
create or replace function city_date_v1(p_at timestamptz) returns date language sql immutable as $$
  select (p_at at time zone 'Asia/Shanghai')::date
$$;

-- Whether a post is on duty at a moment: its weekly hours cover it and no absence does (rule P6).
create or replace function on_duty_v1(p_post uuid, p_at timestamptz) returns boolean language plpgsql stable as $$
declare
  v_local timestamp := p_at at time zone 'Asia/Shanghai';
  v_day int := 1 << (extract(isodow from v_local)::int - 1);
  v_minute int := extract(hour from v_local)::int * 60 + extract(minute from v_local)::int;
begin
  return exists (select from duty_hours
                  where post_id = p_post and weekdays & v_day <> 0 and opens <= v_minute and closes > v_minute)
     and not exists (select from absences where post_id = p_post and starts_at <= p_at and ends_at > p_at);
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
