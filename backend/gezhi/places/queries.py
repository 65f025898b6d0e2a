"""The SQL of places, named like functions."""

KNOWN_AROUND = """
select code, ST_AsBinary(geom) from regions
where (code = any(%(parents)s) or (parent = any(%(parents)s) and (kind is null or kind = 'base')))
  and code <> all(%(codes)s)
"""

DROP_STAGING = "drop table if exists pg_temp.staged_regions"

CREATE_STAGING = """
create temp table staged_regions (
  code text, level smallint, name text, parent text, kind text, urban_class smallint,
  geom geometry(multipolygon, 4326), point geometry(point, 4326)
)
"""

COPY_STAGING = "copy pg_temp.staged_regions (code, level, name, parent, kind, urban_class, geom, point) from stdin"

SWAP_REGIONS = """
insert into regions (code, level, name, parent, kind, urban_class, source, demo, geom, point)
select code, level, name, parent, kind, urban_class, %(source)s, %(demo)s, geom, point
from pg_temp.staged_regions order by code
on conflict (code) do update set
  name = excluded.name, kind = excluded.kind, urban_class = excluded.urban_class, source = excluded.source,
  demo = excluded.demo, geom = excluded.geom, point = excluded.point
"""
