-- Who did something, as the digest holds it.
create or replace function who_v1(p_kind text, p_user uuid, p_post uuid) returns text language sql immutable as $$
  select p_kind || ':' || coalesce(p_user::text, '') || ':' || coalesce(p_post::text, '')
$$;

-- One event's digest: a chain over the previous one, who did what when, the facts, and the salted digest of the body, so
-- that a body can be erased without breaking the chain. Times as seconds since 1970, whatever zone a session has.
create or replace function digest_v1(
  p_previous bytea, p_seq int, p_version int, p_action text, p_state text, p_who text, p_at timestamptz,
  p_occurred timestamptz, p_facts jsonb, p_body bytea
) returns bytea language sql stable as $$
  select sha256(coalesce(p_previous, '') || convert_to(
                  p_seq::text || '|' || p_version::text || '|' || p_action || '|' || p_state || '|' || p_who || '|'
                  || extract(epoch from p_at)::text || '|' || extract(epoch from p_occurred)::text || '|'
                  || p_facts::text, 'UTF8')
                || coalesce(p_body, ''))
$$;

-- Appends one event to a case whose row is locked (or new) and returns its digest.
create or replace function append_event_v1(
  p_case cases, p_action text, p_actor_kind text, p_user uuid, p_post uuid, p_occurred timestamptz, p_at timestamptz,
  p_facts jsonb, p_audience text[], p_body jsonb, p_previous bytea
) returns bytea language plpgsql as $$
declare
  v_salt bytea;
  v_digest bytea;
begin
  if p_body is not null then v_salt := uuid_send(gen_random_uuid()); end if;
  v_digest := digest_v1(p_previous, p_case.seq, p_case.version, p_action, p_case.state,
                        who_v1(p_actor_kind, p_user, p_post), p_at, p_occurred, p_facts,
                        case when p_body is not null then sha256(v_salt || convert_to(p_body::text, 'UTF8')) end);
  insert into events (city, case_id, seq, at, occurred_at, action, actor_kind, actor_user_id, actor_post_id,
                      version, state, facts, audience, digest)
  values (p_case.city, p_case.id, p_case.seq, p_at, p_occurred, p_action, p_actor_kind, p_user, p_post,
          p_case.version, p_case.state, p_facts, p_audience, v_digest);
  if p_body is not null then
    insert into event_bodies (city, case_id, seq, salt, body) values (p_case.city, p_case.id, p_case.seq, v_salt, p_body);
  end if;
  return v_digest;
end $$;

-- The audience token of a case's place: everything above it, and the grid's posts unless they may not know (rule P8).
create or replace function region_token_v1(p_region text, p_confidentiality text) returns text language sql immutable as $$
  select 'region:' || case when p_confidentiality = 'sensitive' then left(p_region, 12) else p_region end
$$;

-- Who could see a case: as region, unit and post tokens. Taken before and after a move, so that losing it is told too.
create or replace function audience_v1(p_case cases) returns text[] language plpgsql immutable as $$
begin
  return array_remove(array[region_token_v1(p_case.region_code, p_case.confidentiality), 'post:' || p_case.assignee_post_id,
                            'unit:' || p_case.lead_unit_id, 'post:' || p_case.verifier_post_id], null);
end $$;

-- Stops the running clock of a case and starts the one of its new step. `p_done` is when it was done by the device.
create or replace function turn_clock_v1(p_case cases, p_before text, p_at timestamptz, p_done timestamptz) returns void
language plpgsql as $$
begin
  update clocks set stopped_at = p_at, done_at = p_done
   where city = p_case.city and case_id = p_case.id and step = p_before and stopped_at is null;
  if p_case.step is not null then
    insert into clocks (city, case_id, step, round, started_at, due_at)
    select p_case.city, p_case.id, p_case.step, coalesce(max(round), 0) + 1, p_at, p_case.due_at
      from clocks where city = p_case.city and case_id = p_case.id and step = p_case.step;
  end if;
end $$;

-- Gives a case its assignee and the sign clock. The caller appends the event.
create or replace function assign_v1(p_case cases, p_post uuid, p_unit uuid, p_level smallint, p_at timestamptz)
returns cases language plpgsql as $$
begin
  p_case.state := 'dispatched';
  p_case.version := p_case.version + 1;
  p_case.seq := p_case.seq + 1;
  p_case.assignee_post_id := p_post;
  p_case.lead_unit_id := coalesce(p_unit, (select unit_id from posts where id = p_post));
  p_case.level := coalesce(p_level, p_case.level);
  p_case.step := 'sign';
  p_case.step_started_at := p_at;
  p_case.due_at := step_due_v1(p_case.city, p_case.matter_kind, p_case.matter_code, p_case.urgency, 'sign', p_at);
  return p_case;
end $$;

-- The facts that replay needs of a case's assignment.
create or replace function assignment_facts_v1(p_case cases, p_before cases, p_why text) returns jsonb language plpgsql immutable as $$
begin
  return jsonb_build_object(
    'assignee_post', p_case.assignee_post_id, 'lead_unit', p_case.lead_unit_id,
    'previous_post', p_before.assignee_post_id, 'previous_unit', p_before.lead_unit_id,
    'level', p_case.level, 'region', p_case.region_code, 'matter', p_case.matter_kind || ':' || p_case.matter_code,
    'category', p_case.category_key, 'step', p_case.step, 'due_at', p_case.due_at, 'why', p_why);
end $$;
