-- The grid that covers a point (rules P2, P3): an exclusive one before a base one, and the lowest code on a tie.
-- One select without settings, so that callers' plans take it in.
create or replace function grid_of_v1(p_city text, p_lng float8, p_lat float8) returns table (code text)
language sql stable as $$
  select r.code from regions r
   where r.level = 15 and r.kind <> 'micro' and starts_with(r.code, p_city)
     and st_covers(r.geom, st_setsrid(st_point(p_lng, p_lat), 4326))
   order by r.kind desc, r.code limit 1  -- 'exclusive' sorts after 'base'
$$;

-- Where a point lies: its grid; else the nearest base grid within 200 m; else the smallest region that covers it. All
-- null: outside the city.
create or replace function locate_v1(
  p_city text, p_lng float8, p_lat float8, out region_code text, out quality text, out distance_m float8
) language plpgsql stable as $$
declare
  v_point geometry;
begin
  -- The usual case is one statement: PL/pgSQL prepares every other expression anew in each transaction.
  select code, 'exact', 0 into region_code, quality, distance_m from grid_of_v1(p_city, p_lng, p_lat);
  if found then return; end if;

  v_point := st_setsrid(st_point(p_lng, p_lat), 4326);
  -- 0.0018 degrees are 200 m of latitude; the box is widened for the longitude, then metres decide (rule P5).
  select code, st_distance(geom::geography, v_point::geography) into region_code, distance_m from regions
   where level = 15 and kind = 'base' and starts_with(code, p_city)
     and geom && st_expand(v_point, 0.0018 / cos(radians(least(abs(p_lat), 80))), 0.0018)
   order by 2, 1 limit 1;
  if found and distance_m <= 200 then quality := 'approximate'; return; end if;

  select code into region_code from regions
   where level < 15 and starts_with(code, p_city) and st_covers(geom, v_point) order by level desc, code limit 1;
  if found then quality := 'exact'; distance_m := 0; else region_code := null; distance_m := null; end if;
end $$;
