-- How long steps may take (K1, K2): rows of `limits`, the most exact wins. The rows of the case's profile come before the
-- standard ones; then a row for the matter, for the urgency, for town or country, before one for any. Only when life is in
-- danger (critical) the urgency comes before the matter: no matter's working time holds it up.

drop function if exists first_dues_v1(text, text, text, text, timestamptz);
drop function if exists step_due_v1(text, text, text, text, text, timestamptz);
drop function if exists due_at_v1(text, timestamptz, int, text);
drop function if exists first_limits_v1(text, text, text, text, text, timestamptz);

-- Seconds of a unit of limits; of working units in working time. A working day is 7.5 hours (the loader checks it).
create or replace function unit_seconds_v1(p_unit text) returns int language sql immutable as $$
  select case p_unit when 'minute' then 60 when 'hour' then 3600 when 'day' then 86400
                     when 'working_hour' then 3600 when 'working_day' then 27000 end
$$;

-- When a step that begins now is due, when its light turns yellow (four fifths of its own time gone), and whether it counts
-- working time. All null: the step has no limit.
create or replace function limit_v1(
  p_city text, p_profile text, p_kind text, p_code text, p_urgency text, p_urban text, p_step text, p_from timestamptz,
  out due_at timestamptz, out warn_at timestamptz, out working boolean
) language plpgsql stable as $$
begin
  select after_v1(p_city, p_from, l.seconds, l.working), after_v1(p_city, p_from, l.seconds * 4 / 5, l.working), l.working
    into due_at, warn_at, working
    from (select amount * unit_seconds_v1(unit) as seconds, unit in ('working_hour', 'working_day') as working
            from limits
           where city = p_city and step = p_step and profile in (p_profile, 'standard') and urgency in (p_urgency, '*')
             and urban in (p_urban, '*') and ((kind = p_kind and code = p_code) or (kind = '*' and code = '*'))
           order by profile = 'standard', p_urgency = 'critical' and urgency = '*', kind = '*', urgency = '*', urban = '*' limit 1) l;
end $$;

-- The limits of a new case's first steps, and of those that run beside them (K2), at once: what limit_v1 says of each step.
-- One select without settings, so that callers' plans take it in.
create or replace function report_limits_v1(
  p_city text, p_profile text, p_kind text, p_code text, p_urgency text, p_urban text, p_from timestamptz
) returns table (
  accept_due timestamptz, accept_warn timestamptz, accept_working boolean,
  dispatch_due timestamptz, dispatch_warn timestamptz, dispatch_working boolean,
  sign_due timestamptz, sign_warn timestamptz, sign_working boolean,
  contact_due timestamptz, contact_warn timestamptz, contact_working boolean,
  arrive_due timestamptz, arrive_warn timestamptz, arrive_working boolean
) language sql stable as $$
  select max(due) filter (where step = 'accept'), max(warn) filter (where step = 'accept'),
         bool_or(working) filter (where step = 'accept'),
         max(due) filter (where step = 'dispatch'), max(warn) filter (where step = 'dispatch'),
         bool_or(working) filter (where step = 'dispatch'),
         max(due) filter (where step = 'sign'), max(warn) filter (where step = 'sign'),
         bool_or(working) filter (where step = 'sign'),
         max(due) filter (where step = 'contact'), max(warn) filter (where step = 'contact'),
         bool_or(working) filter (where step = 'contact'),
         max(due) filter (where step = 'arrive'), max(warn) filter (where step = 'arrive'),
         bool_or(working) filter (where step = 'arrive')
    from (select step, working, after_v1(p_city, p_from, seconds, working) as due,
                 after_v1(p_city, p_from, seconds * 4 / 5, working) as warn
            from (select distinct on (step) step, amount * unit_seconds_v1(unit) as seconds,
                         unit in ('working_hour', 'working_day') as working
                    from limits
                   where city = p_city and step in ('accept', 'dispatch', 'sign', 'contact', 'arrive')
                     and profile in (p_profile, 'standard') and urgency in (p_urgency, '*') and urban in (p_urban, '*')
                     and ((kind = p_kind and code = p_code) or (kind = '*' and code = '*'))
                   order by step, profile = 'standard', p_urgency = 'critical' and urgency = '*', kind = '*', urgency = '*', urban = '*') exact) timed
$$;

-- The profile of limits a region runs by (K2): that of the longest code it lies under, else the standard one.
create or replace function profile_of_v1(p_city text, p_region text) returns text language plpgsql stable as $$
begin
  return coalesce((select profile from region_profiles where city = p_city and starts_with(p_region, region_code)
                    order by length(region_code) desc limit 1), 'standard');
end $$;

-- Whether a place is in the main urban area (城乡分类 111, 121 of its community) or elsewhere (K2). What is not known as
-- town counts as country.
create or replace function urban_of_v1(p_region text) returns text language plpgsql stable as $$
begin
  return case when exists (select from regions where code = left(p_region, 12) and urban_class in (111, 121))
              then 'town' else 'country' end;
end $$;
