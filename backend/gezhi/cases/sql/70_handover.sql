-- Who may sign in the place of an absent post (rule P6): the post that covers it; else the others of the case's grid who
-- are on duty, else a neighbour's worker; of a unit's post the unit. No row: the desk hears of it when it is overdue.
create or replace function covers_v1(p_case cases, p_absent posts, p_covered_by uuid, p_at timestamptz)
returns table (post_id uuid, unit_id uuid) language plpgsql stable as $$
begin
  return query select p.id, null::uuid from posts p
   where p.id = p_covered_by and p.starts_on <= city_date_v1(p_at)
     and (p.ends_on is null or p.ends_on >= city_date_v1(p_at));
  if found then return; end if;
  if p_absent.unit_id is not null then
    return query select null::uuid, p_absent.unit_id where exists (
      select from posts p
       where p.unit_id = p_absent.unit_id and p.user_id <> p_absent.user_id
         and p.role in ('handler', 'responder', 'dispatcher', 'duty_leader', 'mediator')
         and p.starts_on <= city_date_v1(p_at) and (p.ends_on is null or p.ends_on >= city_date_v1(p_at)));
    return;
  end if;
  return query select p.id, null::uuid from posts p cross join lateral duty_v1(p.id, p_at)
   where p.region_code = p_case.region_code and p.role in ('grid_worker', 'grid_leader', 'assistant')
     and p.user_id <> p_absent.user_id
     and p.starts_on <= city_date_v1(p_at) and (p.ends_on is null or p.ends_on >= city_date_v1(p_at))
   order by p.id;
  if found then return; end if;
  return query select n.post_id, null::uuid
    from neighbour_post_v1(p_case.region_code, p_at) n join posts p on p.id = n.post_id
   where p.user_id <> p_absent.user_id;
end $$;

-- Offers a case that waits for an absent post's signature to others; returns whether there was anybody new. It stays the
-- absent post's until somebody signs.
create or replace function offer_absent_v1(p_case cases, p_absent posts, p_covered_by uuid, p_at timestamptz) returns boolean
language plpgsql as $$
declare
  v_tasks jsonb;
begin
  select jsonb_agg(open_task_v1(p_case, 'offer', v.post_id, v.unit_id, null, null, null, null, p_at)) into v_tasks
    from covers_v1(p_case, p_absent, p_covered_by, p_at) v
   where not exists (
     select from tasks t where t.city = p_case.city and t.case_id = p_case.id and t.kind = 'offer' and t.closed_at is null
        and (t.post_id = v.post_id or t.unit_id = v.unit_id));
  if v_tasks is null then return false; end if;
  perform system_write_v1(p_case, p_case, 'offer', 'note', p_at, jsonb_build_object('tasks', v_tasks, 'absent_post', p_absent.id));
  return true;
end $$;

-- What an absence that has begun does to the open cases of its post, once: what waits for a signature is offered, what is
-- in work goes to the post that covers and stays where there is none. Returns how many cases changed. A case that somebody
-- is acting on at this moment is left to the next call, and the absence with it.
create or replace function apply_absence_v1(p_city text, p_post uuid, p_starts_at timestamptz) returns int
language plpgsql as $$
declare
  v_now timestamptz := now_v1();
  v_absence absences;
  v_absent posts;
  v_case cases;
  v_seen int := 0;
  v_count int := 0;
begin
  select * into v_absence from absences a
   where a.post_id = p_post and a.starts_at = p_starts_at and a.starts_at <= v_now and a.applied_at is null
     for update skip locked;
  if not found then return 0; end if;
  if v_absence.ends_at > v_now then
    select * into v_absent from posts where id = p_post;
    for v_case in
      select * from cases
       where city = p_city and assignee_post_id = p_post and state in ('dispatched', 'signed') order by id
         for update skip locked
    loop
      v_seen := v_seen + 1;
      if v_case.state = 'dispatched' then
        v_count := v_count + offer_absent_v1(v_case, v_absent, v_absence.covered_by, v_now)::int;
      elsif exists (select from covers_v1(v_case, v_absent, v_absence.covered_by, v_now) v
                     where v.post_id = v_absence.covered_by) then
        perform system_write_v1(v_case, assign_v2(v_case, v_absence.covered_by, null, null, v_now), 'reassign', 'move',
                                v_now, jsonb_build_object('why', 'absence'));
        v_seen := v_seen - 1;
        v_count := v_count + 1;
      end if;
    end loop;
    if v_seen < (select count(*) from cases
                  where city = p_city and assignee_post_id = p_post and state in ('dispatched', 'signed')) then
      return v_count;
    end if;
  end if;
  update absences set applied_at = v_now where post_id = p_post and starts_at = p_starts_at;
  return v_count;
end $$;

-- Gives every open case of a post to another one, an event each; returns how many.
create or replace function hand_over_v1(p_city text, p_from uuid, p_to uuid, p_user uuid, p_by uuid, p_reason text) returns int
language plpgsql as $$
declare
  v_now timestamptz := now_v1();
  v_case cases;
  v_count int := 0;
begin
  for v_case in
    select * from cases
     where city = p_city and assignee_post_id = p_from and state in ('dispatched', 'signed') order by id for update
  loop
    perform write_v1(v_case, assign_v2(v_case, p_to, null, null, v_now), 'reassign', 'move', 'post', p_user, p_by, v_now,
                     v_now, jsonb_build_object('why', 'hand_over'), jsonb_build_object('reason', p_reason));
    v_count := v_count + 1;
  end loop;
  return v_count;
end $$;
