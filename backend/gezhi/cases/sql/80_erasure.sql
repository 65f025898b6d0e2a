-- Erasing: bodies become JSON null and their salt the digest that the chain holds, so that chain and replay stay true. What
-- was erased is written into the ledger `erasures` by ids and digests alone, and can be carried out again from there.

-- The photos that these bodies and refused commands of a case name.
create or replace function photos_named_v1(p_city text, p_case uuid, p_seqs bigint[], p_commands uuid[]) returns bytea[]
language sql stable as $$
  select coalesce(array_agg(distinct decode(named.photo, 'hex')), '{}')
    from (select b.body -> 'photos' as photos from event_bodies b
           where b.city = p_city and b.case_id = p_case and b.seq = any (p_seqs)
          union all
          select k.content -> 'photos' from commands k
           where k.city = p_city and k.case_id = p_case and k.id = any (p_commands)) said,
         jsonb_array_elements_text(case jsonb_typeof(said.photos) when 'array' then said.photos else '[]' end) named (photo)
$$;

-- Everything that one report has brought into its case: its text and photos, its reporter's later notes, those refused, what a
-- desk has adopted of them, name and number. Address and point go with the end of the case: till then somebody has to find it.
create or replace function erasure_of_report_v1(p_report reports, p_at timestamptz) returns erasures
language plpgsql stable as $$
declare
  v_erasure erasures;
  v_author text := 'receipt:' || p_report.receipt_code;
begin
  v_erasure.city := p_report.city;
  v_erasure.id := gen_random_uuid();
  v_erasure.at := p_at;
  v_erasure.class := 'request';
  v_erasure.case_id := p_report.case_id;
  v_erasure.receipt_code := p_report.receipt_code;
  v_erasure.proof := sha256(p_report.secret_hash || convert_to(p_report.receipt_code, 'UTF8'));
  v_erasure.commands := array(
    select k.id from commands k
     where k.city = p_report.city and k.case_id = p_report.case_id and k.content is not null
       and (k.author = v_author or (k.author = p_report.author and k.author like 'device:%')));
  v_erasure.seqs := array(
    select b.seq from event_bodies b join events e using (city, case_id, seq)
     where b.city = p_report.city and b.case_id = p_report.case_id and b.body <> 'null'
       and (case when p_report.joined then e.action = 'join' and e.at = p_report.created_at else e.seq = 1 end
            or exists (select from commands k where k.city = e.city and k.case_id = e.case_id and k.author = v_author
                          and (k.seq = e.seq or (e.action = 'adopt' and e.facts ->> 'command' = k.id::text))))
     order by b.seq);
  v_erasure.photos := photos_named_v1(p_report.city, p_report.case_id, v_erasure.seqs, v_erasure.commands);
  v_erasure.vault := array_remove(array[p_report.reporter_id], null);
  v_erasure.place := not p_report.joined and not exists (
    select from cases c where c.city = p_report.city and c.id = p_report.case_id
       and c.state in ('reported', 'accepted', 'dispatched', 'signed', 'handled', 'suspended'));
  return v_erasure;
end $$;

-- What a class of retention takes of one case: with `ended_cases` all that anybody has said and shown, with `reporters` names
-- and numbers, with `not_adopted` the content of commands refused before `p_before`.
create or replace function erasure_of_class_v1(
  p_city text, p_case uuid, p_class text, p_before timestamptz, p_at timestamptz
) returns erasures language plpgsql stable as $$
declare
  v_erasure erasures;
begin
  v_erasure.city := p_city;
  v_erasure.id := gen_random_uuid();
  v_erasure.at := p_at;
  v_erasure.class := p_class;
  v_erasure.case_id := p_case;
  v_erasure.place := p_class = 'ended_cases';
  v_erasure.seqs := case when p_class = 'ended_cases' then array(
    select seq from event_bodies where city = p_city and case_id = p_case and body <> 'null' order by seq) else '{}' end;
  v_erasure.commands := case when p_class = 'reporters' then '{}' else array(
    select id from commands where city = p_city and case_id = p_case and content is not null
       and (p_class = 'ended_cases' or created_at < p_before)) end;
  v_erasure.photos := photos_named_v1(p_city, p_case, v_erasure.seqs, v_erasure.commands);
  v_erasure.vault := case when p_class = 'not_adopted' then '{}' else array(
    select reporter_id from reports where city = p_city and case_id = p_case and reporter_id is not null) end;
  return v_erasure;
end $$;

