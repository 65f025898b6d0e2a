-- Working time of a city (K1). `working_spans` is a cumulative table: each stretch of work knows the working seconds before
-- it, so a moment becomes an amount of work by one look-up, and an amount of work a moment. Inside, work is counted in
-- whole microseconds: nothing is rounded on the way there and back.

-- Makes the spans of a city out of its days and hours: the only place that adds them up. Who edits a day or an hour calls
-- this in the same transaction; due times computed afterwards follow, those that were promised before stay.
create or replace function rebuild_spans_v1(p_city text) returns void language plpgsql as $$
begin
  -- Two edits at once take turns: the second sees the first one's day.
  perform pg_advisory_xact_lock(hashtext('working_spans'), hashtext(p_city));
  delete from working_spans where city = p_city;
  insert into working_spans (city, starts_at, ends_at, worked_before, provisional)
  select p_city, (day + opens * interval '1 minute') at time zone 'Asia/Shanghai',
         (day + closes * interval '1 minute') at time zone 'Asia/Shanghai',
         sum((closes - opens) * 60) over (order by day, opens) - (closes - opens) * 60, provisional
    from calendar_days join working_hours using (city) where city = p_city and working;
end $$;

-- Beyond the calendar time is plain, three days for every two worked (36 hours for 7.5, 24 for 5), rather than no time at
-- all. This is where the calendar begins or ends, and the work until there.
create or replace function calendar_edge_v1(p_city text, p_end boolean, out edge timestamptz, out worked bigint)
language plpgsql stable as $$
begin
  if p_end then
    select ends_at, (worked_before + extract(epoch from ends_at - starts_at)) * 1000000 into edge, worked
      from working_spans where city = p_city order by starts_at desc limit 1;
  else
    select starts_at, 0 into edge, worked from working_spans where city = p_city order by starts_at limit 1;
  end if;
  edge := coalesce(edge, 'epoch');
  worked := coalesce(worked, 0);
end $$;

-- Microseconds of work from the calendar's begin to a moment.
create or replace function worked_v1(p_city text, p_at timestamptz) returns bigint language plpgsql stable as $$
declare
  v_span working_spans;
  v_edge record;
begin
  select * into v_span from working_spans where city = p_city and starts_at <= p_at order by starts_at desc limit 1;
  if p_at <= v_span.ends_at
     or (found and exists (select from working_spans where city = p_city and starts_at > p_at)) then
    return (v_span.worked_before + extract(epoch from least(p_at, v_span.ends_at) - v_span.starts_at)) * 1000000;
  end if;
  select * into v_edge from calendar_edge_v1(p_city, v_span.starts_at is not null);
  return v_edge.worked + extract(epoch from p_at - v_edge.edge) * 1000000 * 5 / 24;
end $$;

-- The first moment at which so many seconds of work are done after another; before it when they are negative.
create or replace function working_after_v1(p_city text, p_from timestamptz, p_seconds int) returns timestamptz
language plpgsql stable as $$
declare
  v_target bigint := worked_v1(p_city, p_from) + p_seconds::bigint * 1000000;
  v_at timestamptz;
  v_edge record;
begin
  if p_seconds = 0 then return p_from; end if;
  -- A stretch is never longer than a day, so the one at work now began later than a day ago.
  select starts_at + (v_target - worked_before * 1000000) * interval '1 microsecond' into v_at from working_spans
   where city = p_city and starts_at > case when p_seconds > 0 then p_from - interval '1 day' else '-infinity' end
     and worked_before * 1000000 < v_target
     and v_target <= (worked_before + extract(epoch from ends_at - starts_at)) * 1000000
   order by starts_at limit 1;
  if found then return v_at; end if;
  select * into v_edge from calendar_edge_v1(p_city, v_target > 0);
  return v_edge.edge + (v_target - v_edge.worked) * 24.0 / 5 * interval '1 microsecond';
end $$;

-- So many seconds after a moment, of working or of plain time. One expression, so that callers' plans take it in.
create or replace function after_v1(p_city text, p_from timestamptz, p_seconds int, p_working boolean) returns timestamptz
language sql stable as $$
  select case when p_working then working_after_v1(p_city, p_from, p_seconds) else p_from + p_seconds * interval '1 second' end
$$;

-- Seconds from one moment to another, of working or of plain time; negative backwards. The inverse of after_v1.
create or replace function seconds_between_v1(p_city text, p_from timestamptz, p_to timestamptz, p_working boolean)
returns int language sql stable as $$
  select case when p_working then round((worked_v1(p_city, p_to) - worked_v1(p_city, p_from)) / 1000000.0)
              else round(extract(epoch from p_to - p_from)) end::int
$$;
