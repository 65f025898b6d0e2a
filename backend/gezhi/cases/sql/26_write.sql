-- The facts of an event: the columns that it changed, by the names that replay knows, and what readers of the log always
-- need. No free text, no personal data.
create or replace function changes_v1(p_before cases, p_case cases) returns jsonb language plpgsql stable as $$
declare
  v_facts jsonb := jsonb_build_object(
    'region', p_case.region_code, 'matter', p_case.matter_kind || ':' || p_case.matter_code,
    'category', p_case.category_key, 'step', p_case.step, 'due_at', p_case.due_at,
    'assignee_post', p_case.assignee_post_id, 'lead_unit', p_case.lead_unit_id);
  v_before jsonb;
  v_after jsonb;
  v_changed jsonb;
begin
  if (p_before.assignee_post_id, p_before.lead_unit_id) is distinct from (p_case.assignee_post_id, p_case.lead_unit_id) then
    v_facts := v_facts || jsonb_build_object('previous_post', p_before.assignee_post_id,
                                             'previous_unit', p_before.lead_unit_id);
  end if;
  if p_before.point is distinct from p_case.point then
    v_facts := v_facts || jsonb_build_object('lng', st_x(p_case.point), 'lat', st_y(p_case.point),
                                             'previous_region', p_before.region_code);
  end if;
  p_before.point := null;  -- writing a point as JSON takes longer than all the rest
  p_case.point := null;
  v_before := to_jsonb(p_before);
  v_after := to_jsonb(p_case);
  select jsonb_object_agg(f.fact, v_after -> f.name) into v_changed
    from (values ('level', 'level'), ('urgency', 'urgency'), ('confidentiality', 'confidentiality'),
                 ('category', 'category_key'), ('place_quality', 'place_quality'), ('origin', 'origin'),
                 ('handled_by', 'handled_by_post_id'), ('verifier_post', 'verifier_post_id'),
                 ('verifier_region', 'verifier_region'), ('verification', 'verification'), ('sampled', 'sampled'),
                 ('warn_at', 'warn_at'), ('deadline', 'deadline'), ('resume_state', 'resume_state'),
                 ('returns', 'returns'), ('pinned', 'pinned'), ('escalated_from', 'escalated_from'),
                 ('ownerless', 'ownerless'), ('keeper_post', 'keeper_post_id'), ('keeper_unit', 'keeper_unit_id'),
                 ('dissatisfactions', 'dissatisfactions'), ('final', 'final'), ('review_on', 'review_on'),
                 ('main_case', 'main_case_id'), ('platform', 'external_platform'), ('number_outside', 'external_number'),
                 ('deadline_outside', 'external_deadline'), ('stars', 'stars'), ('satisfaction', 'satisfaction')
         ) as f (fact, name)
   where v_after -> f.name is distinct from v_before -> f.name;
  return v_facts || coalesce(v_changed, '{}');
end $$;

-- Opens a task on a case and returns its facts; exactly one of post, unit and desk is given. The event to come names it.
create or replace function open_task_v1(
  p_case cases, p_kind text, p_post uuid, p_unit uuid, p_desk text, p_asked_by uuid, p_due timestamptz, p_wanted jsonb,
  p_at timestamptz
) returns jsonb language plpgsql as $$
declare
  v_id uuid := gen_random_uuid();
begin
  insert into tasks (city, id, case_id, kind, post_id, unit_id, desk, asked_by, asked_seq, wanted, opened_at, due_at)
  values (p_case.city, v_id, p_case.id, p_kind, p_post, p_unit, p_desk, p_asked_by, p_case.seq + 1, p_wanted, p_at, p_due);
  return jsonb_build_object('id', v_id, 'kind', p_kind, 'post', p_post, 'unit', p_unit, 'desk', p_desk, 'due_at', p_due);
end $$;

-- Closes the open tasks of these kinds, all or those of one post (or its unit, or its desk), and returns their ids.
create or replace function close_tasks_v1(p_case cases, p_kinds text[], p_post uuid, p_at timestamptz) returns jsonb
language sql as $$
  with closed as (
    update tasks set closed_at = p_at, closed_seq = p_case.seq + 1
     where city = p_case.city and case_id = p_case.id and closed_at is null and kind = any (p_kinds)
       and (p_post is null or exists (
         select from posts p where p.id = p_post
            and (p.id = tasks.post_id or p.unit_id = tasks.unit_id or starts_with(tasks.desk, p.region_code))))
    returning id)
  select coalesce(jsonb_agg(id), '[]') from closed
