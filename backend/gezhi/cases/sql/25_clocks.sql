drop function if exists begin_step_v1(cases, text, text, timestamptz, text);

-- The limit of one step of a case from a moment on: when it is due, when its light turns yellow, whether it counts working
-- time (rules K1, K2). All null: the step has no limit.
create or replace function step_limit_v1(
  p_case cases, p_step text, p_from timestamptz, out due_at timestamptz, out warn_at timestamptz, out working boolean
) language plpgsql stable as $$
begin
  select l.due_at, l.warn_at, l.working into due_at, warn_at, working
    from limit_v1(p_case.city, p_case.profile, p_case.matter_kind, p_case.matter_code, p_case.urgency,
                  urban_of_v1(p_case.region_code), p_step, p_from) l;
end $$;

-- The limit of the step that a case is in: whose an ownerless case is has a limit of its own (rule C10).
create or replace function limited_by_v1(p_case cases) returns text language sql immutable as $$
  select case when p_case.ownerless and p_case.step = 'dispatch' then 'ownership' else p_case.step end
$$;

-- Puts a case into a state whose step begins now. A deadline that the desk has set stands for the limit of handling.
create or replace function begin_step_v1(p_case cases, p_state text, p_step text, p_at timestamptz)
returns cases language plpgsql stable as $$
begin
  p_case.state := p_state;
  p_case.step := p_step;
  p_case.step_started_at := p_at;
  p_case.due_at := null;
  p_case.warn_at := null;
  if p_step = 'external' then
    p_case.due_at := p_case.external_deadline;
  elsif p_step = 'handle' and p_case.deadline is not null then
    p_case.due_at := p_case.deadline;
  elsif p_step is not null then
    select due_at, warn_at into p_case.due_at, p_case.warn_at from step_limit_v1(p_case, limited_by_v1(p_case), p_at);
    return p_case;
  end if;
  p_case.warn_at := p_at + 0.8 * (p_case.due_at - p_at);
  return p_case;
end $$;

-- Brings the clocks of a case to its new row: stops what has ended and starts what begins. `p_done` is when it was done by
-- the device. Clocks of contact and arrival run beside the step's own.
create or replace function turn_clocks_v1(p_before cases, p_case cases, p_at timestamptz, p_done timestamptz) returns void
language plpgsql as $$
declare
  v_arrive record;
begin
  if p_case.state in ('closed', 'rejected', 'merged', 'withdrawn', 'void') then
    update clocks set stopped_at = p_at, done_at = p_done
     where city = p_case.city and case_id = p_case.id and stopped_at is null;
    return;
  end if;
  -- What the system does in answer begins at the same moment: there the step tells that a new one has begun.
  if p_case.step_started_at is distinct from p_before.step_started_at
     or (p_case.step is distinct from p_before.step and 'suspended' not in (p_before.state, p_case.state)) then
    update clocks set stopped_at = p_at, done_at = p_done
     where city = p_case.city and case_id = p_case.id and stopped_at is null and step <> 'contact'
       and (step <> 'arrive' or p_case.state <> 'signed');
    insert into clocks (city, case_id, step, round, started_at, due_at, warn_at, working)
    select p_case.city, p_case.id, p_case.step, coalesce(max(round), 0) + 1, p_at, p_case.due_at, p_case.warn_at,
           coalesce(p_case.step <> 'external' and (p_case.step <> 'handle' or p_case.deadline is null)
                    and (select working from step_limit_v1(p_case, limited_by_v1(p_case), p_at)), false)
      from clocks where city = p_case.city and case_id = p_case.id and step = p_case.step;
    if p_case.state = 'dispatched' and p_case.assignee_post_id is not null then
      select * into v_arrive from step_limit_v1(p_case, 'arrive', p_at);
      if v_arrive.due_at is not null then
        insert into clocks (city, case_id, step, round, started_at, due_at, warn_at)
        select p_case.city, p_case.id, 'arrive', coalesce(max(round), 0) + 1, p_at, v_arrive.due_at, v_arrive.warn_at
          from clocks where city = p_case.city and case_id = p_case.id and step = 'arrive';
      end if;
    end if;
  elsif p_case.step is not null and p_case.due_at is distinct from p_before.due_at then
    update clocks set due_at = p_case.due_at, warn_at = p_case.warn_at
     where city = p_case.city and case_id = p_case.id and step = p_case.step and stopped_at is null;
  end if;
end $$;

-- Stops a clock that runs beside the step's own, at the first contact or arrival.
create or replace function stop_beside_v1(p_case cases, p_step text, p_at timestamptz, p_done timestamptz) returns void
language sql as $$
  update clocks set stopped_at = p_at, done_at = p_done
   where city = p_case.city and case_id = p_case.id and step = p_step and stopped_at is null
$$;

-- Suspended, a clock stands still (rule K1) unless it is one of the rapid profile's or of the resident's wait (rule K2).
-- The case remembers where to go on, and is due on the day it resumes.
create or replace function suspend_v1(p_case cases, p_until timestamptz, p_at timestamptz) returns cases language plpgsql as $$
begin
  update clocks set paused_at = p_at, due_left = seconds_between_v1(city, p_at, due_at, working),
                    warn_left = seconds_between_v1(city, p_at, warn_at, working)
   where city = p_case.city and case_id = p_case.id and step = p_case.step and stopped_at is null;
  p_case.resume_state := p_case.state;
  p_case.state := 'suspended';
  p_case.step := null;
  p_case.due_at := p_until;
  p_case.warn_at := null;
  return p_case;
end $$;

create or replace function step_of_v1(p_state text) returns text language sql immutable as $$
  select case p_state when 'reported' then 'accept' when 'accepted' then 'dispatch' when 'dispatched' then 'sign'
                      when 'signed' then 'handle' when 'handled' then 'verify' when 'transferred' then 'external' end
$$;

-- Goes on where it was left, with the time that was left.
create or replace function resume_v1(p_case cases, p_at timestamptz) returns cases language plpgsql as $$
declare
  v_rapid boolean := p_case.profile <> 'standard' and p_case.resume_state = 'accepted' and not p_case.ownerless;
begin
  p_case.state := p_case.resume_state;
  p_case.resume_state := null;
  p_case.step := step_of_v1(p_case.state);
  update clocks set
      due_at = case when v_rapid then due_at else after_v1(city, p_at, due_left, working) end,
      warn_at = case when v_rapid then warn_at else after_v1(city, p_at, warn_left, working) end,
      paused_at = null, due_left = null, warn_left = null
   where city = p_case.city and case_id = p_case.id and step = p_case.step and stopped_at is null
  returning due_at, warn_at into p_case.due_at, p_case.warn_at;
  return p_case;
end $$;
