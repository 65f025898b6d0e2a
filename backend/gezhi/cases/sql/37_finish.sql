-- accept: the desk names the matter.
create or replace function accept_v1(p_case cases, p_content jsonb, p_at timestamptz) returns cases language plpgsql stable as $$
begin
  p_case := with_matter_v1(p_case, p_content -> 'matter');
  return begin_step_v1(p_case, 'accepted', 'dispatch', p_at);
end $$;

-- A case of another matter, with what the matter says of it. The danger tap outlives any matter.
create or replace function with_matter_v1(p_case cases, p_matter jsonb) returns cases language plpgsql stable as $$
declare
  v_matter city_matters;
begin
  select * into v_matter from city_matters
   where city = p_case.city and kind = p_matter ->> 'kind' and code = p_matter ->> 'code';
  if not found then raise exception using errcode = 'GZ001', message = 'unknown_matter'; end if;
  p_case.matter_kind := v_matter.kind;
  p_case.matter_code := v_matter.code;
  p_case.category_key := coalesce(p_case.category_key, v_matter.category_key);
  p_case.confidentiality := v_matter.confidentiality;
  if p_case.urgency <> 'critical' then p_case.urgency := v_matter.urgency; end if;
  return p_case;
end $$;

-- A case that ends here: nothing is due any more.
create or replace function end_v1(p_case cases, p_state text, p_at timestamptz) returns cases language plpgsql stable as $$
begin
  return begin_step_v1(p_case, p_state, null, p_at);
end $$;

-- merge: joins a case to the main case it repeats. The main case is open, of the same city, and not merged itself.
create or replace function merge_v1(p_case cases, p_main uuid, p_at timestamptz) returns cases language plpgsql as $$
begin
  perform from cases where city = p_case.city and id = p_main and id <> p_case.id
     and state in ('reported', 'accepted', 'dispatched', 'signed', 'handled', 'suspended') for share;
  if not found then raise exception using errcode = 'GZ001', message = 'unknown_case'; end if;
  p_case.main_case_id := p_main;
  p_case.resume_state := p_case.state;
  return end_v1(p_case, 'merged', p_at);
end $$;

create or replace function unmerge_v1(p_case cases, p_at timestamptz) returns cases language plpgsql stable as $$
declare
  v_state text := p_case.resume_state;
begin
  p_case.main_case_id := null;
  p_case.resume_state := null;
  return begin_step_v1(p_case, v_state, step_of_v1(v_state), p_at);
end $$;

-- handle and settle: says what was done and chooses who verifies it, and how (rule C3).
create or replace function handle_v1(p_case cases, p_post uuid, p_at timestamptz, p_content jsonb, p_photos bytea[])
returns cases language plpgsql stable as $$
declare
  v_verifier record;
begin
  if cardinality(p_photos) = 0 and p_content ->> 'outcome' = 'solved' and exists (
       select from city_matters where city = p_case.city and kind = p_case.matter_kind and code = p_case.matter_code
          and photo_handle = 'required') then
    raise exception using errcode = 'GZ001', message = 'photo_required';
  end if;
  p_case.handled_by_post_id := p_post;
  select * into v_verifier from verifier_v2(p_case, p_post, p_at);
  p_case.verifier_post_id := v_verifier.post_id;
  p_case.verifier_region := v_verifier.desk;
  p_case.verification := v_verifier.mode;
  p_case.sampled := v_verifier.sampled;
  p_case.review_on := (p_content ->> 'review_on')::date;
  if p_case.review_on <= city_date_v1(p_at) then raise exception using errcode = 'GZ001', message = 'until_past'; end if;
  return begin_step_v1(p_case, 'handled', 'verify', p_at);
end $$;

-- verify_pass: needs what the mode asks for (rule C2); a desk that stands in for the reporter or the phone says what it heard.
create or replace function verify_pass_v1(p_case cases, p_at timestamptz, p_content jsonb, p_photos bytea[]) returns cases
language plpgsql stable as $$
begin
  if p_case.verification in ('on_site', 'photo', 'signature') and cardinality(p_photos) = 0 then
    raise exception using errcode = 'GZ001', message = 'photo_required';
  elsif p_case.verification in ('phone', 'reporter_confirms') and coalesce(p_content ->> 'note', '') = '' then
    raise exception using errcode = 'GZ001', message = 'note_required';
  end if;
  p_case.closed_at := p_at;
  return end_v1(p_case, 'closed', p_at);
end $$;

-- verify_fail: to be worked again (返工) by who handled it.
create or replace function verify_fail_v1(p_case cases, p_at timestamptz) returns cases language plpgsql stable as $$
begin
  return assign_again_v1(p_case, p_at);
end $$;
