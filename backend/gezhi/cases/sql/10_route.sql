-- The post of a grid that takes its matters: the grid's worker on duty, else its leader, else an assistant. Among equals
-- the one with fewer open tasks; they are counted only when there are equals.
-- One select without settings, so that callers' plans take it in.
create or replace function grid_post_v1(p_grid text, p_at timestamptz) returns table (post_id uuid, role text)
language sql stable as $$
  select e.id, e.role from (
    select p.id, p.city, p.role, count(*) over (partition by p.role) as equals
      from posts p cross join lateral duty_v1(p.id, p_at)
     where p.region_code = p_grid and p.role in ('grid_worker', 'grid_leader', 'assistant')
       and p.starts_on <= city_date_v1(p_at) and (p.ends_on is null or p.ends_on >= city_date_v1(p_at))) e
   order by e.role <> 'grid_worker', e.role <> 'grid_leader',
            case when e.equals > 1 then (
              select count(*) from cases c
               where c.city = e.city and c.assignee_post_id = e.id and c.state in ('dispatched', 'signed')) end,
            e.id limit 1
$$;

-- A neighbour's worker of the same community who is on duty, when nobody of the grid is: the one with fewer open tasks.
create or replace function neighbour_post_v1(p_grid text, p_at timestamptz)
returns table (post_id uuid, role text, region_code text) language sql stable as $$
  select e.id, e.role, e.region_code from (
    select p.id, p.city, p.role, p.region_code, count(*) over () as equals
      from posts p cross join lateral duty_v1(p.id, p_at)
     where p.region_code between left(p_grid, 12) and left(p_grid, 12) || '999' and p.role = 'grid_worker'
       and p.starts_on <= city_date_v1(p_at) and (p.ends_on is null or p.ends_on >= city_date_v1(p_at))) e
   order by case when e.equals > 1 then (
              select count(*) from cases c
               where c.city = e.city and c.assignee_post_id = e.id and c.state in ('dispatched', 'signed')) end,
            e.id limit 1
$$;

