-- What the sender of a report is told. Names of persons are never in it; places and matters are named by the API.
create or replace function receipt_v1(
  p_report reports, p_case cases, p_role text, p_region text, p_unit text, p_unit_en text, p_why text,
  p_known boolean, p_missing text[]
) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'known', p_known, 'id', p_report.id, 'receipt_code', p_report.receipt_code, 'created_at', p_report.created_at,
    'case_id', p_case.id, 'number', p_case.number, 'state', p_case.state, 'category', p_case.category_key,
    'region_code', p_case.region_code, 'place_quality', p_case.place_quality, 'due_at', p_case.due_at,
    'post_role', p_role, 'post_region', p_region, 'unit_name', p_unit, 'unit_name_en', p_unit_en, 'why', p_why,
    'missing_photos', p_missing)
$$;

-- The receipt of a report that was taken before: the same id with the same body. Another body is refused.
create or replace function receipt_again_v1(p_city text, p_author text, p_id uuid, p_hmac bytea, p_photos bytea[])
returns jsonb language plpgsql as $$
declare
  v_report reports;
  v_receipt jsonb;
begin
  select * into v_report from reports where city = p_city and author = p_author and id = p_id;
  if v_report.body_hmac <> p_hmac then raise exception using errcode = 'GZ001', message = 'same_id_other_body'; end if;
  select receipt_v1(v_report, c, p.role, p.region_code, u.name, u.name_en, (
             select e.facts ->> 'why' from events e where e.city = c.city and e.case_id = c.id
                and e.action in ('dispatch', 'reassign') order by e.seq desc limit 1),
           true, link_photos_v1(p_city, p_author, c.id, p_photos))
    into v_receipt
    from cases c left join posts p on p.id = c.assignee_post_id left join units u on u.id = c.lead_unit_id
   where c.city = p_city and c.id = v_report.case_id;
  return v_receipt;
end $$;

create or replace function photo_names_v1(p_photos bytea[]) returns jsonb language plpgsql immutable as $$
begin
  if p_photos = '{}' then return '[]'; end if;
  return (select jsonb_agg(encode(photo, 'hex') order by place) from unnest(p_photos) with ordinality as l (photo, place));
end $$;

-- Takes one report: case, report, events (report, and accept and dispatch by the system when matter and place are
-- certain), clocks and photos, all or nothing, idempotent on (author, id). A refusal is raised as SQLSTATE GZ001 with the
-- problem's code as message. Sources: rules P3, C4, K2, domain section 5.
-- Few and large statements, because PL/pgSQL prepares every expression anew in each transaction; generic plans, because
-- planning these for the values at hand costs more than running them.
create or replace function report_v1(
  p_city text, p_author text, p_id uuid, p_case_id uuid, p_receipt text, p_secret bytea, p_hmac bytea, p_user uuid,
  p_occurred timestamptz, p_channel text, p_category text, p_kind text, p_code text, p_danger boolean,
  p_text text, p_address text, p_lng float8, p_lat float8, p_accuracy real, p_origin text,
  p_raw_lng float8, p_raw_lat float8, p_system text, p_photos bytea[]
) returns jsonb language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_now timestamptz := clock_timestamp();
  v_report reports;
  v_case cases;
  v_matter record;
  v_place record;
  v_due record;
  v_route record;
  v_unit record;
  v_last int := 1;  -- the events written at once: report, accept, dispatch
  v_salt bytea := uuid_send(gen_random_uuid());
  v_body jsonb;
