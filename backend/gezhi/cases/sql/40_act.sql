-- How a signed-in person stands to a case: one row per relation with the post that gives it (rules P1, P7, C3).
-- 'grid' and 'viewer' only see; 'assignee', 'verifier' and 'desk' may act.
create or replace function relations_v1(p_case cases, p_user uuid, p_at timestamptz)
returns table (relation text, post_id uuid) language sql stable as $$
  select r.relation, (array_agg(p.id order by p.id))[1]
    from posts p
    left join units u on u.id = p.unit_id
    cross join lateral (values
      ('assignee', p.id = p_case.assignee_post_id
                   or (p_case.assignee_post_id is null and p.unit_id = p_case.lead_unit_id
                       and p.role in ('handler', 'responder', 'dispatcher', 'mediator'))),
      ('verifier', p_case.state = 'handled'
                   and (p.id = p_case.verifier_post_id
                    or (u.kind = 'centre' and p.role in ('dispatcher', 'duty_leader')
                        and starts_with(p_case.verifier_region, p.region_code)))
                   and not exists (select from posts h where h.id = p_case.handled_by_post_id and h.user_id = p_user)),
      ('desk', u.kind = 'centre' and p.role in ('dispatcher', 'duty_leader') and starts_with(p_case.region_code, p.region_code)),
      ('viewer', u.kind = 'centre' and p.role = 'leader' and starts_with(p_case.region_code, p.region_code)
                 or p.unit_id = p_case.lead_unit_id),
      ('grid', u.id is null and p.region_code = p_case.region_code and p_case.confidentiality <> 'sensitive')
    ) as r (relation, holds)
   where p.user_id = p_user and p.city = p_case.city
     and p.starts_on <= city_date_v1(p_at) and (p.ends_on is null or p.ends_on >= city_date_v1(p_at)) and r.holds
   group by r.relation
$$;

-- What the API needs to answer a command: the state now, and how the caller stands to the case.
create or replace function outcome_v1(p_case cases, p_relations text[], p_refused text, p_known boolean, p_more jsonb)
returns jsonb language plpgsql immutable as $$
begin
  return jsonb_build_object('case_id', p_case.id, 'state', p_case.state, 'version', p_case.version, 'seq', p_case.seq,
                            'relations', p_relations, 'refused', p_refused, 'known', p_known) || p_more;
end $$;

-- Who verifies (rule C3): never the one who handled it. The grid's worker, else another post of the grid on duty, else
-- the desk of the community (or the one above that is attended).
create or replace function verifier_v1(p_case cases, p_handler uuid, p_at timestamptz, out post_id uuid, out desk text)
language plpgsql stable as $$
begin
  select p.id into post_id from posts p
   where p.region_code = p_case.region_code and p.unit_id is null
     and p.role in ('grid_worker', 'grid_leader', 'assistant', 'instructor')
     and p.user_id <> (select user_id from posts where id = p_handler)
     and p.starts_on <= city_date_v1(p_at) and (p.ends_on is null or p.ends_on >= city_date_v1(p_at)) and on_duty_v1(p.id, p_at)
   order by p.role <> 'grid_worker', p.role <> 'grid_leader', p.id limit 1;
  if not found then desk := attended_desk_v1(p_case.city, p_case.region_code, p_at); end if;
end $$;

-- Checks the position sent with a verification (rule C2). Where the matter is verified on site, a certain position outside the fence is refused; an uncertain
-- one (accuracy over 100 m, or none) is recorded as doubtful and never traps the worker.
create or replace function fence_v1(p_case cases, p_lng float8, p_lat float8, p_accuracy real) returns jsonb
language plpgsql stable as $$
declare
  v_matter city_matters;
  v_distance float8;
begin
  if p_lng is null or p_case.point is null then
    return jsonb_build_object('distance_m', null, 'accuracy_m', p_accuracy, 'doubtful', p_case.point is not null);
  end if;
  v_distance := st_distance(p_case.point::geography, st_setsrid(st_point(p_lng, p_lat), 4326)::geography);
  select * into v_matter from city_matters
   where city = p_case.city and kind = p_case.matter_kind and code = p_case.matter_code;
  if v_matter.verification = 'on_site' and v_distance > v_matter.fence_m + p_accuracy and p_accuracy <= 100 then
    raise exception using errcode = 'GZ001', message = 'outside_fence',
      detail = jsonb_build_object('distance', round(v_distance), 'fence', v_matter.fence_m)::text;
  end if;
  return jsonb_build_object('distance_m', round(v_distance), 'accuracy_m', round(p_accuracy), 'doubtful', p_accuracy > 100);
end $$;

-- One command on a case by a signed-in person. The workflow row comes as data; under the row lock this decides who, state
-- and version, appends the event, updates the row and returns facts. A command refused because the case has moved on is
-- kept with its content as not adopted (rule C6) and changes nothing; a faulty one is raised as GZ001 and stores nothing.
create or replace function act_v1(
  p_city text, p_author text, p_user uuid, p_id uuid, p_case_id uuid, p_hmac bytea, p_row jsonb, p_version int, p_after uuid,
  p_occurred timestamptz, p_content jsonb, p_photos bytea[], p_lng float8, p_lat float8, p_accuracy real
) returns jsonb language plpgsql as $$
declare
  v_now timestamptz;
  v_action text := p_row ->> 'action';
  v_case cases;
  v_before cases;
  v_known commands;
  v_relations jsonb;
  v_names text[];
  v_relation text;
  v_post uuid;
  v_refused text;
  v_facts jsonb;
  v_missing text[] := '{}';
  v_done timestamptz;