-- Another case of who uploaded a photo that still shows it, if there is one.
create or replace function shown_elsewhere_v1(p_upload uploads, p_case uuid) returns uuid language sql stable as $$
  select other.case_id
    from (select r.case_id from reports r where r.city = p_upload.city and r.author = p_upload.author
          union
          select k.case_id from commands k where k.city = p_upload.city and k.author = p_upload.author) other
    join event_bodies b on b.city = p_upload.city and b.case_id = other.case_id
   where other.case_id <> p_case and b.body -> 'photos' ? encode(p_upload.sha256, 'hex') limit 1
$$;

-- Removes from a case the uploads of these photos that nothing left of it names, and returns those of the photos that nobody in
-- the city holds any more. An author's photo that another of their cases still shows goes over to that one; what a desk has
-- released is no reason to keep it.
create or replace function unlink_photos_v1(p_city text, p_case uuid, p_photos bytea[]) returns bytea[]
language plpgsql as $$
declare
  v_upload uploads;
  v_other uuid;
begin
  for v_upload in
    select * from uploads u
     where u.city = p_city and u.sha256 = any (p_photos)
       and (u.case_id = p_case or (u.case_id is null and u.author in (
              select r.author from reports r where r.city = p_city and r.case_id = p_case)))
       and not exists (
         select from event_bodies b join events e using (city, case_id, seq)
          where b.city = p_city and b.case_id = p_case and b.body -> 'photos' ? encode(u.sha256, 'hex')
            and e.action <> 'release')
  loop
    v_other := shown_elsewhere_v1(v_upload, p_case);
    if v_other is null then
      delete from uploads where city = p_city and sha256 = v_upload.sha256 and author = v_upload.author;
    else
      update uploads set case_id = v_other
       where city = p_city and sha256 = v_upload.sha256 and author = v_upload.author;
    end if;
  end loop;
  return array(select sha from unnest(p_photos) sha
                where not exists (select from uploads u where u.city = p_city and u.sha256 = sha));
end $$;

-- Carries out one entry of the ledger under the case's lock and keeps it there; returns the photos that nobody holds any more.
-- Doing it again changes nothing.
create or replace function erase_v1(p_erasure erasures) returns bytea[] language plpgsql as $$
begin
  perform from cases where city = p_erasure.city and id = p_erasure.case_id for update;
  update event_bodies set salt = sha256(salt || convert_to(body::text, 'UTF8')), body = 'null'
   where city = p_erasure.city and case_id = p_erasure.case_id and seq = any (p_erasure.seqs) and body <> 'null';
  update commands set content = null
   where city = p_erasure.city and case_id = p_erasure.case_id and id = any (p_erasure.commands) and content is not null;
  delete from personal_data where city = p_erasure.city and id = any (p_erasure.vault);
  update reports set reporter_id = null, phone_hmac = null
   where city = p_erasure.city and case_id = p_erasure.case_id and reporter_id = any (p_erasure.vault);
  update reports set reporter_id = null, phone_hmac = null, secret_hash = null
   where city = p_erasure.city and receipt_code = p_erasure.receipt_code;
  update cases set updated_at = p_erasure.at  -- of an open one, for those who keep a copy of it
   where city = p_erasure.city and id = p_erasure.case_id
     and state in ('reported', 'accepted', 'dispatched', 'signed', 'handled', 'suspended');
  if p_erasure.place then
    update cases set address = null, raw_lng = null, raw_lat = null, raw_system = null
     where city = p_erasure.city and id = p_erasure.case_id;
  end if;
  insert into erasures select (p_erasure).* on conflict (city, id) do nothing;
  return unlink_photos_v1(p_erasure.city, p_erasure.case_id, p_erasure.photos);
end $$;

-- What the reporter's wish erases, by the receipt and the secret of the device that reported, or the number left with the
-- report; null when it was erased before. Raises GZ001 not_found for everybody else. A member of staff is no reporter by
-- holding the device: what they report is a record of their work.
create or replace function erasure_asked_v1(p_city text, p_receipt text, p_secret bytea, p_phone bytea, p_at timestamptz)
returns erasures language plpgsql as $$
declare
  v_report reports;
begin
  select * into v_report from reports where city = p_city and receipt_code = p_receipt;
  perform from cases where city = p_city and id = v_report.case_id for update;
  select * into v_report from reports  -- as it is under the lock
   where city = p_city and receipt_code = p_receipt
     and (phone_hmac = p_phone or (secret_hash = p_secret and author like 'device:%'));
  if found then return erasure_of_report_v1(v_report, p_at); end if;
  if not exists (select from erasures where city = p_city and receipt_code = p_receipt
                    and proof = sha256(p_secret || convert_to(p_receipt, 'UTF8'))) then
    raise exception using errcode = 'GZ001', message = 'not_found';
  end if;
  return null;
end $$;
