-- Ties an author's uploads to a case and returns, in order, the hashes that have not arrived yet.
create or replace function link_photos_v1(p_city text, p_author text, p_case uuid, p_photos bytea[]) returns text[]
language plpgsql as $$
begin
  update uploads set case_id = p_case
   where city = p_city and author = p_author and sha256 = any (p_photos) and case_id is distinct from p_case;
  return array(
    select encode(photo, 'hex') from unnest(p_photos) with ordinality as wanted (photo, place)
     where not exists (select from uploads where city = p_city and author = p_author and sha256 = photo)
     order by place);
end $$;
