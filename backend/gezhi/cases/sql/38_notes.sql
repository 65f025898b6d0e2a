-- The desk of the level where a case sits: what waits for a desk waits for this one, or any above it.
create or replace function desk_of_v1(p_case cases) returns text language sql immutable as $$
  select left(p_case.region_code, p_case.level)
$$;

create or replace function due_of_v1(p_case cases, p_step text, p_at timestamptz) returns timestamptz language sql stable as $$
  select due_at from step_limit_v1(p_case, p_step, p_at)
$$;

-- One task for each unit named; raises GZ001 when one is not of the city.
create or replace function call_units_v1(p_case cases, p_kind text, p_units jsonb, p_user uuid, p_due timestamptz, p_at timestamptz)
returns jsonb language plpgsql as $$
declare
  v_unit uuid;
  v_tasks jsonb := '[]';
begin
  for v_unit in select distinct u::uuid from jsonb_array_elements_text(p_units) u loop
    if not exists (select from units where id = v_unit and city = p_case.city) then
      raise exception using errcode = 'GZ001', message = 'unknown_assignee';
    end if;
    v_tasks := v_tasks || open_task_v1(p_case, p_kind, null, v_unit, null, p_user, p_due, null, p_at);
  end loop;
  return v_tasks;
end $$;

-- whistle (吹哨): a worker asks, the street's desk issues it; each unit called must answer within the limit.
create or replace function whistle_v1(p_case cases, p_relation text, p_user uuid, p_at timestamptz, p_content jsonb) returns jsonb
language plpgsql as $$
begin
  if p_relation = 'street_desk' then
    if coalesce(jsonb_typeof(p_content -> 'units'), 'null') <> 'array' then
      raise exception using errcode = 'GZ001', message = 'units_needed';
    end if;
    return jsonb_build_object(
      'closed_tasks', close_tasks_v1(p_case, '{whistle_request}', null, p_at),
      'tasks', call_units_v1(p_case, 'whistle', p_content -> 'units', p_user, due_of_v1(p_case, 'whistle', p_at), p_at));
  end if;
  return jsonb_build_object('tasks', jsonb_build_array(open_task_v1(
    p_case, 'whistle_request', null, null, left(p_case.region_code, 9), p_user, due_of_v1(p_case, 'decide', p_at),
    jsonb_build_object('units', p_content -> 'units'), p_at)));
end $$;

-- release: only what somebody has sent to this case; raises GZ001 for any other photo (rule P8).
create or replace function check_released_v1(p_case cases, p_photos bytea[]) returns void language plpgsql stable as $$
begin
  if p_photos = '{}' or exists (
       select from unnest(p_photos) photo where not exists (
         select from event_bodies b where b.city = p_case.city and b.case_id = p_case.id
            and b.body -> 'photos' ? encode(photo, 'hex'))) then
    raise exception using errcode = 'GZ001', message = 'unknown_photo';
  end if;
end $$;

-- supervise (督办): whoever has the case must reply; while nobody has it, the desk.
create or replace function supervise_v1(p_case cases, p_user uuid, p_at timestamptz, p_content jsonb) returns jsonb
language plpgsql as $$
begin
  if (p_content ->> 'deadline')::timestamptz <= p_at then raise exception using errcode = 'GZ001', message = 'until_past'; end if;
  return jsonb_build_object('tasks', jsonb_build_array(open_task_v1(
    p_case, 'supervise', p_case.assignee_post_id, case when p_case.assignee_post_id is null then p_case.lead_unit_id end,
    case when num_nonnulls(p_case.assignee_post_id, p_case.lead_unit_id) = 0 then desk_of_v1(p_case) end, p_user,
    coalesce((p_content ->> 'deadline')::timestamptz, due_of_v1(p_case, 'supervise', p_at)), null, p_at)));
end $$;

-- consult (会商): calls the units; with minutes, it has taken place.
create or replace function consult_v1(p_case cases, p_user uuid, p_at timestamptz, p_content jsonb) returns jsonb
language plpgsql as $$
declare
  v_units jsonb := case jsonb_typeof(p_content -> 'units') when 'array' then p_content -> 'units' else '[]' end
                   || (p_content -> 'lead_unit');
begin
  if p_content ->> 'minutes' is not null then
    return jsonb_build_object('lead', p_content -> 'lead_unit', 'units', v_units,
                              'closed_tasks', close_tasks_v1(p_case, '{consult}', null, p_at));
  end if;
  return jsonb_build_object('lead', p_content -> 'lead_unit', 'tasks', call_units_v1(
    p_case, 'consult', v_units, p_user, due_of_v1(p_case, 'consult', p_at), p_at));
end $$;

-- ask_expert, offer: one task for each post named.
create or replace function call_posts_v1(p_case cases, p_kind text, p_posts jsonb, p_role text, p_user uuid, p_due timestamptz,
                                         p_at timestamptz) returns jsonb language plpgsql as $$
declare
  v_post uuid;
  v_tasks jsonb := '[]';
begin
  for v_post in select distinct p::uuid from jsonb_array_elements_text(p_posts) p loop
    if not exists (select from posts where id = v_post and city = p_case.city and (p_role is null or role = p_role)
                      and starts_on <= city_date_v1(p_at) and (ends_on is null or ends_on >= city_date_v1(p_at))) then
      raise exception using errcode = 'GZ001', message = 'unknown_assignee';
    end if;
    v_tasks := v_tasks || open_task_v1(p_case, p_kind, v_post, null, null, p_user, p_due, null, p_at);
  end loop;
  return jsonb_build_object('tasks', v_tasks);
end $$;

