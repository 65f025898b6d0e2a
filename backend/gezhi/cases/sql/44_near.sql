-- Open cases within `p_radius` metres of a point, and which of them are duplicates of what is asked for (rule C11): the
-- same matter within 50 m and 14 days, or a similar text within 200 m. A category that stands for one matter asks for it.
-- `p_public` leaves only what anybody may know of (rule P8). The box finds candidates in the partial index of open cases
-- (a degree of latitude is never shorter than 110,574 m), metres on the ellipsoid decide (rule P5). Of texts the nearest
-- hundred are compared.
create or replace function near_v1(
  p_city text, p_lng float8, p_lat float8, p_kind text, p_code text, p_category text, p_text text, p_at timestamptz,
  p_public boolean, p_radius float8
) returns table (case_id uuid, distance_m float8, same_matter boolean, likeness real, duplicate boolean)
language sql stable as $$
  with asked as materialized (
    select coalesce(p_kind, c.matter_kind) as kind, coalesce(p_code, c.matter_code) as code,
           case when p_text is not null then gist_v1(p_text) end as gist
      from (select p_category as key) sent
      left join resident_categories c on c.city = p_city and c.key = sent.key and p_kind is null),
  found as (
    select c.city, c.id, c.created_at, coalesce((c.matter_kind, c.matter_code) = (a.kind, a.code), false) as same_matter,
           st_distance(c.point::geography, st_setsrid(st_point(p_lng, p_lat), 4326)::geography) as distance_m, a.gist
      from cases c cross join asked a
     where c.city = p_city and c.state in ('reported', 'accepted', 'dispatched', 'signed', 'handled', 'suspended')
       and (not p_public or c.confidentiality = 'public')
       and c.point && st_expand(st_setsrid(st_point(p_lng, p_lat), 4326),
                                p_radius / (110500 * cos(radians(least(abs(p_lat), 80)))), p_radius / 110500)),
  near as (
    select *, row_number() over (order by distance_m, id) as place from found where distance_m <= p_radius),
  compared as materialized (
    select n.*, (select gist_likeness_v1(n.gist, gist_v1(b.body ->> 'text'))
                   from event_bodies b where b.city = n.city and b.case_id = n.id and b.seq = 1
                    and n.gist is not null and n.place <= 100) as likeness
      from near n)
  select id, distance_m, same_matter, likeness,
         (same_matter and distance_m <= 50 and created_at >= p_at - interval '14 days')
         or (coalesce(likeness, 0) >= alike_v1() and distance_m <= 200)
    from compared
$$;

-- Closed cases that one is a relapse of (rule C8): the same matter within 50 m, closed in the 30 days before it came. They
-- are found by the codes of the regions about it; a case whose place is approximate lies up to 200 m outside its grid.
create or replace function relapses_v1(p_case cases) returns table (case_id uuid, distance_m float8)
language sql stable as $$
  select c.id, d.distance_m
    from (select st_expand(p_case.point, 250 / (110500 * cos(radians(st_y(p_case.point)))), 250 / 110500.0) as box) about,
         cases c
   cross join lateral (select st_distance(c.point::geography, p_case.point::geography) as distance_m) d
   where c.city = p_case.city and c.state = 'closed' and c.id <> p_case.id
     and c.region_code = any (array(
       select r.code from regions r where r.level = 15 and r.geom && about.box
       union all
       select r.code from regions r where r.level < 15 and r.geom && about.box))
     and (c.matter_kind, c.matter_code) = (p_case.matter_kind, p_case.matter_code)
     and c.closed_at > p_case.created_at - interval '30 days' and c.closed_at <= p_case.created_at
     and d.distance_m <= 50
$$;

-- Cases like one: its open duplicates (C11) and what it is a relapse of (C8), as far as a person may see them (P7, P8).
create or replace function similar_v1(p_case cases, p_user uuid, p_at timestamptz)
returns table (case_id uuid, distance_m float8, same_matter boolean, likeness real, relapse boolean)
language sql stable as $$
  select found.* from (
    select n.case_id, n.distance_m, n.same_matter, n.likeness, false as relapse
      from near_v1(p_case.city, st_x(p_case.point), st_y(p_case.point), p_case.matter_kind, p_case.matter_code, null,
                   (select b.body ->> 'text' from event_bodies b
                     where b.city = p_case.city and b.case_id = p_case.id and b.seq = 1),
                   p_at, false, 200) n
     where n.duplicate and n.case_id <> p_case.id
    union all
    select r.case_id, r.distance_m, true, null, true from relapses_v1(p_case) r) found
    join cases c on c.city = p_case.city and c.id = found.case_id
   where exists (select from relations_v1(c, p_user, p_at))
$$;
