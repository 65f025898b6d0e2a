-- Writes the overdue event of every clock that has run out, once each (rule K3), and returns how many. Cases that
-- somebody is acting on at this moment are left to the next sweep.
create or replace function sweep_v1(p_city text, p_limit int) returns int language plpgsql as $$
declare
  v_now timestamptz := clock_timestamp();
  v_case cases;
  v_count int := 0;
begin
  for v_case in
    select c.* from cases c
     where c.city = p_city and c.due_at < v_now
       and c.state in ('reported', 'accepted', 'dispatched', 'signed', 'handled', 'suspended')
       and exists (select from clocks k where k.city = c.city and k.case_id = c.id and k.step = c.step
                      and k.stopped_at is null and k.overdue_at is null)
     order by c.due_at limit p_limit for update of c skip locked
  loop
    update clocks set overdue_at = v_now
     where city = p_city and case_id = v_case.id and step = v_case.step and stopped_at is null and overdue_at is null;
    -- Another sweep was faster: the row is looked at anew under its lock, but the clocks only as they were at the start.
    continue when not found;
    v_case.seq := v_case.seq + 1;
    update cases set seq = v_case.seq where city = p_city and id = v_case.id;
    perform append_event_v1(
      v_case, 'overdue', 'system', null, null, v_case.due_at, v_now,
      jsonb_build_object('step', v_case.step, 'due_at', v_case.due_at, 'region', v_case.region_code,
                         'assignee_post', v_case.assignee_post_id, 'lead_unit', v_case.lead_unit_id),
      audience_v1(v_case), null,
      (select digest from events where city = p_city and case_id = v_case.id and seq = v_case.seq - 1));
    v_count := v_count + 1;
  end loop;
  return v_count;
end $$;