-- Who speaks in a report, as rules ask for it: somebody known by name or number; staff who saw it themselves (what comes
-- by phone, at the counter or from another platform is somebody else's word); or nobody knows who.
create or replace function reporter_kind_v1(p_author text, p_channel text, p_reporter uuid) returns text
language sql immutable as $$
  select case when p_reporter is not null then 'known'
              when starts_with(p_author, 'user:') and p_channel not in ('phone', 'counter', 'platform') then 'staff'
              else 'anonymous' end
$$;

-- The routing rule that a case meets (domain section 5): of the active rows whose every set condition holds, the first.
-- Weekday and hour are those of the moment in the city's zone, each for itself: after midnight the new day counts. A desk
-- decides only what lies in its region, so a rule for a desk is passed over elsewhere.
-- One select without settings, so that callers' plans take it in: what another session has committed is what holds.
create or replace function rule_of_v1(
  p_city text, p_region text, p_kind text, p_code text, p_group text, p_channel text, p_text text, p_reporter_kind text,
  p_urgency text, p_at timestamptz
) returns setof routing_rules language sql stable as $$
  select r.* from routing_rules r
   where r.city = p_city and r.active
     and (r.place is null or starts_with(p_region, r.place))
     and (r.to_desk is null or starts_with(p_region, r.to_desk))
     and (r.matter_kind is null or (r.matter_kind = p_kind and r.matter_code = p_code))
     and (r.group_key is null or r.group_key = p_group)
     and (r.channel is null or r.channel = p_channel)
     and (r.reporter_kind is null or r.reporter_kind = p_reporter_kind)
     and (r.urgency is null or r.urgency = p_urgency)
     and (r.weekdays is null
          or r.weekdays & (1 << (extract(isodow from p_at at time zone 'Asia/Shanghai')::int - 1)) <> 0)
     and (r.opens is null or case
            when r.opens < r.closes then extract(epoch from (p_at at time zone 'Asia/Shanghai')::time) >= r.opens * 60
                                     and extract(epoch from (p_at at time zone 'Asia/Shanghai')::time) < r.closes * 60
            else extract(epoch from (p_at at time zone 'Asia/Shanghai')::time) >= r.opens * 60
              or extract(epoch from (p_at at time zone 'Asia/Shanghai')::time) < r.closes * 60 end)
     and (r.contains is null or not exists (
            select from unnest(string_to_array(r.contains, ' ')) word where strpos(coalesce(p_text, ''), word) = 0))
   order by r.position, r.id limit 1
$$;

-- Whom a rule gives a case to. A post that is off duty hands to its grid's others, or to its unit; what grid workers may
-- not be given goes to no post of a grid. No row: the rule's target cannot take it.
create or replace function rule_target_v1(p_rule routing_rules, p_admitted boolean, p_at timestamptz)
returns table (post_id uuid, role text, post_region text, unit_id uuid, level smallint, why text)
language sql stable as $$
  select t.post_id, t.role, t.post_region, t.unit_id, t.level, t.why from (
    select 1 as rank, null::uuid as post_id, null::text as role, null::text as post_region, null::uuid as unit_id,
           length(p_rule.to_desk)::smallint as level, 'rule_desk' as why
     where p_rule.to_desk is not null
    union all
    select 1, null, null, null, u.id, length(u.region_code)::smallint, 'rule' from units u where u.id = p_rule.to_unit_id
    union all
    select 1, p.id, p.role, p.region_code, p.unit_id, length(p.region_code)::smallint, 'rule'
      from posts p cross join lateral duty_v1(p.id, p_at)
     where p.id = p_rule.to_post_id and (p_admitted or length(p.region_code) < 15)
       and p.starts_on <= city_date_v1(p_at) and (p.ends_on is null or p.ends_on >= city_date_v1(p_at))
    union all
    select 2, g.post_id, g.role, p.region_code, null, 15::smallint, 'rule'
      from posts p cross join lateral grid_post_v1(p.region_code, p_at) g
     where p.id = p_rule.to_post_id and p_admitted and length(p.region_code) = 15
    union all
    select 2, null, null, null, p.unit_id, length(p.region_code)::smallint, 'rule' from posts p
     where p.id = p_rule.to_post_id and p.unit_id is not null) t
   order by t.rank limit 1
$$;

-- Who gets what meets no rule: the matter's responsible unit at the lowest level that has one; at the lowest of all,
-- function `grid`, the grid's post, if grid workers may be given it. All null: nobody is certain.
create or replace function responsible_v1(
  p_city text, p_kind text, p_code text, p_region text, p_admitted boolean, p_at timestamptz,
  out post_id uuid, out role text, out post_region text, out unit_id uuid, out level smallint, out why text
) language plpgsql stable as $$
declare
  v_function text;
begin
  for level, v_function in
    select r.level, r.function from responsibilities r
     where r.city = p_city and r.kind = p_kind and r.code = p_code and r.level <= length(p_region) order by r.level desc
  loop
    if v_function <> 'grid' then
      select u.id, 'unit' into unit_id, why from units u
       where u.function = v_function and u.region_code = left(p_region, level) order by u.id limit 1;
      if found then return; end if;
    elsif p_admitted then
      select g.post_id, g.role, p_region into post_id, role, post_region from grid_post_v1(p_region, p_at) g;
      if post_id is null then
        select n.post_id, n.role, n.region_code into post_id, role, post_region from neighbour_post_v1(p_region, p_at) n;
      end if;
      if post_id is not null then
        why := case when post_region <> p_region then 'neighbour' when role = 'grid_worker' then 'grid_worker'
                    else 'grid_post' end;
        return;
      end if;
    end if;
  end loop;
  level := null;
end $$;

-- Who gets a case (domain section 5): the first rule it meets, else who is responsible for its matter. `why` is a code
-- that the API puts into words; `rule_desk` has a level and nobody else: the desk of that level decides. All null: nobody
-- is certain, the desk decides.
create or replace function route_v2(
  p_city text, p_region text, p_kind text, p_code text, p_group text, p_admitted boolean, p_channel text, p_text text,
  p_reporter_kind text, p_urgency text, p_at timestamptz,
  out post_id uuid, out role text, out post_region text, out unit_id uuid, out level smallint, out why text
) language plpgsql stable as $$
begin
  select t.* into post_id, role, post_region, unit_id, level, why
    from rule_of_v1(p_city, p_region, p_kind, p_code, p_group, p_channel, p_text, p_reporter_kind, p_urgency, p_at) r
   cross join lateral rule_target_v1(r, p_admitted, p_at) t;
  if why is null then
    select t.* into post_id, role, post_region, unit_id, level, why
      from responsible_v1(p_city, p_kind, p_code, p_region, p_admitted, p_at) t;
  end if;
end $$;

-- Who gets a case that is there, as it is now, at a moment: the text and the reporter are those of its first report.
create or replace function route_case_v1(
  p_case cases, p_at timestamptz,
  out post_id uuid, out role text, out post_region text, out unit_id uuid, out level smallint, out why text
) language plpgsql stable as $$
begin
  select t.* into post_id, role, post_region, unit_id, level, why
    from city_matters m
    left join event_bodies b on b.city = p_case.city and b.case_id = p_case.id and b.seq = 1
    left join lateral (
      select reporter_kind_v1(r.author, r.channel, r.reporter_id) as kind from reports r
       where r.city = p_case.city and r.case_id = p_case.id and not r.joined order by r.created_at limit 1) r on true
   cross join lateral route_v2(
      p_case.city, p_case.region_code, m.kind, m.code, m.group_key, m.admitted = 'admitted', p_case.channel,
      b.body ->> 'text', coalesce(r.kind, 'anonymous'), p_case.urgency, p_at) t
   where m.city = p_case.city and m.kind = p_case.matter_kind and m.code = p_case.matter_code;
end $$;

-- Makes a decision about an ownerless case the rule for its district and matter (rule C10), last in the order. A rule with
-- just these conditions is there already: it gives to whom was decided now. Returns the rule.
create or replace function rule_from_case_v1(p_case cases, p_unit uuid, p_post uuid, p_at timestamptz) returns uuid
language plpgsql as $$
declare
  v_before routing_rules;
  v_rule routing_rules;
begin
  select * into v_before from routing_rules r
   where r.city = p_case.city and r.place = left(p_case.region_code, 6)
     and r.matter_kind = p_case.matter_kind and r.matter_code = p_case.matter_code and r.active
     and num_nonnulls(r.group_key, r.channel, r.opens, r.weekdays, r.contains, r.reporter_kind, r.urgency) = 0
   order by r.position, r.id limit 1 for update;
  if v_before.to_unit_id = p_unit or (p_unit is null and v_before.to_post_id = p_post) then return v_before.id; end if;
  if v_before.id is not null then
    update routing_rules
       set to_unit_id = p_unit, to_post_id = case when p_unit is null then p_post end, to_desk = null,
           source_case_id = p_case.id, updated_at = p_at
     where city = p_case.city and id = v_before.id returning * into v_rule;
  else
    insert into routing_rules (city, id, position, name, place, matter_kind, matter_code, to_unit_id, to_post_id,
                               source_case_id, updated_at)
    select p_case.city, gen_random_uuid(), coalesce((select max(position) from routing_rules where city = p_case.city), 0) + 1,
           m.name, left(p_case.region_code, 6), m.kind, m.code, p_unit, case when p_unit is null then p_post end,
           p_case.id, p_at
      from matters m where m.kind = p_case.matter_kind and m.code = p_case.matter_code
    returning * into v_rule;
  end if;
  insert into audit_trail (city, at, deed, subject, detail)
  values (p_case.city, p_at, 'rule_from_case', 'routing_rule:' || v_rule.id,
          jsonb_build_object('case', p_case.id, 'before', case when v_before.id is not null then to_jsonb(v_before) end, 'after', to_jsonb(v_rule)));
  return v_rule.id;
end $$;

drop function if exists route_v1(text, text, text, text, timestamptz);
