-- The post that takes a grid matter. In loops, because the first is nearly always on duty and asking for all costs.
create or replace function grid_post_v1(p_grid text, p_at timestamptz, out post_id uuid, out why text)
language plpgsql stable as $$
declare
  v_post record;
  v_today date := city_date_v1(p_at);
begin
  for v_post in
    select p.id, p.role from posts p
     where p.region_code = p_grid and p.role in ('grid_worker', 'grid_leader', 'assistant')
       and p.starts_on <= v_today and (p.ends_on is null or p.ends_on >= v_today)
     order by p.role <> 'grid_worker', p.id
  loop
    if on_duty_v1(v_post.id, p_at) then
      post_id := v_post.id;
      why := case v_post.role when 'grid_worker' then 'grid_worker' else 'grid_post' end;
      return;
    end if;
  end loop;
  for v_post in
    select p.id from posts p
     where p.region_code between left(p_grid, 12) and left(p_grid, 12) || '999' and p.region_code <> p_grid
       and p.role = 'grid_worker' and p.starts_on <= v_today and (p.ends_on is null or p.ends_on >= v_today)
     order by p.region_code, p.id
  loop
    if on_duty_v1(v_post.id, p_at) then post_id := v_post.id; why := 'neighbour'; return; end if;
  end loop;
end $$;

-- Who gets a case (domain section 5): the matter's responsible unit at the lowest level that has one. A grid matter goes
-- to the grid's worker on duty, else the grid's other posts, else a neighbour's worker of the same community.
-- All null: nobody is certain, the desk decides. `why` is a code that the API puts into words.
create or replace function route_v1(
  p_city text, p_kind text, p_code text, p_region text, p_at timestamptz,
  out post_id uuid, out unit_id uuid, out level smallint, out why text
) language plpgsql stable as $$
declare
  v_row record;
begin
  for v_row in
    select r.level, r.function from responsibilities r where r.city = p_city and r.kind = p_kind and r.code = p_code
       and r.level <= length(p_region) order by r.level desc
  loop
    level := v_row.level;
    if v_row.function = 'grid' then
      select * into post_id, why from grid_post_v1(p_region, p_at);
      if why is not null then return; end if;
    else
      select u.id, 'unit' into unit_id, why from units u
       where u.function = v_row.function and u.region_code = left(p_region, v_row.level) order by u.id limit 1;
      if found then return; end if;
    end if;
  end loop;
  level := null;
end $$;
