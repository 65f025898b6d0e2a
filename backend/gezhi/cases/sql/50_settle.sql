-- settle (即报即结): a grid worker has handled at once what they report in their own grid. The report has just been taken and
-- accepted in this transaction; one of an uncertain matter or place cannot be settled. Who verifies it is chosen as for any
-- handling (rule C3).
create or replace function settle_v1(
  p_city text, p_case_id uuid, p_author text, p_user uuid, p_occurred timestamptz, p_content jsonb, p_photos bytea[]
) returns jsonb language plpgsql as $$
declare
  v_now timestamptz := now_v1();
  v_before cases;
  v_case cases;
  v_post uuid;
begin
  select * into v_before from cases where city = p_city and id = p_case_id for update;
  select id into v_post from posts_held_v1(p_city, p_user, v_now)
   where role = 'grid_worker' and region_code = v_before.region_code order by id limit 1;
  if v_post is null then raise exception using errcode = 'GZ001', message = 'not_your_grid'; end if;
  if v_before.state <> 'accepted' then raise exception using errcode = 'GZ001', message = 'settle_not_certain'; end if;
  v_case := v_before;
  v_case.assignee_post_id := v_post;
  v_case := handle_v1(v_case, v_post, v_now, p_content, p_photos);
  v_case := write_v1(v_before, v_case, 'settle', 'move', 'post', p_user, v_post, least(p_occurred, v_now), v_now,
                     jsonb_build_object('outcome', p_content -> 'outcome'), body_v1(p_content, p_photos));
  return jsonb_build_object('state', v_case.state, 'due_at', v_case.due_at, 'post_role', 'grid_worker',
                            'post_region', v_case.region_code, 'why', 'grid_worker', 'missing_photos',
                            link_photos_v1(p_city, p_author, p_case_id, p_photos));
end $$;
