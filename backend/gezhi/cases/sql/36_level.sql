create or replace function level_above_v1(p_level int) returns int language sql immutable as $$
  select case when p_level > 12 then 12 when p_level > 9 then 9 when p_level > 6 then 6 when p_level > 4 then 4 end
$$;

-- escalate: one level up, to the desk there. An ownerless case goes to the district, which decides by a deadline (C10).
-- It stays ownerless, wherever it goes, until somebody has been named.
create or replace function escalate_v1(p_case cases, p_cause text, p_at timestamptz) returns cases language plpgsql stable as $$
declare
  v_ownerless boolean := coalesce(p_cause = 'ownerless', false) and not p_case.ownerless;
begin
  p_case.escalated_from := p_case.level;
  p_case.ownerless := p_case.ownerless or v_ownerless;
  p_case.level := case when v_ownerless then least(p_case.level, 6) else level_above_v1(p_case.level) end;
  p_case.deadline := null;
  return begin_step_v1(release_v1(p_case), 'accepted', 'dispatch', p_at);
end $$;

-- refuse_escalation: back down to whoever had it, else to the desk that sent it up.
create or replace function refuse_escalation_v1(p_case cases, p_at timestamptz) returns cases language plpgsql stable as $$
declare
  v_post uuid := p_case.keeper_post_id;
  v_unit uuid := p_case.keeper_unit_id;
  v_level int := p_case.escalated_from;
begin
  if v_post is not null or v_unit is not null then return assign_v2(p_case, v_post, v_unit, v_level, p_at); end if;
  p_case.level := v_level;
  p_case.escalated_from := null;
  return begin_step_v1(p_case, 'accepted', 'dispatch', p_at);
end $$;

-- transfer: another platform is responsible; its number and deadline are followed.
create or replace function transfer_v1(p_case cases, p_content jsonb, p_at timestamptz) returns cases language plpgsql stable as $$
begin
  p_case := release_v1(p_case);
  p_case.keeper_post_id := null;
  p_case.keeper_unit_id := null;
  p_case.external_platform := p_content ->> 'platform';
  p_case.external_number := p_content ->> 'number';
  p_case.external_deadline := (p_content ->> 'deadline')::timestamptz;
  if p_case.external_deadline <= p_at then raise exception using errcode = 'GZ001', message = 'until_past'; end if;
  return begin_step_v1(p_case, 'transferred', 'external', p_at);
end $$;

create or replace function recall_v1(p_case cases, p_at timestamptz) returns cases language plpgsql stable as $$
begin
  p_case.external_platform := null;
  p_case.external_number := null;
  p_case.external_deadline := null;
  return begin_step_v1(p_case, 'accepted', 'dispatch', p_at);
end $$;

-- reopen: worked again at the level given, with a new rating at its end.
create or replace function reopen_v1(p_case cases, p_level int, p_at timestamptz) returns cases language plpgsql stable as $$
begin
  p_case.stars := null;
  p_case.satisfaction := null;
  p_case.closed_at := null;
  p_case.review_on := null;
  p_case.deadline := null;
  p_case.level := p_level;
  p_case := release_v1(p_case);
  p_case.keeper_post_id := null;
  p_case.keeper_unit_id := null;
  return begin_step_v1(p_case, 'accepted', 'dispatch', p_at);
end $$;
