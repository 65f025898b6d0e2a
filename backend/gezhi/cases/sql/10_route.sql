-- Who gets a case (domain section 5): the matter's responsible unit at the lowest level that has one. A grid matter goes
-- to the grid's worker on duty, else the grid's other posts, else a neighbour's worker of the same community.
-- All null: nobody is certain, the desk decides. `why` is a code that the API puts into words.
create or replace function route_v1(
  p_city text, p_kind text, p_code text, p_region text, p_at timestamptz,
  out post_id uuid, out unit_id uuid, out level smallint, out why text
) language plpgsql stable as $$
declare
  v_row responsibilities;
begin
  for v_row in
    select * from responsibilities r where r.city = p_city and r.kind = p_kind and r.code = p_code
       and r.level <= length(p_region) order by r.level desc
  loop
    level := v_row.level;
    if v_row.function = 'grid' then
      select p.id, case when p.region_code <> p_region then 'neighbour' when p.role = 'grid_worker' then 'grid_worker'
                        else 'grid_post' end
        into post_id, why from posts p
       where p.region_code between left(p_region, 12) and left(p_region, 12) || '999'
         and p.role in ('grid_worker', 'grid_leader', 'assistant') and (p.region_code = p_region or p.role = 'grid_worker')
         and p.starts_on <= city_date_v1(p_at) and (p.ends_on is null or p.ends_on >= city_date_v1(p_at))
         and on_duty_v1(p.id, p_at)
       order by p.region_code <> p_region, p.role <> 'grid_worker', p.region_code, p.id limit 1;
    else
      select u.id, 'unit' into unit_id, why from units u
       where u.function = v_row.function and u.region_code = left(p_region, v_row.level) order by u.id limit 1;
    end if;
    if found then return; end if;
  end loop;
  level := null;
end $$;
