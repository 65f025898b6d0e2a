-- A reporter's rating: by the receipt code and the secret of the device that reported; once, within 14 days of closing.
create or replace function rate_v1(
  p_city text, p_receipt text, p_secret bytea, p_author text, p_id uuid, p_hmac bytea, p_occurred timestamptz,
  p_stars smallint, p_satisfaction text, p_comment text, p_sources text[], p_days int
) returns text language plpgsql as $$
declare
  v_now timestamptz := clock_timestamp();
  v_case cases;
  v_known commands;
begin
  select c.* into v_case from reports r join cases c on c.city = r.city and c.id = r.case_id
   where r.city = p_city and r.receipt_code = p_receipt and r.secret_hash = p_secret for update of c;
  if not found then raise exception using errcode = 'GZ001', message = 'not_found'; end if;
  select * into v_known from commands where city = p_city and author = p_author and id = p_id;
  if found then
    if v_known.body_hmac <> p_hmac then raise exception using errcode = 'GZ001', message = 'same_id_other_body'; end if;
    return 'known';
  end if;
  if v_case.stars is not null then raise exception using errcode = 'GZ001', message = 'already_rated'; end if;
  if not v_case.state = any (p_sources) or v_case.closed_at < v_now - make_interval(days => p_days) then
    raise exception using errcode = 'GZ001', message = 'rating_not_open';
  end if;
  v_case.seq := v_case.seq + 1;
  update cases set seq = v_case.seq, stars = p_stars, satisfaction = p_satisfaction, updated_at = v_now
   where city = p_city and id = v_case.id;
  perform append_event_v1(
    v_case, 'rate', 'reporter', null, null, least(p_occurred, v_now), v_now,
    jsonb_build_object('stars', p_stars, 'satisfaction', p_satisfaction), audience_v1(v_case),
    case when p_comment is not null then jsonb_build_object('comment', p_comment) end,
    (select digest from events where city = p_city and case_id = v_case.id and seq = v_case.seq - 1));
  insert into commands (city, author, id, case_id, action, body_hmac, seq, version)
  values (p_city, p_author, p_id, v_case.id, 'rate', p_hmac, v_case.seq, v_case.version);
  return 'rated';
end $$;
