-- When a limit runs out (K1). Working time is a cumulative table of spans: find how much was worked before the start,
-- add the limit, find the span in which that much has been worked. A working day is 7.5 hours of it.
create or replace function due_at_v1(p_city text, p_from timestamptz, p_amount int, p_unit text) returns timestamptz
language plpgsql stable as $$
declare
  v_target bigint;
  v_due timestamptz;
begin
  case p_unit
    when 'minute' then return p_from + make_interval(mins => p_amount);
    when 'hour' then return p_from + make_interval(hours => p_amount);
    when 'day' then return p_from + make_interval(days => p_amount);
    else
      select worked_before + extract(epoch from least(greatest(p_from, starts_at), ends_at) - starts_at)::bigint
             + p_amount * case p_unit when 'working_hour' then 3600 else 27000 end
        into v_target from working_spans where city = p_city and starts_at <= p_from order by starts_at desc limit 1;
      select starts_at + make_interval(secs => v_target - worked_before) into v_due from working_spans
       where city = p_city and starts_at > p_from - interval '1 day' and worked_before < v_target
         and starts_at + make_interval(secs => v_target - worked_before) <= ends_at
       order by starts_at limit 1;
      -- Beyond the calendar's end: plain days, three for every two worked, rather than no limit at all.
      return coalesce(v_due, p_from + make_interval(hours => p_amount * case p_unit when 'working_hour' then 5 else 36 end));
  end case;
end $$;

-- The limit of one step for a matter and urgency, as a due time; the most exact row wins. Null: the step has no limit.
create or replace function step_due_v1(p_city text, p_kind text, p_code text, p_urgency text, p_step text, p_from timestamptz)
returns timestamptz language plpgsql stable as $$
declare
  v_limit limits;
begin
  select * into v_limit from limits
   where city = p_city and step = p_step and urgency in (p_urgency, '*')
     and ((kind = p_kind and code = p_code) or (kind = '*' and code = '*'))
   order by (kind <> '*') desc, (urgency <> '*') desc limit 1;
  if not found then return null; end if;
  return due_at_v1(p_city, p_from, v_limit.amount, v_limit.unit);
end $$;

-- The limits of the three steps of a new case at once: one look instead of three on the way in.
create or replace function first_dues_v1(
  p_city text, p_kind text, p_code text, p_urgency text, p_from timestamptz,
  out accept timestamptz, out dispatch timestamptz, out sign timestamptz
) language plpgsql stable as $$
begin
  select max(due) filter (where step = 'accept'), max(due) filter (where step = 'dispatch'),
         max(due) filter (where step = 'sign')
    into accept, dispatch, sign
    from (select distinct on (step) step, due_at_v1(p_city, p_from, amount, unit) as due from limits
           where city = p_city and step in ('accept', 'dispatch', 'sign') and urgency in (p_urgency, '*')
             and ((kind = p_kind and code = p_code) or (kind = '*' and code = '*'))
           order by step, kind = '*', urgency = '*') limited;
end $$;
