-- Somebody met it too (我也遇到): a report of a case that is there, with its own receipt. Only of open cases that anybody may
-- know of (rule P8). Idempotent on (author, id); what is sent to a case that is over is kept as not adopted (rule C6) and
-- answered `refused`. Under the case's lock, so that it cannot end in between.
create or replace function join_v1(
  p_city text, p_author text, p_id uuid, p_case_id uuid, p_receipt text, p_secret bytea, p_hmac bytea, p_user uuid,
  p_occurred timestamptz, p_channel text, p_text text, p_place jsonb, p_photos bytea[]
) returns jsonb language plpgsql as $$
declare
  v_now timestamptz;
  v_case cases;
  v_hmac bytea;
  v_refused text;
  v_body jsonb := nullif(jsonb_strip_nulls(jsonb_build_object(
    'text', p_text, 'position', p_place, 'photos', case when p_photos <> '{}' then photo_names_v1(p_photos) end)), '{}');
begin
  select * into v_case from cases where city = p_city and id = p_case_id for update;
  if not found then raise exception using errcode = 'GZ001', message = 'not_found'; end if;
  v_now := now_v1();
  if exists (select from reports where city = p_city and author = p_author and id = p_id) then
    return receipt_again_v1(p_city, p_author, p_id, p_hmac, p_photos);
  end if;
  select body_hmac, refused into v_hmac, v_refused from commands where city = p_city and author = p_author and id = p_id;
  if found and v_hmac <> p_hmac then raise exception using errcode = 'GZ001', message = 'same_id_other_body'; end if;
  if v_case.confidentiality <> 'public' then raise exception using errcode = 'GZ001', message = 'not_found'; end if;
  if v_refused is null
     and v_case.state not in ('reported', 'accepted', 'dispatched', 'signed', 'handled', 'suspended') then
    v_refused := 'joined_too_late';
    insert into commands (city, author, id, case_id, action, body_hmac, refused, content)
    values (p_city, p_author, p_id, p_case_id, 'join', p_hmac, v_refused, coalesce(v_body, '{}'))
    on conflict do nothing;
    -- Only the same id for another case comes between, whose lock is not this one.
    if not found then raise exception using errcode = 'GZ001', message = 'same_id_other_body'; end if;
  end if;
  if v_refused is not null then
    return jsonb_build_object('refused', v_refused, 'state', v_case.state,
                              'missing_photos', link_photos_v1(p_city, p_author, p_case_id, p_photos));
  end if;

  insert into reports (city, author, id, case_id, receipt_code, secret_hash, body_hmac, occurred_at, created_at, channel,
                       joined)
  values (p_city, p_author, p_id, p_case_id, p_receipt, p_secret, p_hmac, p_occurred, v_now, p_channel, true)
  on conflict (city, author, id) do nothing;
  if not found then return receipt_again_v1(p_city, p_author, p_id, p_hmac, p_photos); end if;
  perform write_v1(v_case, v_case, 'join', 'note', 'reporter', p_user, null, least(p_occurred, v_now), v_now, '{}', v_body);
  return receipt_again_v1(p_city, p_author, p_id, p_hmac, p_photos) || '{"known": false}';
end $$;