begin
  select * into v_case from cases where city = p_city and id = p_case_id for update;
  if not found then raise exception using errcode = 'GZ001', message = 'not_found'; end if;
  v_now := clock_timestamp();
  select coalesce(jsonb_object_agg(relation, post_id), '{}') into v_relations from relations_v1(v_case, p_user, v_now);
  v_names := array(select jsonb_object_keys(v_relations));

  select * into v_known from commands where city = p_city and author = p_author and id = p_id;
  if found then
    if v_known.body_hmac <> p_hmac then raise exception using errcode = 'GZ001', message = 'same_id_other_body'; end if;
    if cardinality(p_photos) > 0 then v_missing := link_photos_v1(p_city, p_author, p_case_id, p_photos); end if;
    return outcome_v1(v_case, v_names, v_known.refused, true, jsonb_build_object('missing_photos', v_missing));
  end if;

  -- The relation by which the caller may do this; a case that one never saw does not exist for them (404).
  select r, (v_relations ->> r)::uuid into v_relation, v_post
    from jsonb_array_elements_text(p_row -> 'by') r where v_relations ? r limit 1;
  if v_relation is null and v_names = '{}' and not exists (
       select from events e where e.city = p_city and e.case_id = p_case_id
          and (e.actor_user_id = p_user or exists (
            select from posts p where p.user_id = p_user and 'post:' || p.id = any (e.audience)))) then
    raise exception using errcode = 'GZ001', message = 'not_found';
  end if;

  v_refused := case
    when v_names = '{}' then 'no_longer_yours'
    when not p_row -> 'from' ? v_case.state then 'not_allowed_now'
    when v_relation is null then 'not_yours_to_do'
    when p_row ->> 'kind' = 'move' and p_after is not null and v_case.version is distinct from (
      select version from commands where city = p_city and author = p_author and id = p_after and case_id = p_case_id and refused is null)
      then 'stale_version'
    when p_row ->> 'kind' = 'move' and p_after is null and v_case.version is distinct from p_version then 'stale_version'
  end;
  if v_refused is not null then
    insert into commands (city, author, id, case_id, action, body_hmac, refused, content)
    values (p_city, p_author, p_id, p_case_id, v_action, p_hmac, v_refused, p_content);
    if cardinality(p_photos) > 0 then v_missing := link_photos_v1(p_city, p_author, p_case_id, p_photos); end if;
    return outcome_v1(v_case, v_names, v_refused, false, jsonb_build_object('missing_photos', v_missing));
  end if;

  v_done := least(greatest(p_occurred, coalesce(v_case.step_started_at, p_occurred)), v_now);
  v_before := v_case;
  v_case := move_v1(v_case, p_row, v_post, p_user, v_now, p_content, p_photos);
  v_facts := facts_v1(v_case, v_before, v_action, p_content);
  if v_action in ('verify_pass', 'verify_fail') then
    v_facts := v_facts || jsonb_build_object('position', fence_v1(v_before, p_lng, p_lat, p_accuracy));
  end if;

  update cases set
      state = v_case.state, version = v_case.version, seq = v_case.seq, level = v_case.level, urgency = v_case.urgency,
      confidentiality = v_case.confidentiality, category_key = v_case.category_key, matter_kind = v_case.matter_kind,
      matter_code = v_case.matter_code, lead_unit_id = v_case.lead_unit_id, assignee_post_id = v_case.assignee_post_id,
      handled_by_post_id = v_case.handled_by_post_id, verifier_post_id = v_case.verifier_post_id,
      verifier_region = v_case.verifier_region, step = v_case.step, step_started_at = v_case.step_started_at,
      due_at = v_case.due_at, updated_at = v_now, closed_at = v_case.closed_at
   where city = p_city and id = p_case_id;
  if v_case.step is distinct from v_before.step or v_action in ('reassign') then
    perform turn_clock_v1(v_case, v_before.step, v_now, v_done);
  end if;
  perform append_event_v1(
    v_case, v_action, 'post', p_user, v_post, v_done, v_now, v_facts,
    (select array_agg(distinct token) from unnest(audience_v1(v_before) || audience_v1(v_case)) token),
    nullif(jsonb_strip_nulls(jsonb_build_object(
      'note', p_content -> 'note', 'reason', p_content -> 'reason', 'reply', p_content -> 'reply',
      'position', p_content -> 'position',
      'photos', case when cardinality(p_photos) > 0 then photo_names_v1(p_photos) end)), '{}'),
    (select digest from events where city = p_city and case_id = p_case_id and seq = v_before.seq));
  insert into commands (city, author, id, case_id, action, body_hmac, seq, version)
  values (p_city, p_author, p_id, p_case_id, v_action, p_hmac, v_case.seq, v_case.version);
  if cardinality(p_photos) > 0 then v_missing := link_photos_v1(p_city, p_author, p_case_id, p_photos); end if;

  if v_action = 'accept' then v_case := dispatch_by_system_v1(v_case, v_now); end if;
  return outcome_v1(v_case, array(select relation from relations_v1(v_case, p_user, v_now)), null, false,
                    jsonb_build_object('missing_photos', v_missing));
end $$;
