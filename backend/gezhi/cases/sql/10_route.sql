-- The post that takes a grid matter: the grid's worker on duty, else the grid's other posts, else a neighbour's worker of
-- the same community. All null: nobody is on duty there.
create or replace function grid_post_v1(p_grid text, p_at timestamptz, out post_id uuid, out role text, out region text)
language plpgsql stable as $$
declare
  v_today date := city_date_v1(p_at);
begin
  select p.id, p.role, p.region_code into post_id, role, region from posts p
   where p.region_code = p_grid and p.role in ('grid_worker', 'grid_leader', 'assistant')
     and p.starts_on <= v_today and (p.ends_on is null or p.ends_on >= v_today) and on_duty_v1(p.id, p_at)
   order by p.role <> 'grid_worker', p.id limit 1;
  if found then return; end if;
  select p.id, p.role, p.region_code into post_id, role, region from posts p
   where p.region_code between left(p_grid, 12) and left(p_grid, 12) || '999' and p.role = 'grid_worker'
     and p.starts_on <= v_today and (p.ends_on is null or p.ends_on >= v_today) and on_duty_v1(p.id, p_at)
   order by p.region_code, p.id limit 1;
end $$;

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
      select * into post_id, role, post_region from grid_post_v1(p_region, p_at);
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
