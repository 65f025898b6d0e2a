-- After a desk has named the matter or the place, the system dispatches when both are certain and so is the route.
create or replace function dispatch_by_system_v1(p_case cases, p_at timestamptz) returns cases language plpgsql as $$
declare
  v_route record;
begin
  if length(p_case.region_code) < 15 or p_case.place_quality = 'unsure' then return p_case; end if;
  select * into v_route from route_case_v1(p_case, p_at);
  if v_route.post_id is null and v_route.unit_id is null then return p_case; end if;
  return system_write_v1(p_case, assign_v2(p_case, v_route.post_id, v_route.unit_id, least(v_route.level, 12), p_at), 'dispatch', 'move', p_at,
                         jsonb_build_object('why', v_route.why));
end $$;

-- A correction that changes who is responsible takes the case to them.
create or replace function reroute_v1(p_before cases, p_case cases, p_at timestamptz) returns cases language plpgsql as $$
declare
  v_route record;
begin
  if (p_case.matter_kind, p_case.matter_code, p_case.region_code)
     is not distinct from (p_before.matter_kind, p_before.matter_code, p_before.region_code) then return p_case; end if;
  -- What a person is to decide, or has decided for good, no route decides (rules C8, C10).
  if p_case.returns >= 2 or p_case.ownerless or p_case.escalated_from is not null or p_case.dissatisfactions >= 2 then
    return p_case;
  end if;
  if p_case.state = 'accepted' then return dispatch_by_system_v1(p_case, p_at); end if;
  if p_case.state not in ('dispatched', 'signed') or length(p_case.region_code) < 15 then return p_case; end if;
  select * into v_route from route_case_v1(p_case, p_at);
  if (v_route.post_id is null and v_route.unit_id is null)
     or (v_route.unit_id is not null and v_route.unit_id = p_case.lead_unit_id)
     or v_route.post_id = p_case.assignee_post_id then return p_case; end if;
  return system_write_v1(p_case, assign_v2(p_case, v_route.post_id, v_route.unit_id, least(v_route.level, 12), p_at), 'reassign', 'move', p_at,
                         jsonb_build_object('why', 'corrected'));
end $$;

-- A dissatisfied reporter (rule C8): first again at the same level by the same people with another verifier, the second time
-- one level up. The third time a third party evaluates (the rating itself asks for it), and its result is final.
create or replace function dissatisfied_v1(p_case cases, p_at timestamptz) returns cases language plpgsql as $$
declare
  v_case cases;
begin
  if p_case.dissatisfactions >= 3 then return p_case; end if;
  v_case := system_write_v1(
    p_case, reopen_v1(p_case, case when p_case.dissatisfactions = 2 then coalesce(level_above_v1(p_case.level), p_case.level)
                                   else p_case.level end, p_at),
    'reopen', 'move', p_at, jsonb_build_object('why', 'dissatisfied'));
  if p_case.dissatisfactions = 2 then return v_case; end if;
  return system_write_v1(v_case, assign_again_v1(v_case, p_at), 'dispatch', 'move', p_at, '{"why": "again"}');
end $$;

-- What the system does in answer to a command, in the same transaction.
create or replace function follow_v1(p_before cases, p_case cases, p_action text, p_more jsonb, p_content jsonb, p_at timestamptz)
returns cases language plpgsql as $$
begin
  case p_action
    when 'accept' then return dispatch_by_system_v1(p_case, p_at);
    when 'correct' then return reroute_v1(p_before, p_case, p_at);
    when 'decide' then
      if not (p_more ->> 'granted')::boolean then return p_case; end if;
      case p_more ->> 'request'
        when 'correction' then return reroute_v1(p_before, p_case, p_at);
        when 'suspend' then
          return system_write_v1(p_case, suspend_v1(p_case, (p_more #>> '{wanted,until}')::timestamptz, p_at),
                                 'suspend', 'move', p_at, '{}');
        when 'void' then return system_write_v1(p_case, end_v1(p_case, 'void', p_at), 'void', 'move', p_at, '{}');
        else return p_case;
      end case;
    when 'confirm' then
      if p_case.state <> 'handled' or p_case.verification <> 'reporter_confirms' then return p_case; end if;
      if (p_content ->> 'fixed')::boolean then
        p_before := p_case;
        p_case.closed_at := p_at;
        return system_write_v1(p_before, end_v1(p_case, 'closed', p_at), 'verify_pass', 'move', p_at,
                               '{"by": "reporter"}');
      end if;
      return system_write_v1(p_case, verify_fail_v1(p_case, p_at), 'verify_fail', 'move', p_at, '{"by": "reporter"}');
    when 'rate' then
      if p_content ->> 'satisfaction' <> 'dissatisfied' then return p_case; end if;
      return dissatisfied_v1(p_case, p_at);
    when 'evaluate' then
      if p_content ->> 'evaluation' = 'solved' then return p_case; end if;
      return system_write_v1(p_case, reopen_v1(p_case, p_case.level, p_at), 'reopen', 'move', p_at, '{"why": "evaluated"}');
    else return p_case;
  end case;
end $$;