-- request: asks for more time, a suspension or an end; another person decides.
create or replace function request_v1(p_case cases, p_user uuid, p_at timestamptz, p_content jsonb) returns jsonb
language plpgsql as $$
declare
  v_kind text := p_content ->> 'request';
  v_until timestamptz := (p_content ->> 'until')::timestamptz;
begin
  if v_kind <> 'void' and (v_until is null or v_until <= p_at or (v_kind = 'extend' and v_until <= p_case.due_at)) then
    raise exception using errcode = 'GZ001', message = 'until_past';
  end if;
  return jsonb_build_object('request', v_kind, 'tasks', jsonb_build_array(open_task_v1(
    p_case, v_kind, null, null, desk_of_v1(p_case), p_user, due_of_v1(p_case, 'decide', p_at),
    case when v_until is not null then jsonb_build_object('until', v_until) end, p_at)));
end $$;

-- What is corrected: matter, place, urgency, as `p_wanted` names them; the running step's limit follows. The address is free
-- text and comes from the body.
create or replace function corrected_v1(p_case cases, p_wanted jsonb, p_address text) returns cases language plpgsql stable as $$
declare
  v_place record;
  v_before cases := p_case;
begin
  if p_wanted -> 'matter' is not null and jsonb_typeof(p_wanted -> 'matter') = 'object' then
    p_case := with_matter_v1(p_case, p_wanted -> 'matter');
  end if;
  if p_wanted ->> 'urgency' is not null then p_case.urgency := p_wanted ->> 'urgency'; end if;
  if p_wanted ->> 'lng' is not null then
    select * into v_place from locate_v1(p_case.city, (p_wanted ->> 'lng')::float8, (p_wanted ->> 'lat')::float8);
    if v_place.region_code is null then raise exception using errcode = 'GZ001', message = 'outside_city'; end if;
    p_case.point := st_setsrid(st_point((p_wanted ->> 'lng')::float8, (p_wanted ->> 'lat')::float8), 4326);
    p_case.region_code := v_place.region_code;
    p_case.place_quality := v_place.quality;
    p_case.origin := 'pin';
    p_case.level := least(p_case.level, length(v_place.region_code));
  end if;
  p_case.address := coalesce(p_address, p_case.address);
  if p_case.step is not null and not (p_case.step = 'handle' and p_case.deadline is not null)
     and (p_case.urgency, p_case.matter_kind, p_case.matter_code)
         is distinct from (v_before.urgency, v_before.matter_kind, v_before.matter_code) then
    select due_at, warn_at into p_case.due_at, p_case.warn_at
      from step_limit_v1(p_case, limited_by_v1(p_case), p_case.step_started_at);
  end if;
  return p_case;
end $$;

-- correct: by the desk at once; anybody else proposes it to the desk.
create or replace function correct_v1(p_case cases, p_relation text, p_user uuid, p_at timestamptz, p_content jsonb,
                                      out o_case cases, out o_more jsonb) language plpgsql as $$
declare
  v_wanted jsonb := jsonb_strip_nulls(jsonb_build_object(
    'matter', p_content -> 'matter', 'urgency', p_content -> 'urgency',
    'lng', p_content #> '{place,lng}', 'lat', p_content #> '{place,lat}'));
begin
  if p_relation = 'desk' then
    o_case := corrected_v1(p_case, v_wanted, p_content ->> 'address');
    o_more := jsonb_build_object('closed_tasks', close_tasks_v1(p_case, '{correction}', null, p_at));
    return;
  end if;
  perform corrected_v1(p_case, v_wanted, null);  -- what cannot be done is not proposed
  o_case := p_case;
  o_more := jsonb_build_object('proposed', true, 'tasks', jsonb_build_array(open_task_v1(
    p_case, 'correction', null, null, desk_of_v1(p_case), p_user, due_of_v1(p_case, 'correction', p_at), v_wanted, p_at)));
end $$;

-- decide: on an open request of this case, never by who asked, and by a duty leader of its desk (a correction by anybody of
-- the desk): what makes somebody a decider may have been another task. What is granted follows at once.
create or replace function decide_v1(p_case cases, p_user uuid, p_at timestamptz, p_content jsonb,
                                     out o_case cases, out o_more jsonb) language plpgsql as $$
declare
  v_task tasks;
  v_address text;
begin
  o_case := p_case;
  update tasks set closed_at = p_at, closed_seq = p_case.seq + 1
   where city = p_case.city and case_id = p_case.id and id = (p_content ->> 'task')::uuid and closed_at is null
     and kind in ('extend', 'suspend', 'void', 'correction') and asked_by <> p_user
     and exists (select from posts_held_v1(p_case.city, p_user, p_at) m
                  where m.desk and starts_with(tasks.desk, m.region_code)
                    and (tasks.kind = 'correction' or m.role = 'duty_leader'))
  returning * into v_task;
  if not found then raise exception using errcode = 'GZ001', message = 'unknown_task'; end if;
  o_more := jsonb_build_object('closed_tasks', jsonb_build_array(v_task.id), 'request', v_task.kind,
                               'granted', p_content -> 'granted', 'wanted', v_task.wanted);
  if not (p_content ->> 'granted')::boolean then return; end if;
  if (v_task.wanted ->> 'until')::timestamptz <= p_at then
    raise exception using errcode = 'GZ001', message = 'until_past';
  elsif v_task.kind = 'extend' then
    o_case.due_at := (v_task.wanted ->> 'until')::timestamptz;
    o_case.warn_at := p_at + 0.8 * (o_case.due_at - p_at);
    o_case.deadline := o_case.due_at;
  elsif v_task.kind = 'correction' then
    select b.body ->> 'address' into v_address from event_bodies b
     where b.city = p_case.city and b.case_id = p_case.id and b.seq = v_task.asked_seq;
    o_case := corrected_v1(p_case, v_task.wanted, v_address);
  end if;
end $$;
