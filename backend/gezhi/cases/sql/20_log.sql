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
create or replace function audience_v1(p_case cases) returns text[] language plpgsql stable as $$
begin
  return array_remove(array[region_token_v1(p_case.region_code, p_case.confidentiality), 'post:' || p_case.assignee_post_id,
                            'unit:' || p_case.lead_unit_id,
                            'unit:' || (select parent_unit_id from units where id = p_case.lead_unit_id),
                            'post:' || p_case.verifier_post_id,
                            'post:' || p_case.keeper_post_id, 'unit:' || p_case.keeper_unit_id], null)
         || array(select coalesce('post:' || post_id, 'unit:' || unit_id) from tasks
                   where city = p_case.city and case_id = p_case.id and closed_at is null and desk is null);
end $$;

create or replace function photo_names_v1(p_photos bytea[]) returns jsonb language plpgsql immutable as $$
begin
  if p_photos = '{}' then return '[]'; end if;
  return (select jsonb_agg(encode(photo, 'hex') order by place) from unnest(p_photos) with ordinality as l (photo, place));
end $$;
