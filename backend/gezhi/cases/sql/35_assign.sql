-- The post or unit that a command names; raises GZ001 when no such current post or unit exists in the city.
create or replace function named_v1(p_city text, p_named jsonb, p_at timestamptz, out post_id uuid, out unit_id uuid,
                                    out region_code text, out centre boolean) language plpgsql stable as $$
begin
  post_id := (p_named ->> 'post_id')::uuid;
  unit_id := (p_named ->> 'unit_id')::uuid;
  if post_id is not null then
    select p.unit_id, p.region_code, false into unit_id, region_code, centre from posts p
     where p.id = post_id and p.city = p_city and p.starts_on <= city_date_v1(p_at)
       and (p.ends_on is null or p.ends_on >= city_date_v1(p_at));
  else
    select u.region_code, u.kind = 'centre' into region_code, centre from units u where u.id = unit_id and u.city = p_city;
  end if;
  if region_code is null then raise exception using errcode = 'GZ001', message = 'unknown_assignee'; end if;
end $$;

-- Takes a case from whoever has it; they keep the place safe until another has signed (first-receiver duty, rule C10).
create or replace function release_v1(p_case cases) returns cases language plpgsql immutable as $$
begin
  if p_case.keeper_post_id is null and p_case.keeper_unit_id is null then
    p_case.keeper_post_id := p_case.assignee_post_id;
    p_case.keeper_unit_id := p_case.lead_unit_id;
  end if;
  p_case.assignee_post_id := null;
  p_case.lead_unit_id := null;
  p_case.verifier_post_id := null;
  p_case.verifier_region := null;
  p_case.verification := null;
  p_case.sampled := false;
  return p_case;
end $$;

-- Gives a case to a post or unit, to be signed.
create or replace function assign_v2(p_case cases, p_post uuid, p_unit uuid, p_level int, p_at timestamptz) returns cases
language plpgsql stable as $$
begin
  p_case := release_v1(p_case);
  p_case.assignee_post_id := p_post;
  p_case.lead_unit_id := coalesce(p_unit, (select unit_id from posts where id = p_post));
  p_case.level := coalesce(p_level, p_case.level);
  p_case.escalated_from := null;
  if (p_case.keeper_post_id, p_case.keeper_unit_id) is not distinct from (p_case.assignee_post_id, p_case.lead_unit_id) then
    p_case.keeper_post_id := null;
    p_case.keeper_unit_id := null;
  end if;
  return begin_step_v1(p_case, 'dispatched', 'sign', p_at);
end $$;

-- Gives a case back to who handled it; when that post has ended, to its unit, or to who has its grid now.
create or replace function assign_again_v1(p_case cases, p_at timestamptz) returns cases language plpgsql stable as $$
declare
  v_unit uuid := (select unit_id from posts where id = p_case.handled_by_post_id);
  v_post uuid;
begin
  select p.id into v_post from posts h join posts p on p.city = h.city and (p.id = h.id or (
           p.region_code = h.region_code and num_nonnulls(p.unit_id, h.unit_id) = 0
           and p.role in ('grid_worker', 'grid_leader', 'assistant')))
   where h.id = p_case.handled_by_post_id and p.starts_on <= city_date_v1(p_at)
     and (p.ends_on is null or p.ends_on >= city_date_v1(p_at))
   order by p.id <> h.id, p.role <> h.role, p.id limit 1;
  if v_post is null and v_unit is null then v_post := p_case.handled_by_post_id; end if;
  return assign_v2(p_case, v_post, v_unit, null, p_at);
end $$;

-- dispatch, reassign, delegate: to whom the command says. A centre of the case's place takes it down to its level (下派); up,
-- only escalation leads (C9). Any other
-- unit of a level above takes it up; a post leaves it where it sits.
create or replace function assign_named_v1(p_case cases, p_action text, p_post uuid, p_user uuid, p_at timestamptz,
                                           p_content jsonb, out o_case cases, out o_more jsonb) language plpgsql as $$
declare
  v_to record;
  v_co record;
  v_tasks jsonb := '[]';
begin
  select * into v_to from named_v1(p_case.city, p_content -> 'assignee', p_at);
  if p_action = 'delegate' and not exists (
       select from units u where u.id = v_to.unit_id and p_case.lead_unit_id in (u.id, u.parent_unit_id))
     or p_action = 'delegate' and v_to.post_id is null and v_to.unit_id = p_case.lead_unit_id then
    raise exception using errcode = 'GZ001', message = 'not_of_the_unit';
  elsif p_case.ownerless and length(v_to.region_code) > 9 then
    raise exception using errcode = 'GZ001', message = 'ownerless_needs_unit';
  elsif p_action <> 'delegate' and v_to.post_id is null and v_to.centre
        and (length(v_to.region_code) < p_case.level or not starts_with(p_case.region_code, v_to.region_code)) then
    raise exception using errcode = 'GZ001', message = 'not_a_desk_below';
  end if;
  o_case := assign_v2(p_case, v_to.post_id, v_to.unit_id, case
    when v_to.post_id is not null or p_action = 'delegate' then p_case.level
    when v_to.centre then least(length(v_to.region_code), 12)
    else least(p_case.level, length(v_to.region_code)) end, p_at);
  o_more := jsonb_build_object('why', case p_action when 'delegate' then 'delegated' else 'desk' end);
  if p_action = 'delegate' then
    o_case.lead_unit_id := coalesce(v_to.unit_id, p_case.lead_unit_id);
    return;
  end if;
  o_case.deadline := (p_content ->> 'deadline')::timestamptz;
  if o_case.deadline <= p_at then raise exception using errcode = 'GZ001', message = 'until_past'; end if;
  if p_case.returns >= 2 then o_case.pinned := true; end if;
  if p_case.ownerless then
    perform rule_from_case_v1(p_case, case when v_to.post_id is null then v_to.unit_id end, v_to.post_id, p_at);
    o_case.ownerless := false;
  end if;
  if p_content -> 'co_handlers' is not null and jsonb_typeof(p_content -> 'co_handlers') = 'array' then
    o_more := o_more || jsonb_build_object('closed_tasks', close_tasks_v1(p_case, '{co}', null, p_at));
    for v_co in select n.* from jsonb_array_elements(p_content -> 'co_handlers') c, named_v1(p_case.city, c, p_at) n loop
      v_tasks := v_tasks || open_task_v1(p_case, 'co', v_co.post_id, case when v_co.post_id is null then v_co.unit_id end,
                                         null, p_user, null, null, p_at);
    end loop;
    o_more := o_more || jsonb_build_object('tasks', v_tasks);
  end if;
end $$;

-- sign: the assignee, or a post that it was offered to: the first wins, and with the signature it is theirs.
create or replace function sign_v1(p_case cases, p_relation text, p_post uuid, p_at timestamptz) returns cases
language plpgsql stable as $$
begin
  if p_relation = 'offered' then
    p_case.lead_unit_id := (select unit_id from posts where id = p_post);
  end if;
  p_case.assignee_post_id := p_post;
  p_case.keeper_post_id := null;
  p_case.keeper_unit_id := null;
  return begin_step_v1(p_case, 'signed', 'handle', p_at);
end $$;

-- return: back to the desk. The second time the duty leader decides, and that choice stays (rule C10).
create or replace function return_v1(p_case cases, p_at timestamptz) returns cases language plpgsql stable as $$
begin
  p_case := release_v1(p_case);
  p_case.returns := p_case.returns + 1;
  p_case.deadline := null;
  return begin_step_v1(p_case, 'accepted', 'dispatch', p_at);
end $$;
