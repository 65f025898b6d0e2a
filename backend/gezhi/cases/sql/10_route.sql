-- The post of a grid that takes its matters: the grid's worker on duty, else one of the grid's other posts.
-- One select without settings, so that callers' plans take it in.
create or replace function grid_post_v1(p_grid text, p_at timestamptz) returns table (post_id uuid, role text)
language sql stable as $$
  select p.id, p.role from posts p cross join lateral duty_v1(p.id, p_at)
   where p.region_code = p_grid and p.role in ('grid_worker', 'grid_leader', 'assistant')
     and p.starts_on <= city_date_v1(p_at) and (p.ends_on is null or p.ends_on >= city_date_v1(p_at))
   order by p.role <> 'grid_worker', p.id limit 1
$$;

-- A neighbour's worker of the same community who is on duty, when nobody of the grid is.
create or replace function neighbour_post_v1(p_grid text, p_at timestamptz)
returns table (post_id uuid, role text, region_code text) language sql stable as $$
  select p.id, p.role, p.region_code from posts p cross join lateral duty_v1(p.id, p_at)
   where p.region_code between left(p_grid, 12) and left(p_grid, 12) || '999' and p.role = 'grid_worker'
     and p.starts_on <= city_date_v1(p_at) and (p.ends_on is null or p.ends_on >= city_date_v1(p_at))
   order by p.region_code, p.id limit 1
$$;

-- Who gets a case (domain section 5): the matter's responsible unit at the lowest level that has one; at the lowest of
-- all, function `grid`, the grid's post. All null: nobody is certain, the desk decides. `why` is a code that the API puts
-- into words.
create or replace function route_v1(
  p_city text, p_kind text, p_code text, p_region text, p_at timestamptz,
  out post_id uuid, out role text, out post_region text, out unit_id uuid, out level smallint, out why text
) language plpgsql stable as $$
declare
  v_function text;
begin
  for level, v_function in
    select r.level, r.function from responsibilities r
     where r.city = p_city and r.kind = p_kind and r.code = p_code and r.level <= length(p_region) order by r.level desc
  loop
    if v_function = 'grid' then
      select g.post_id, g.role, p_region into post_id, role, post_region from grid_post_v1(p_region, p_at) g;
      if post_id is null then
        select n.post_id, n.role, n.region_code into post_id, role, post_region from neighbour_post_v1(p_region, p_at) n;
      end if;
      if post_id is not null then
        why := case when post_region <> p_region then 'neighbour' when role = 'grid_worker' then 'grid_worker'
                    else 'grid_post' end;
        return;
      end if;
    else
      select u.id, 'unit' into unit_id, why from units u
       where u.function = v_function and u.region_code = left(p_region, level) order by u.id limit 1;
      if found then return; end if;
    end if;
  end loop;
  level := null;
end $$;