begin
  insert into reports (city, author, id, case_id, receipt_code, secret_hash, body_hmac, occurred_at, created_at)
  values (p_city, p_author, p_id, p_case_id, p_receipt, p_secret, p_hmac, p_occurred, v_now)
  on conflict (city, author, id) do nothing returning * into v_report;
  if not found then return receipt_again_v1(p_city, p_author, p_id, p_hmac, p_photos); end if;

  -- The matter: the one named, else the category's; for some categories none is certain.
  select c.key as category, m.kind, m.code, m.category_key, coalesce(m.confidentiality, 'internal') as confidentiality,
         case when p_danger then 'critical' else coalesce(m.urgency, 'ordinary') end as urgency,
         coalesce(m.photo_report, c.photo) = 'required' and not p_danger and p_channel = 'app' as needs_photo
    into v_matter
    from (select p_category as key) asked
    left join resident_categories c on c.city = p_city and c.key = asked.key
    left join city_matters m on m.city = p_city and m.kind = coalesce(p_kind, c.matter_kind)
                            and m.code = coalesce(p_code, c.matter_code);
  if (p_category is not null and v_matter.category is null) or (p_kind is not null and v_matter.code is null) then
    raise exception using errcode = 'GZ001', message = 'unknown_matter';
  end if;
  if v_matter.needs_photo and p_photos = '{}' then
    raise exception using errcode = 'GZ001', message = 'photo_required';
  end if;

  if p_lng is not null then
    v_place := locate_v1(p_city, p_lng, p_lat);
    if v_place.region_code is null then raise exception using errcode = 'GZ001', message = 'outside_city'; end if;
  elsif p_address is not null then
    select p_city as region_code, 'unsure' as quality into v_place;
  else
    raise exception using errcode = 'GZ001', message = 'place_needed';
  end if;

  -- Matter and place are certain: the system accepts at once, and dispatches when the route is certain too.
  v_due := first_dues_v1(p_city, v_matter.kind, v_matter.code, v_matter.urgency, v_now);
  if v_matter.code is not null and length(v_place.region_code) = 15 then
    v_last := 2;
    select * into v_route from route_v1(p_city, v_matter.kind, v_matter.code, v_place.region_code, v_now);
    if v_route.why is not null then v_last := 3; end if;
    if v_route.unit_id is not null then select name, name_en into v_unit from units where id = v_route.unit_id; end if;
  else
    select null::uuid as post_id, null as role, null as post_region, null::uuid as unit_id, null::smallint as level,
           null as why into v_route;
  end if;
  if v_route.unit_id is null then select null as name, null as name_en into v_unit; end if;

  insert into cases (
    city, id, number, state, version, seq, level, urgency, confidentiality, channel, category_key, matter_kind, matter_code,
    region_code, place_quality, point, accuracy_m, origin, raw_lng, raw_lat, raw_system, address, lead_unit_id,
    assignee_post_id, step, step_started_at, due_at, created_at, updated_at)
  values (
    p_city, p_case_id,
    rpad(left(v_place.region_code, 6), 6, '0') || to_char(v_now at time zone 'Asia/Shanghai', '-YYYYMMDD-')
      || lpad((nextval('case_numbers') % 1000000)::text, 6, '0'),
    (array['reported', 'accepted', 'dispatched'])[v_last], v_last, v_last,
    coalesce(v_route.level, least(length(v_place.region_code), 12)), v_matter.urgency, v_matter.confidentiality, p_channel,
    coalesce(p_category, v_matter.category_key), v_matter.kind, v_matter.code, v_place.region_code, v_place.quality,
    case when p_lng is not null then st_setsrid(st_point(p_lng, p_lat), 4326) end, p_accuracy, p_origin,
    p_raw_lng, p_raw_lat, p_system, p_address, v_route.unit_id, v_route.post_id,
    (array['accept', 'dispatch', 'sign'])[v_last], v_now, (array[v_due.accept, v_due.dispatch, v_due.sign])[v_last],
    v_now, v_now)
  returning * into v_case;

  v_body := jsonb_build_object('text', p_text, 'photos', photo_names_v1(p_photos));
  insert into events (city, case_id, seq, at, occurred_at, action, actor_kind, actor_user_id, version, state, facts,
                      audience, digest)
  select p_city, p_case_id, e.seq, v_now, case e.seq when 1 then p_occurred else v_now end, e.action,
         case e.seq when 1 then 'reporter' else 'system' end, case e.seq when 1 then p_user end, e.seq, e.state, e.facts,
         case e.seq when 3 then array_remove(array['region:' || v_case.region_code, 'post:' || v_case.assignee_post_id,
                                                   'unit:' || v_case.lead_unit_id], null)
                    else array['region:' || v_case.region_code] end, e.digest
    from (select jsonb_build_object(
                   'number', v_case.number, 'level', least(length(v_case.region_code), 12), 'urgency', v_case.urgency,
                   'channel', v_case.channel, 'confidentiality', v_case.confidentiality, 'category', v_case.category_key,
                   'matter', v_case.matter_kind || ':' || v_case.matter_code, 'region', v_case.region_code,
                   'place_quality', v_case.place_quality, 'lng', p_lng, 'lat', p_lat, 'accuracy_m', p_accuracy,
                   'origin', p_origin, 'step', 'accept', 'due_at', v_due.accept) as report,
                 jsonb_build_object('step', 'dispatch', 'due_at', v_due.dispatch) as accept,
                 jsonb_build_object(
                   'assignee_post', v_case.assignee_post_id, 'lead_unit', v_case.lead_unit_id, 'level', v_case.level,
                   'region', v_case.region_code, 'matter', v_case.matter_kind || ':' || v_case.matter_code,
                   'category', v_case.category_key, 'step', 'sign', 'due_at', v_due.sign, 'why', v_route.why) as dispatch) f
    cross join lateral (select digest_v1(null, 1, 'report', 'reported', f.report,
                                         sha256(v_salt || convert_to(v_body::text, 'UTF8'))) as first offset 0) d1
    cross join lateral (select digest_v1(d1.first, 2, 'accept', 'accepted', f.accept, null) as second offset 0) d2
    cross join lateral (values
      (1, 'report', 'reported', f.report, d1.first),
      (2, 'accept', 'accepted', f.accept, d2.second),
      (3, 'dispatch', 'dispatched', f.dispatch, digest_v1(d2.second, 3, 'dispatch', 'dispatched', f.dispatch, null))
    ) as e (seq, action, state, facts, digest)
   where e.seq <= v_last;
  insert into event_bodies (city, case_id, seq, salt, body) values (p_city, p_case_id, 1, v_salt, v_body);
  insert into clocks (city, case_id, step, round, started_at, due_at, stopped_at, done_at)
  select p_city, p_case_id, k.step, 1, v_now, k.due_at, k.stopped_at, k.stopped_at
    from (values (1, 'accept', v_due.accept, case when v_last > 1 then v_now end),
                 (2, 'dispatch', v_due.dispatch, case when v_last > 2 then v_now end),
                 (3, 'sign', v_due.sign, null)) as k (seq, step, due_at, stopped_at)
   where k.seq <= v_last;

  return receipt_v1(
    v_report, v_case, v_route.role, v_route.post_region, v_unit.name, v_unit.name_en, v_route.why, false,
    case when p_photos = '{}' then '{}' else link_photos_v1(p_city, p_author, p_case_id, p_photos) end);
end $$;
