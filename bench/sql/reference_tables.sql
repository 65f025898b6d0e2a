-- The bare reference of intake: what any system of this kind must do at the least, locate a point and insert three rows.
create table reference_cases (
  city int not null, id uuid not null, grid text, category smallint not null, text text not null,
  point geometry(Point, 4326) not null, accuracy real, reporter int not null, occurred_at timestamptz not null,
  due_at timestamptz, created_at timestamptz not null default now(), primary key (city, id));
create index on reference_cases (city, grid, created_at);
create index on reference_cases using gist (point);
create table reference_events (
  city int not null, case_id uuid not null, seq smallint not null, action text not null, actor int, facts jsonb,
  at timestamptz not null default now(), primary key (city, case_id, seq),
  foreign key (city, case_id) references reference_cases (city, id));
create table reference_jobs (
  id bigint generated always as identity primary key, task text not null, args jsonb not null,
  state smallint not null default 0, run_at timestamptz not null default now());
create index on reference_jobs (id) where state = 0;

create function reference_intake(p_id uuid, p_category smallint, p_text text, p_lng float8, p_lat float8) returns text
language plpgsql as $$
declare
  v_point geometry := st_setsrid(st_point(p_lng, p_lat), 4326);
  v_grid text;
begin
  select code into v_grid from regions where level = 15 and st_covers(geom, v_point) limit 1;
  insert into reference_cases (city, id, grid, category, text, point, accuracy, reporter, occurred_at, due_at)
  values (3601, p_id, v_grid, p_category, p_text, v_point, 12, 1, now(), now() + interval '2 hours') on conflict do nothing;
  if not found then return (select jsonb_build_object('id', id, 'grid', grid)::text from reference_cases where id = p_id); end if;
  insert into reference_events (city, case_id, seq, action, actor, facts) values (3601, p_id, 1, 'report', 1, '{"from": "app"}');
  insert into reference_jobs (task, args) values ('tell', jsonb_build_object('case', p_id, 'grid', v_grid));
  return jsonb_build_object('id', p_id, 'grid', v_grid)::text;
end $$;
