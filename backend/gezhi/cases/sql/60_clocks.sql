drop function if exists sweep_v1(text, integer);

-- Writes the overdue event of a case: of its step, of a clock beside it, or of a task on it.
create or replace function overdue_v1(p_case cases, p_due timestamptz, p_more jsonb, p_at timestamptz) returns cases
language plpgsql as $$
begin
  return write_v1(p_case, p_case, 'overdue', 'note', 'system', null, null, p_due, p_at, p_more, null);
end $$;

-- One sweep of a case whose row is locked: resumes it on its day, and writes what has run out, once each (rule K3).
create or replace function sweep_case_v1(p_case cases, p_at timestamptz) returns int language plpgsql as $$
declare
  v_clock clocks;
  v_task tasks;
  v_count int := 0;
begin
  if p_case.state = 'suspended' and p_case.due_at <= p_at then
    p_case := system_write_v1(p_case, resume_v1(p_case, p_at), 'resume', 'move', p_at, '{}');
    v_count := 1;
  end if;
  for v_clock in
    update clocks set overdue_at = p_at
     where city = p_case.city and case_id = p_case.id and stopped_at is null and overdue_at is null and paused_at is null
       and due_at < p_at and (step = p_case.step or step in ('contact', 'arrive'))
    returning *
  loop
    p_case := overdue_v1(p_case, v_clock.due_at, jsonb_build_object('clock', v_clock.step), p_at);
    v_count := v_count + 1;
  end loop;
  for v_task in
    update tasks set overdue_at = p_at
     where city = p_case.city and case_id = p_case.id and closed_at is null and overdue_at is null and due_at < p_at
    returning *
  loop
    p_case := overdue_v1(p_case, v_task.due_at, jsonb_build_object('task', v_task.id, 'kind', v_task.kind), p_at);
    v_count := v_count + 1;
  end loop;
  return v_count;
end $$;

-- Sweeps the cases on which a clock or a task has run out, and returns how many events were written. Cases that somebody is
-- acting on at this moment are left to the next sweep.
create or replace function sweep_v2(p_city text, p_limit int) returns int language plpgsql as $$
declare
  v_now timestamptz := now_v1();
  v_case cases;
  v_count int := 0;
begin
  for v_case in
    with due as (
      (select c.id from cases c
        where c.city = p_city and c.due_at < v_now
          and (c.state = 'suspended' or exists (
            select from clocks k where k.city = c.city and k.case_id = c.id and k.step = c.step
               and k.stopped_at is null and k.overdue_at is null))
        order by c.due_at limit p_limit)
      union
      (select k.case_id from clocks k
        where k.city = p_city and k.step in ('contact', 'arrive') and k.stopped_at is null and k.overdue_at is null
          and k.due_at < v_now limit p_limit)
      union
      (select t.case_id from tasks t
        where t.city = p_city and t.closed_at is null and t.overdue_at is null and t.due_at < v_now limit p_limit))
    select c.* from cases c where c.city = p_city and c.id in (select id from due) limit p_limit for update of c skip locked
  loop
    v_count := v_count + sweep_case_v1(v_case, v_now);
  end loop;
  return v_count;
end $$;
