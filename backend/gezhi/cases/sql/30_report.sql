-- What the sender of a report is told, built whole by the database. Names of persons are never in it.
create or replace function receipt_v1(p_report reports, p_known boolean, p_missing text[]) returns jsonb
language plpgsql stable as $$
begin
  return (select jsonb_build_object(
    'known', p_known, 'id', p_report.id, 'case_id', c.id, 'number', c.number, 'receipt_code', p_report.receipt_code,
    'state', c.state, 'category', c.category_key, 'matter_kind', c.matter_kind, 'matter_code', c.matter_code,
    'region_code', c.region_code, 'place_quality', c.place_quality,
    'post_role', p.role, 'post_region', p.region_code,
    'unit_name', u.name, 'unit_name_en', u.name_en,
    'why', (select e.facts ->> 'why' from events e
             where e.city = c.city and e.case_id = c.id and e.action in ('dispatch', 'reassign') order by e.seq desc limit 1),
    'due_at', c.due_at, 'missing_photos', p_missing, 'created_at', p_report.created_at)
  from cases c
  left join posts p on p.id = c.assignee_post_id
  left join units u on u.id = c.lead_unit_id
  where c.city = p_report.city and c.id = p_report.case_id);
end $$;

-- The facts of a new case: all that replay needs, nothing that a person wrote.
create or replace function report_facts_v1(p_case cases) returns jsonb language plpgsql immutable as $$
begin
  return jsonb_build_object(
    'number', p_case.number, 'level', p_case.level, 'urgency', p_case.urgency, 'channel', p_case.channel,
    'confidentiality', p_case.confidentiality, 'category', p_case.category_key,
    'matter', p_case.matter_kind || ':' || p_case.matter_code, 'region', p_case.region_code,
    'place_quality', p_case.place_quality, 'lng', st_x(p_case.point), 'lat', st_y(p_case.point),
    'accuracy_m', p_case.accuracy_m, 'origin', p_case.origin, 'step', p_case.step, 'due_at', p_case.due_at);
end $$;

create or replace function photo_names_v1(p_photos bytea[]) returns jsonb language sql immutable as $$
  select coalesce(jsonb_agg(encode(photo, 'hex') order by place), '[]')
    from unnest(p_photos) with ordinality as listed (photo, place)
$$;

-- Takes one report: case, report, events (report, and accept and dispatch by the system when matter and place are
-- certain), clocks and photos, all or nothing, idempotent on (author, id). A refusal is raised as SQLSTATE GZ001 with the
-- problem's code as message. Sources: rules P3, C4, domain section 5, K2.
create or replace function report_v1(
  p_city text, p_author text, p_id uuid, p_case_id uuid, p_receipt text, p_secret bytea, p_hmac bytea, p_user uuid,
  p_occurred timestamptz, p_channel text, p_category text, p_kind text, p_code text, p_danger boolean,
  p_text text, p_address text, p_lng float8, p_lat float8, p_accuracy real, p_origin text,
  p_raw_lng float8, p_raw_lat float8, p_system text, p_photos bytea[]
) returns jsonb language plpgsql as $$
declare
  v_now timestamptz := clock_timestamp();
  v_report reports;
  v_case cases;
  v_reported cases;
  v_accepted cases;
  v_matter record;
  v_place record;
  v_route record;
  v_body jsonb;
  v_salt bytea := uuid_send(gen_random_uuid());
  v_facts jsonb[];
  v_digests bytea[];
  v_missing text[] := '{}';
