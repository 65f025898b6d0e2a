-- The effect of a move on the case's row. Raises GZ001 when a needed field is missing or names nothing.
create or replace function move_v1(
  p_case cases, p_row jsonb, p_post uuid, p_user uuid, p_at timestamptz, p_content jsonb, p_photos bytea[]
) returns cases language plpgsql stable as $$
declare
  v_action text := p_row ->> 'action';
  v_matter city_matters;
  v_verifier record;
begin
  if v_action in ('dispatch', 'reassign', 'verify_fail') then
    if v_action = 'verify_fail' then
      p_case := assign_v1(p_case, p_case.handled_by_post_id, p_case.lead_unit_id, null, p_at);
    else
      p_case := assign_v1(p_case, assignee_post_v1(p_case.city, p_content), (p_content #>> '{assignee,unit_id}')::uuid, null, p_at);
      if p_case.assignee_post_id is null and not exists (select from units where id = p_case.lead_unit_id and city = p_case.city) then
        raise exception using errcode = 'GZ001', message = 'unknown_assignee';
      end if;
    end if;
    p_case.verifier_post_id := null;
    p_case.verifier_region := null;
    return p_case;
  end if;

  select * into v_matter from city_matters
   where city = p_case.city
     and kind = coalesce(p_content #>> '{matter,kind}', p_case.matter_kind)
     and code = coalesce(p_content #>> '{matter,code}', p_case.matter_code);
  if v_action = 'accept' then
    if not found then raise exception using errcode = 'GZ001', message = 'unknown_matter'; end if;
    p_case.matter_kind := v_matter.kind;
    p_case.matter_code := v_matter.code;
    p_case.category_key := coalesce(p_case.category_key, v_matter.category_key);
    p_case.confidentiality := v_matter.confidentiality;
    if p_case.urgency <> 'critical' then p_case.urgency := v_matter.urgency; end if;
    p_case.step := 'dispatch';
  elsif v_action = 'sign' then
    p_case.assignee_post_id := p_post;
    p_case.step := 'handle';
  elsif v_action = 'handle' then
    if v_matter.photo_handle = 'required' and cardinality(p_photos) = 0 then
      raise exception using errcode = 'GZ001', message = 'photo_required';
    end if;
    select * into v_verifier from verifier_v1(p_case, p_post, p_at);
    p_case.handled_by_post_id := p_post;
    p_case.verifier_post_id := v_verifier.post_id;
    p_case.verifier_region := v_verifier.desk;
    p_case.step := 'verify';
  elsif v_action = 'verify_pass' then
    if v_matter.verification in ('on_site', 'photo') and cardinality(p_photos) = 0 then
      raise exception using errcode = 'GZ001', message = 'photo_required';
    end if;
    p_case.step := null;
    p_case.closed_at := p_at;
  end if;
  p_case.state := p_row ->> 'to';
  p_case.version := p_case.version + 1;
  p_case.seq := p_case.seq + 1;
  p_case.step_started_at := p_at;
  p_case.due_at := case when p_case.step is not null then
    step_due_v1(p_case.city, p_case.matter_kind, p_case.matter_code, p_case.urgency, p_case.step, p_at) end;
  return p_case;
end $$;

-- The post named as assignee; null when a unit is named. Raises GZ001 when no such current post exists in the city.
create or replace function assignee_post_v1(p_city text, p_content jsonb) returns uuid language plpgsql stable as $$
declare
  v_post uuid := (p_content #>> '{assignee,post_id}')::uuid;
begin
  if v_post is not null and not exists (
       select from posts where id = v_post and city = p_city and starts_on <= city_date_v1(now())
          and (ends_on is null or ends_on >= city_date_v1(now()))) then
    raise exception using errcode = 'GZ001', message = 'unknown_assignee';
  end if;
  return v_post;
end $$;

-- The facts of a move: what replay and the consumers of the log need of it.
create or replace function facts_v1(p_case cases, p_before cases, p_action text, p_content jsonb) returns jsonb language plpgsql immutable as $$
begin
  return case p_action
    when 'accept' then jsonb_build_object(
      'matter', p_case.matter_kind || ':' || p_case.matter_code, 'category', p_case.category_key,
      'urgency', p_case.urgency, 'confidentiality', p_case.confidentiality)
    when 'sign' then jsonb_build_object('assignee_post', p_case.assignee_post_id)
    when 'handle' then jsonb_build_object(
      'outcome', p_content ->> 'outcome', 'handled_by', p_case.handled_by_post_id,
      'verifier_post', p_case.verifier_post_id, 'verifier_region', p_case.verifier_region)
    when 'verify_pass' then '{}'::jsonb
    else assignment_facts_v1(p_case, p_before, 'desk')
  end || jsonb_build_object('step', p_case.step, 'due_at', p_case.due_at, 'region', p_case.region_code,
                            'matter', p_case.matter_kind || ':' || p_case.matter_code);
end $$;

-- After a desk has named the matter, the system dispatches when place and route are certain.
create or replace function dispatch_by_system_v1(p_case cases, p_at timestamptz) returns cases language plpgsql as $$
declare
  v_before cases := p_case;
  v_route record;
begin
  if length(p_case.region_code) < 15 or p_case.place_quality = 'unsure' then return p_case; end if;
  select * into v_route from route_v1(p_case.city, p_case.matter_kind, p_case.matter_code, p_case.region_code, p_at);
  if v_route.why is null then return p_case; end if;
  p_case := assign_v1(p_case, v_route.post_id, v_route.unit_id, v_route.level, p_at);
  update cases set state = p_case.state, version = p_case.version, seq = p_case.seq, level = p_case.level,
      assignee_post_id = p_case.assignee_post_id, lead_unit_id = p_case.lead_unit_id, step = p_case.step,
      step_started_at = p_case.step_started_at, due_at = p_case.due_at
   where city = p_case.city and id = p_case.id;
  perform turn_clock_v1(p_case, v_before.step, p_at, p_at);
  perform append_event_v1(
    p_case, 'dispatch', 'system', null, null, p_at, p_at, assignment_facts_v1(p_case, v_before, v_route.why),
    audience_v1(p_case), null,
    (select digest from events where city = p_case.city and case_id = p_case.id and seq = v_before.seq));
  return p_case;
end $$;
