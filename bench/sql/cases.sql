-- Fills the demo city with %(count)s cases since 2019, as intake leaves them: case, report, first event with its body, the
-- pairs of its text, every third with a photo. Two in a hundred are open, nearly all of them among the newest; of those some
-- have a task at a unit or desk. For benches only: the cases have no other events, so their history does not replay.
create temp table a_grid on commit drop as
select row_number() over (order by r.code) as n, r.code, r.point, p.id as worker
  from regions r left join posts p on p.region_code = r.code and p.role = 'grid_worker'
 where r.level = 15 and r.kind = 'base';
create temp table a_matter on commit drop as
select row_number() over (order by kind, code) as n, kind, code, category_key, confidentiality, urgency from city_matters;
create temp table a_unit on commit drop as
select row_number() over (partition by region_code order by id) as n, region_code as district, id from units
 where kind = 'department';
create temp table a_case on commit drop as
select o.n, g.code as region, g.point, m.kind, m.code as matter, m.category_key, m.confidentiality, m.urgency, o.created_at,
       (lpad(to_hex((extract(epoch from o.created_at) * 1000)::bigint), 12, '0') || '7' || substr(o.noise, 1, 3) || '8'
         || substr(o.noise, 4, 15))::uuid as id,
       case when o.open then (array['dispatched', 'dispatched', 'dispatched', 'signed', 'signed', 'signed', 'handled',
                                    'handled', 'reported', 'accepted', 'suspended'])[1 + floor(o.state * 11)::int]
            when o.state < 0.96 then 'closed'
            else (array['rejected', 'merged', 'transferred', 'withdrawn', 'void'])[1 + floor((o.state - 0.96) * 125)::int]
       end as state,
       case when o.half < 0.5 then g.worker end as post, case when o.half >= 0.5 then u.id end as unit,
       greatest(o.created_at, now() - o.age * interval '4 days') as started, case when o.open then 1 end as open,
       -- Few words make most of the texts, and a house number is said once or twice: both are searched for.
       (array['八一大道', '中山路', '阳明路', '北京西路', '站前路', '洪都大道', '解放西路', '丁公路'])[1 + floor(o.half * 8)::int]
         || o.n %% 9973 || '号' || (array['路灯不亮，已经三天', '井盖松动，车一过就响', '垃圾没有人收', '人行道上停满了车',
                                        '门口积水很深', '夜里施工太吵', '树枝压到电线了', '占道摆摊，过不去', '化粪池满溢',
                                        '消防通道被堵'])[1 + floor(power(o.words, 2) * 10)::int] as said,
       (array['app', 'app', 'app', 'app', 'phone', 'phone', 'field', 'platform', 'patrol', 'counter'])[1 + o.n %% 10] as channel,
       (array[12, 12, 12, 9, 6, 4])[1 + o.n %% 6] as level,
       case when o.n %% 3 = 0 then sha256(convert_to('photo ' || o.n, 'UTF8')) end as photo
  from (select n, timestamptz '2019-01-01' + (now() - interval '1 minute' - timestamptz '2019-01-01') * (n::float8 / %(count)s)
               as created_at, md5(n::text) as noise, random() as state, random() as half, random() as age, random() as words,
               floor(random() * (select count(*) from a_grid)) + 1 as grid,
               floor(power(random(), 2) * (select count(*) from a_matter)) + 1 as matter, floor(random() * 8) + 1 as unit,
               case when n > %(count)s * 0.98 then random() < 0.9 else random() < 0.002 end as open
          from generate_series(1, %(count)s) n) o
  join a_grid g on g.n = o.grid join a_matter m on m.n = o.matter
  left join a_unit u on u.district = left(g.code, 6) and u.n = o.unit;

insert into cases (
  city, id, number, state, version, seq, level, urgency, confidentiality, channel, category_key, matter_kind, matter_code,
  region_code, place_quality, point, accuracy_m, origin, address, lead_unit_id, assignee_post_id, handled_by_post_id,
  keeper_post_id, verifier_region, step, step_started_at, warn_at, due_at, created_at, updated_at, closed_at)
select '3601', id, left(region, 6) || to_char(created_at at time zone 'Asia/Shanghai', '-YYYYMMDD-') || lpad(n::text, 6, '0'),
       state, 3, 3, level, urgency, confidentiality, channel, category_key, kind, matter, region, 'exact', point, 12, 'pin',
       case when n %% 4 = 0 then '第 ' || n %% 900 || ' 号' end, unit, post,
       case when state = 'handled' then post end, case when state = 'accepted' then post end,
       case when state = 'handled' then left(region, 9) end,
       case state when 'reported' then 'accept' when 'accepted' then 'dispatch' when 'dispatched' then 'sign'
                  when 'signed' then 'handle' when 'handled' then 'verify' end,
       started, started + open * interval '58 hours', started + open * interval '3 days', created_at, started, case when state = 'closed' then started end
  from a_case order by n;
insert into reports (city, author, id, case_id, receipt_code, body_hmac, occurred_at, created_at)
select '3601', 'device:' || n, id, id, 'Z' || lpad(to_hex(n), 7, '0'), '', created_at, created_at from a_case order by n;
insert into events (city, case_id, seq, at, occurred_at, action, actor_kind, version, state, facts, audience, digest)
select '3601', id, 1, created_at, created_at, 'report', 'reporter', 1, 'reported',
       jsonb_build_object('category', category_key, 'matter', kind || ':' || matter, 'region', region),
       array['region:' || region], sha256(uuid_send(id))
  from a_case order by n;
insert into event_bodies (city, case_id, seq, salt, body)
select '3601', id, 1, uuid_send(id), jsonb_build_object('text', said, 'photos',
       case when photo is null then '[]' else jsonb_build_array(encode(photo, 'hex')) end)
  from a_case order by n;
insert into uploads (city, sha256, author, content_type, bytes, state, width, height, case_id)
select '3601', photo, 'device:' || n, 'image/jpeg', 200000, 'ready', 1600, 1200, id from a_case where photo is not null
 order by n;
insert into case_texts (city, case_id, pairs)
select '3601', c.id, t.pairs from a_case c join (
  select said, pairs_v1(said) as pairs from (select distinct said from a_case) s) t using (said) order by c.n;
insert into tasks (city, id, case_id, kind, unit_id, desk, asked_by, asked_seq, opened_at)
select '3601', gen_random_uuid(), id, case when n %% 2 = 0 then 'whistle' else 'extend' end,
       case when n %% 2 = 0 then unit end, case when n %% 2 = 1 then left(region, level) end, gen_random_uuid(), 3, started
  from a_case where open = 1 and unit is not null and n %% 10 < 3;