$$;

-- The tasks that end with a move: offers with the signature, requests with the handling or when the case leaves the level
-- whose desk was to decide, all but a leader's own and a third party's evaluation with the end of the case.
create or replace function ended_tasks_v1(p_before cases, p_case cases) returns text[] language sql immutable as $$
  select case
    when p_case.state in ('closed', 'rejected', 'merged', 'withdrawn', 'void', 'transferred') then
      array['offer', 'co', 'extend', 'suspend', 'void', 'correction', 'whistle_request', 'whistle', 'supervise', 'consult', 'expert']
    when p_case.state = 'handled' then array['extend', 'suspend', 'correction', 'whistle_request']
    when p_case.state = 'suspended' then array['extend']
    when p_case.level < p_before.level then array['offer', 'extend', 'suspend', 'void', 'correction']
    when p_before.state = 'signed' then array['extend']
    when p_before.state = 'dispatched' then array['offer']
    else '{}' end
$$;

-- The one way to write a case besides intake: raises seq (and the version, for a move), saves the row, turns clocks, ends
-- tasks, and appends the event whose facts are what changed plus `p_more`. `p_before` is the row as it is under its lock.
create or replace function write_v1(
  p_before cases, p_case cases, p_action text, p_kind text, p_actor_kind text, p_user uuid, p_post uuid,
  p_occurred timestamptz, p_at timestamptz, p_more jsonb, p_body jsonb
) returns cases language plpgsql as $$
declare
  v_audience text[] := audience_v1(p_before);
  v_ended text[] := case when p_kind = 'move' then ended_tasks_v1(p_before, p_case) else '{}' end;
begin
  if v_ended <> '{}' then
    p_more := p_more || jsonb_build_object(
      'closed_tasks', coalesce(p_more -> 'closed_tasks', '[]') || close_tasks_v1(p_before, v_ended, null, p_at));
  end if;
  p_case.seq := p_before.seq + 1;
  p_case.version := p_before.version + (p_kind = 'move')::int;
  update cases set
      state = p_case.state, version = p_case.version, seq = p_case.seq, level = p_case.level, urgency = p_case.urgency,
      confidentiality = p_case.confidentiality, category_key = p_case.category_key, matter_kind = p_case.matter_kind,
      matter_code = p_case.matter_code, region_code = p_case.region_code, place_quality = p_case.place_quality,
      point = p_case.point, accuracy_m = p_case.accuracy_m, origin = p_case.origin, address = p_case.address,
      lead_unit_id = p_case.lead_unit_id, assignee_post_id = p_case.assignee_post_id,
      handled_by_post_id = p_case.handled_by_post_id, verifier_post_id = p_case.verifier_post_id,
      verifier_region = p_case.verifier_region, step = p_case.step, step_started_at = p_case.step_started_at,
      warn_at = p_case.warn_at, due_at = p_case.due_at, profile = p_case.profile, deadline = p_case.deadline,
      resume_state = p_case.resume_state, returns = p_case.returns, pinned = p_case.pinned,
      escalated_from = p_case.escalated_from, ownerless = p_case.ownerless, keeper_post_id = p_case.keeper_post_id,
      keeper_unit_id = p_case.keeper_unit_id, verification = p_case.verification, sampled = p_case.sampled,
      dissatisfactions = p_case.dissatisfactions, final = p_case.final, review_on = p_case.review_on,
      main_case_id = p_case.main_case_id, external_platform = p_case.external_platform,
      external_number = p_case.external_number, external_deadline = p_case.external_deadline, stars = p_case.stars,
      satisfaction = p_case.satisfaction, closed_at = p_case.closed_at, updated_at = p_at
   where city = p_case.city and id = p_case.id;
  perform turn_clocks_v1(p_before, p_case, p_at, p_occurred);
  perform append_event_v1(
    p_case, p_action, p_actor_kind, p_user, p_post, p_occurred, p_at, changes_v1(p_before, p_case) || p_more,
    (select array_agg(distinct token) from unnest(v_audience || audience_v1(p_case)) token), p_body,
    (select digest from events where city = p_case.city and case_id = p_case.id and seq = p_before.seq));
  return p_case;
end $$;

-- The same for what the system does of itself.
create or replace function system_write_v1(
  p_before cases, p_case cases, p_action text, p_kind text, p_at timestamptz, p_more jsonb
) returns cases language plpgsql as $$
begin
  return write_v1(p_before, p_case, p_action, p_kind, 'system', null, null, p_at, p_at, p_more, null);
end $$;
