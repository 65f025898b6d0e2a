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
                and e.facts ->> 'why' is not null order by e.seq desc limit 1),
           true, link_photos_v1(p_city, p_author, c.id, p_photos))
    into v_receipt
    from cases c left join posts p on p.id = c.assignee_post_id left join units u on u.id = c.lead_unit_id
   where c.city = p_city and c.id = v_report.case_id;
  return v_receipt;
end $$;

-- Takes one report: case, report, events (report, and accept and dispatch by the system when matter and place are
-- certain), clocks and photos, all or nothing, idempotent on (author, id). A refusal is raised as SQLSTATE GZ001 with the
-- problem's code as message. `p_region` is where a desk knows an address to be; `p_reporter` is the row of a name or number
-- in the vault; `p_hold` accepts without dispatching, for what its sender has settled already. All limits count from here:
-- accept, contact and dispatch from the report, arrival from the dispatch (rule K2). Sources: rules P3, P8, C4, K1, K2,
-- domain section 5.
-- Few and large statements, because PL/pgSQL prepares every expression anew in each transaction; generic plans, because
-- planning these for the values at hand costs more than running them.
create or replace function report_v2(
  p_city text, p_author text, p_id uuid, p_case_id uuid, p_receipt text, p_secret bytea, p_hmac bytea, p_user uuid,
  p_occurred timestamptz, p_channel text, p_category text, p_kind text, p_code text, p_danger boolean,
  p_text text, p_address text, p_lng float8, p_lat float8, p_accuracy real, p_origin text,
  p_raw_lng float8, p_raw_lat float8, p_system text, p_photos bytea[],
  p_region text, p_reporter uuid, p_phone_hmac bytea, p_hidden boolean, p_photo_waived boolean, p_hold boolean
) returns jsonb language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_now timestamptz := now_v1();
  v_report reports;
  v_case cases;
  v_new record;
  v_last int := 1;  -- the events written at once: report, accept, dispatch
  v_salt bytea := uuid_send(gen_random_uuid());
  v_body jsonb;
