-- The age in seconds of the oldest transaction that writes: no event after it is read before it ends. Prepared ones count,
-- which no timeout ends. As the tables' owner, because the application's role does not see other logins' sessions.
create or replace function horizon_age_v1() returns float8 language sql stable security definer
set search_path = pg_catalog as $$
  select coalesce(extract(epoch from now() - min(began)), 0)::float8
    from (select xact_start as began from pg_stat_activity where backend_xid is not null and pid <> pg_backend_pid()
          union all
          select prepared from pg_prepared_xacts) writing
$$;
