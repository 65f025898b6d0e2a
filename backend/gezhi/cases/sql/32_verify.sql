drop function if exists verifier_v1(cases, uuid, timestamptz);
drop function if exists fence_v1(cases, double precision, double precision, real);

-- Whether a handled case is drawn for a check on the spot (rule C3): so many in a hundred of its region, and five more for
-- every doubtful position that the handler sent within 30 days. Drawn by the case's id, so that asking again draws the same.
create or replace function sampled_v1(p_case cases, p_handler uuid, p_at timestamptz) returns boolean language sql stable as $$
  select mod(abs(hashtextextended(p_case.id::text, 0)), 100) <
         coalesce((select percent from verification_samples
                    where city = p_case.city and starts_with(p_case.region_code, region_code)
                    order by length(region_code) desc limit 1), 5)
         + 5 * (select count(*) from doubtful_positions
                 where city = p_case.city and post_id = p_handler and at > p_at - interval '30 days')
$$;

-- Who verifies and how (rules C2, C3): never who handled it, and after a dissatisfied reporter never who passed it before.
-- On the spot, by photo or signature: another post of the grid, the neighbour's worker, else a desk. For a worker's own
-- small case in a one-worker grid that is not drawn as a sample: the reporter's word where there is a reporter, else a desk
-- by photo. By phone: a desk. The reporter's word always has the desk behind it, so that nothing waits for ever. What a desk
-- has passed before is for the desk above it; the city's has nobody above.
create or replace function verifier_v2(p_case cases, p_handler uuid, p_at timestamptz, out post_id uuid, out desk text,
                                       out mode text, out sampled boolean)
language plpgsql stable as $$
declare
  v_user uuid := (select user_id from posts where id = p_handler);
  v_own boolean;
  v_told boolean;
begin
  select verification into mode from city_matters
   where city = p_case.city and kind = p_case.matter_kind and code = p_case.matter_code;
  select bool_or(r.author = 'user:' || v_user), bool_or(r.author <> 'user:' || v_user)
    into v_own, v_told from reports r where r.city = p_case.city and r.case_id = p_case.id;
  sampled := false;
  if mode in ('on_site', 'photo', 'signature') then
    sampled := v_own and sampled_v1(p_case, p_handler, p_at);
    select p.id into post_id from posts p
     where p.unit_id is null and p.user_id <> v_user
       and p.starts_on <= city_date_v1(p_at) and (p.ends_on is null or p.ends_on >= city_date_v1(p_at))
       and (p.region_code = p_case.region_code and p.role in ('grid_worker', 'grid_leader', 'assistant', 'instructor')
            or p.region_code between left(p_case.region_code, 12) and left(p_case.region_code, 12) || '999'
               and p.role = 'grid_worker' and length(p_case.region_code) = 15 and (sampled or not v_own))
       and not exists (select from events e where e.city = p_case.city and e.case_id = p_case.id
                          and e.action = 'verify_pass' and e.actor_user_id = p.user_id)
       and on_duty_v1(p.id, p_at)
     order by p.region_code <> p_case.region_code, p.role <> 'grid_worker', p.role <> 'grid_leader', p.region_code, p.id
     limit 1;
    sampled := sampled and (select region_code <> p_case.region_code from posts where id = post_id) is true;
    if sampled then mode := 'on_site'; end if;
    if post_id is not null then return; end if;
    mode := case when v_own and v_told then 'reporter_confirms' when mode = 'signature' then mode else 'photo' end;
  end if;
  desk := attended_desk_v1(p_case.city, p_case.region_code, p_at);
  if length(desk) > 4 and exists (
       select from events e join posts p on p.id = e.actor_post_id
        where e.city = p_case.city and e.case_id = p_case.id and e.action = 'verify_pass' and p.region_code = desk) then
    desk := attended_desk_v1(p_case.city, left(desk, level_above_v1(length(desk))), p_at);
  end if;
end $$;

-- Where somebody stood (rule C2): how far from the case, and whether the position bears nothing out (accuracy over 100 m, or
-- none). Verifying on the spot, a certain position outside the fence is refused; a doubtful one never traps anybody.
create or replace function fence_v2(p_case cases, p_binding boolean, p_lng float8, p_lat float8, p_accuracy real) returns jsonb
language plpgsql stable as $$
declare
  v_fence int;
  v_distance float8;
begin
  if p_lng is null or p_case.point is null then
    return jsonb_build_object('distance_m', null, 'accuracy_m', p_accuracy, 'doubtful', p_case.point is not null);
  end if;
  v_distance := st_distance(p_case.point::geography, st_setsrid(st_point(p_lng, p_lat), 4326)::geography);
  select fence_m into v_fence from city_matters
   where city = p_case.city and kind = p_case.matter_kind and code = p_case.matter_code;
  if p_binding and v_distance > v_fence + p_accuracy and p_accuracy <= 100 then
    raise exception using errcode = 'GZ001', message = 'outside_fence',
      detail = jsonb_build_object('distance', round(v_distance), 'fence', v_fence)::text;
  end if;
  return jsonb_build_object('distance_m', round(v_distance), 'accuracy_m', round(p_accuracy), 'doubtful', p_accuracy > 100);
end $$;