begin
  insert into reports (city, author, id, case_id, receipt_code, secret_hash, body_hmac, occurred_at, created_at, channel,
                       reporter_id, phone_hmac, hidden)
  values (p_city, p_author, p_id, p_case_id, p_receipt, p_secret, p_hmac, p_occurred, v_now, p_channel, p_reporter,
          p_phone_hmac, p_hidden)
  on conflict (city, author, id) do nothing returning * into v_report;
  if not found then return receipt_again_v1(p_city, p_author, p_id, p_hmac, p_photos); end if;

  -- One look at all that is usually needed: the matter (the one named, else the category's; for some categories none is
  -- certain), the grid, the rule it meets, who answers for the matter, the grid's post, the limits.
  select c.key as category, m.kind, m.code, m.category_key, m.group_key, m.admitted = 'admitted' as admitted,
         coalesce(m.confidentiality, 'sensitive') as confidentiality, asked.urgency, asked.reporter_kind,
         coalesce(m.photo_report, c.photo) = 'required' and not p_danger and not p_photo_waived as needs_photo,
         coalesce(g.code, case when p_lng is null then coalesce(p_region, p_city) end) as region_code,
         case when p_lng is null then 'unsure' else 'exact' end as quality,
         p.post_id, p.role, g.code as post_region, null::uuid as unit_id, null::text as unit_name,
         null::text as unit_name_en, r.level,
         case when p.post_id is not null then case p.role when 'grid_worker' then p.role else 'grid_post' end end as why,
         f.profile, d.*
    into v_new
    from (select p_category as key, reporter_kind_v1(p_author, p_channel, p_reporter) as reporter_kind) sent
    left join resident_categories c on c.city = p_city and c.key = sent.key
    left join city_matters m on m.city = p_city and m.kind = coalesce(p_kind, c.matter_kind)
                            and m.code = coalesce(p_code, c.matter_code)
   cross join lateral (select case when p_danger then 'critical' else coalesce(m.urgency, 'ordinary') end as urgency,
                              sent.reporter_kind) asked
    left join lateral grid_of_v1(p_city, p_lng, p_lat) g on true
    left join lateral rule_of_v1(p_city, g.code, m.kind, m.code, m.group_key, p_channel, p_text, asked.reporter_kind,
                                 asked.urgency, v_now) rule on true
    left join lateral (select level, function from responsibilities
                        where city = p_city and kind = m.kind and code = m.code order by level desc limit 1) r on true
    left join lateral grid_post_v1(
                case when r.function = 'grid' and m.admitted = 'admitted' and rule.id is null and not p_hold then g.code end,
                v_now) p on true
   cross join lateral (select coalesce((select profile from region_profiles
                                         where city = p_city and starts_with(coalesce(g.code, p_region, p_city), region_code)
                                         order by length(region_code) desc limit 1), 'standard') as profile) f
    left join regions k on k.code = left(g.code, 12)
    left join lateral report_limits_v1(p_city, f.profile, m.kind, m.code, asked.urgency,
                                       case when k.urban_class in (111, 121) then 'town' else 'country' end, v_now) d on true;
  if (p_category is not null and v_new.category is null) or (p_kind is not null and v_new.code is null) then
    raise exception using errcode = 'GZ001', message = 'unknown_matter';
  elsif v_new.needs_photo and p_photos = '{}' then
    raise exception using errcode = 'GZ001', message = 'photo_required';
  elsif p_lng is null and p_address is null then
    raise exception using errcode = 'GZ001', message = 'place_needed';
  elsif v_new.region_code is null then
    select l.region_code, l.quality, f.profile, d.*
      into v_new.region_code, v_new.quality, v_new.profile, v_new.accept_due, v_new.accept_warn, v_new.accept_working,
           v_new.dispatch_due, v_new.dispatch_warn, v_new.dispatch_working, v_new.sign_due, v_new.sign_warn,
           v_new.sign_working, v_new.contact_due, v_new.contact_warn, v_new.contact_working, v_new.arrive_due,
           v_new.arrive_warn, v_new.arrive_working
      from locate_v1(p_city, p_lng, p_lat) l, profile_of_v1(p_city, l.region_code) f (profile),
           report_limits_v1(p_city, f.profile, v_new.kind, v_new.code, v_new.urgency, urban_of_v1(l.region_code), v_now) d;
    if v_new.region_code is null then raise exception using errcode = 'GZ001', message = 'outside_city'; end if;
  end if;

  -- Matter and place are certain: the system accepts at once, and dispatches when the route is certain too.
  if v_new.code is not null and length(v_new.region_code) = 15 and v_new.quality <> 'unsure' then
    if v_new.why is null and not p_hold then
      select r.post_id, r.role, r.post_region, r.unit_id, u.name, u.name_en, r.level, r.why
        into v_new.post_id, v_new.role, v_new.post_region, v_new.unit_id, v_new.unit_name, v_new.unit_name_en,
             v_new.level, v_new.why
        from route_v2(p_city, v_new.region_code, v_new.kind, v_new.code, v_new.group_key, v_new.admitted, p_channel,
                      p_text, v_new.reporter_kind, v_new.urgency, v_now) r left join units u on u.id = r.unit_id;
    end if;
    v_last := case when v_new.post_id is null and v_new.unit_id is null then 2 else 3 end;
  end if;

  v_body := jsonb_build_object('text', p_text, 'photos', photo_names_v1(p_photos));
  with made as (
    insert into cases (
      city, id, number, state, version, seq, level, urgency, confidentiality, channel, category_key, matter_kind,
      matter_code, region_code, place_quality, point, accuracy_m, origin, raw_lng, raw_lat, raw_system, address,
      lead_unit_id, assignee_post_id, step, step_started_at, due_at, warn_at, profile, created_at, updated_at)
    values (
      p_city, p_case_id,
      rpad(left(v_new.region_code, 6), 6, '0') || to_char(v_now at time zone 'Asia/Shanghai', '-YYYYMMDD-')
        || lpad((nextval('case_numbers') % 1000000)::text, 6, '0'),
      (array['reported', 'accepted', 'dispatched'])[v_last], v_last, v_last,
      least(case when v_new.why is null then length(v_new.region_code) else v_new.level end, 12),
      v_new.urgency, v_new.confidentiality, p_channel,
      coalesce(p_category, v_new.category_key), v_new.kind, v_new.code, v_new.region_code, v_new.quality,
      case when p_lng is not null then st_setsrid(st_point(p_lng, p_lat), 4326) end, p_accuracy, p_origin,
      p_raw_lng, p_raw_lat, p_system, p_address, v_new.unit_id, v_new.post_id,
      (array['accept', 'dispatch', 'sign'])[v_last], v_now,
      (array[v_new.accept_due, v_new.dispatch_due, v_new.sign_due])[v_last],
      (array[v_new.accept_warn, v_new.dispatch_warn, v_new.sign_warn])[v_last], v_new.profile, v_now, v_now)
    returning *
  ), facts as (
    select jsonb_build_object(
             'number', number, 'level', least(length(region_code), 12), 'urgency', urgency, 'channel', channel,
             'confidentiality', confidentiality, 'category', category_key, 'matter', matter_kind || ':' || matter_code,
             'region', region_code, 'place_quality', place_quality, 'lng', p_lng, 'lat', p_lat, 'accuracy_m', p_accuracy,
             'origin', p_origin, 'profile', profile, 'step', 'accept', 'due_at', v_new.accept_due,
             'warn_at', v_new.accept_warn) as report,
           jsonb_build_object('step', 'dispatch', 'due_at', v_new.dispatch_due, 'warn_at', v_new.dispatch_warn)
             || case when v_last = 2 and v_new.why is not null  -- a rule's desk
                     then jsonb_build_object('level', level, 'why', v_new.why) else '{}' end as accept,
           jsonb_build_object(
             'assignee_post', assignee_post_id, 'lead_unit', lead_unit_id, 'level', level, 'region', region_code,
             'matter', matter_kind || ':' || matter_code, 'category', category_key, 'step', 'sign',
             'due_at', v_new.sign_due, 'warn_at', v_new.sign_warn, 'why', v_new.why) as dispatch
      from made
  ), first as materialized (
    select digest_v1(null, 1, 1, 'report', 'reported', who_v1('reporter', p_user, null), v_now, least(p_occurred, v_now),
                     report, sha256(v_salt || convert_to(v_body::text, 'UTF8'))) as digest
      from facts
  ), second as materialized (
    select digest_v1(first.digest, 2, 2, 'accept', 'accepted', who_v1('system', null, null), v_now, v_now, accept,
                     null) as digest
      from first, facts
  ), logged as (
    insert into events (city, case_id, seq, at, occurred_at, action, actor_kind, actor_user_id, version, state, facts,
                        audience, digest)
    select p_city, p_case_id, e.seq, v_now, e.occurred_at, e.action, e.actor, e.person, e.seq, e.state, e.facts,
           array_remove(array[region_token_v1(v_new.region_code, v_new.confidentiality), e.post, e.unit], null), e.digest
      from facts, first, second, lateral (values
        (1, 'report', 'reported', 'reporter', p_user, least(p_occurred, v_now), report, null, null, first.digest),
        (2, 'accept', 'accepted', 'system', null, v_now, accept, null, null, second.digest),
        (3, 'dispatch', 'dispatched', 'system', null, v_now, dispatch, 'post:' || v_new.post_id, 'unit:' || v_new.unit_id,
         digest_v1(second.digest, 3, 3, 'dispatch', 'dispatched', who_v1('system', null, null), v_now, v_now, dispatch,
                   null))
      ) as e (seq, action, state, actor, person, occurred_at, facts, post, unit, digest)
     where e.seq <= v_last
  ), told as (
    insert into event_bodies (city, case_id, seq, salt, body) values (p_city, p_case_id, 1, v_salt, v_body)
  ), timed as (
    insert into clocks (city, case_id, step, round, started_at, due_at, warn_at, working, stopped_at, done_at)
    select p_city, p_case_id, k.step, 1, v_now, k.due_at, k.warn_at, coalesce(k.working, false), k.stopped_at, k.stopped_at
      from (values (true, 'accept', v_new.accept_due, v_new.accept_warn, v_new.accept_working,
                    case when v_last > 1 then v_now end),
                   (v_last > 1, 'dispatch', v_new.dispatch_due, v_new.dispatch_warn, v_new.dispatch_working,
                    case when v_last > 2 then v_now end),
                   (v_last > 2, 'sign', v_new.sign_due, v_new.sign_warn, v_new.sign_working, null),
                   (v_new.contact_due is not null and p_phone_hmac is not null, 'contact', v_new.contact_due,
                    v_new.contact_warn, v_new.contact_working, null),
                   (v_new.arrive_due is not null and v_new.post_id is not null, 'arrive', v_new.arrive_due,
                    v_new.arrive_warn, v_new.arrive_working, null)
           ) as k (runs, step, due_at, warn_at, working, stopped_at)
     where k.runs
  )
  select * into v_case from made;

  return receipt_v1(
    v_report, v_case, v_new.role, v_new.post_region, v_new.unit_name, v_new.unit_name_en, v_new.why, false,
    case when p_photos = '{}' then '{}' else link_photos_v1(p_city, p_author, p_case_id, p_photos) end);
end $$;

drop function if exists report_v1(
  text, text, uuid, uuid, text, bytea, bytea, uuid, timestamptz, text, text, text, text, boolean, text, text, float8,
  float8, real, text, float8, float8, text, bytea[]);