begin
  insert into reports (city, author, id, case_id, receipt_code, secret_hash, body_hmac, occurred_at, created_at)
  values (p_city, p_author, p_id, p_case_id, p_receipt, p_secret, p_hmac, p_occurred, v_now)
  on conflict (city, author, id) do nothing returning * into v_report;
  if not found then
    select * into v_report from reports where city = p_city and author = p_author and id = p_id;
    if v_report.body_hmac <> p_hmac then raise exception using errcode = 'GZ001', message = 'same_id_other_body'; end if;
    if cardinality(p_photos) > 0 then
      v_missing := link_photos_v1(p_city, p_author, v_report.case_id, p_photos);
    end if;
    return receipt_v1(v_report, true, v_missing);
  end if;

  -- The matter: the one named, else the category's; none of them is certain for some categories.
  select c.key as category, c.photo, m.* into v_matter
    from (select p_category as key) asked
    left join resident_categories c on c.city = p_city and c.key = asked.key
    left join city_matters m on m.city = p_city and m.kind = coalesce(p_kind, c.matter_kind)
                            and m.code = coalesce(p_code, c.matter_code);
  if (p_category is not null and v_matter.category is null) or (p_kind is not null and v_matter.code is null) then
    raise exception using errcode = 'GZ001', message = 'unknown_matter';
  end if;
  if cardinality(p_photos) = 0 and p_channel = 'app' and not p_danger
     and coalesce(v_matter.photo_report, v_matter.photo, 'optional') = 'required' then
    raise exception using errcode = 'GZ001', message = 'photo_required';
  end if;

  if p_lng is not null then
    select * into v_place from locate_v1(p_city, p_lng, p_lat);
    if v_place.region_code is null then raise exception using errcode = 'GZ001', message = 'outside_city'; end if;
  elsif p_address is not null then
    select p_city as region_code, 'unsure' as quality into v_place;
  else
    raise exception using errcode = 'GZ001', message = 'place_needed';
  end if;

  v_case.city := p_city;
  v_case.id := p_case_id;
  v_case.number := rpad(left(v_place.region_code, 6), 6, '0') || to_char(v_now at time zone 'Asia/Shanghai', '-YYYYMMDD-')
                   || lpad((nextval('case_numbers') % 1000000)::text, 6, '0');
  v_case.state := 'reported';
  v_case.version := 1;
  v_case.seq := 1;
  v_case.level := least(length(v_place.region_code), 12);
  v_case.urgency := case when p_danger then 'critical' else coalesce(v_matter.urgency, 'ordinary') end;
  v_case.confidentiality := coalesce(v_matter.confidentiality, 'internal');
  v_case.channel := p_channel;
  v_case.category_key := coalesce(p_category, v_matter.category_key);
  v_case.matter_kind := v_matter.kind;
  v_case.matter_code := v_matter.code;
  v_case.region_code := v_place.region_code;
  v_case.place_quality := v_place.quality;
  if p_lng is not null then v_case.point := st_setsrid(st_point(p_lng, p_lat), 4326); end if;
  v_case.accuracy_m := p_accuracy;
  v_case.origin := p_origin;
  v_case.raw_lng := p_raw_lng;
  v_case.raw_lat := p_raw_lat;
  v_case.raw_system := p_system;
  v_case.address := p_address;
  v_case.created_at := v_now;
  v_case.updated_at := v_now;
  v_case.step := 'accept';
  v_case.step_started_at := v_now;
  v_case.due_at := step_due_v1(p_city, v_case.matter_kind, v_case.matter_code, v_case.urgency, 'accept', v_now);
  v_reported := v_case;

  -- Matter and place are certain: the system accepts at once, and dispatches when the route is certain too.
  if v_case.matter_code is not null and length(v_case.region_code) = 15 then
    v_case.state := 'accepted';
    v_case.version := 2;
    v_case.seq := 2;
    v_case.step := 'dispatch';
    v_case.due_at := step_due_v1(p_city, v_case.matter_kind, v_case.matter_code, v_case.urgency, 'dispatch', v_now);
    v_accepted := v_case;
    select * into v_route from route_v1(p_city, v_case.matter_kind, v_case.matter_code, v_case.region_code, v_now);
    if v_route.why is not null then
      v_case := assign_v1(v_case, v_route.post_id, v_route.unit_id, v_route.level, v_now);
    end if;
  end if;

  insert into cases values (v_case.*);

  -- One to three events in one statement; append_event_v1 is for the ones that come later.
  v_body := jsonb_build_object('text', p_text, 'photos', photo_names_v1(p_photos));
  v_facts[1] := report_facts_v1(v_reported);
  v_digests[1] := digest_v1(null, 1, 'report', 'reported', v_facts[1], sha256(v_salt || convert_to(v_body::text, 'UTF8')));
  if v_case.seq > 1 then
    v_facts[2] := jsonb_build_object('step', v_accepted.step, 'due_at', v_accepted.due_at);
    v_digests[2] := digest_v1(v_digests[1], 2, 'accept', 'accepted', v_facts[2], null);
  end if;
  if v_case.seq > 2 then
    v_facts[3] := assignment_facts_v1(v_case, v_accepted, v_route.why);
    v_digests[3] := digest_v1(v_digests[2], 3, 'dispatch', 'dispatched', v_facts[3], null);
  end if;
  insert into events (city, case_id, seq, at, occurred_at, action, actor_kind, actor_user_id, version, state, facts,
                      audience, digest)
  select p_city, p_case_id, seq, v_now, case seq when 1 then p_occurred else v_now end, action,
         case seq when 1 then 'reporter' else 'system' end, case seq when 1 then p_user end, seq, state, v_facts[seq],
         case seq when 3 then audience_v1(v_case) else array['region:' || v_case.region_code] end, v_digests[seq]
    from (values (1, 'report', 'reported'), (2, 'accept', 'accepted'), (3, 'dispatch', 'dispatched'))
      as e (seq, action, state)
   where seq <= v_case.seq;
  insert into event_bodies (city, case_id, seq, salt, body) values (p_city, p_case_id, 1, v_salt, v_body);
  insert into clocks (city, case_id, step, round, started_at, due_at, stopped_at, done_at)
  select p_city, p_case_id, step, 1, v_now, due_at,
         case when seq < v_case.seq then v_now end, case when seq < v_case.seq then v_now end
    from (values (1, 'accept', v_reported.due_at), (2, 'dispatch', v_accepted.due_at), (3, 'sign', v_case.due_at))
      as k (seq, step, due_at)
   where seq <= v_case.seq;

  if cardinality(p_photos) > 0 then v_missing := link_photos_v1(p_city, p_author, p_case_id, p_photos); end if;
  return receipt_v1(v_report, false, v_missing);
end $$;
