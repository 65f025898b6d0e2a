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

# A city's label stands in the middle of its communities, where people live; the middle of its area is often farmland.
CENTRE_CITIES = """
update regions city set point = st_setsrid(st_point(middle.lng, middle.lat), 4326)
from (select left(code, 4) as code, percentile_disc(0.5) within group (order by st_x(point)) as lng,
             percentile_disc(0.5) within group (order by st_y(point)) as lat
        from regions where level = 12 group by left(code, 4)) middle
where city.code = middle.code and city.code = any(%(cities)s)
"""

LOCATE = """
select found.region_code, found.quality, found.distance_m, city.name
from locate_v1(%(city)s, %(lng)s, %(lat)s) found left join regions city on city.code = %(city)s
"""

NAMES_OF = "select code, name from regions where code = any(%(codes)s)"

PLACE = """
select code, name, level, kind, parent,
       array[ST_XMin(geom), ST_YMin(geom), ST_XMax(geom), ST_YMax(geom)], array[ST_X(point), ST_Y(point)]
from regions where code = %(code)s
"""

CHILDREN = """
select child.code, child.name, child.level
from regions place left join regions child on child.parent = place.code
where place.code = %(code)s order by child.code
"""

# GeoJSON is written by the database as text: taking it apart in Python would cost more than making it. Overviews are
# simplified, 30 m for a city, 10 m for a district or street beside its siblings; smaller places keep every vertex.
PLACE_GEOJSON = """
select json_build_object(
  'type', 'Feature', 'note', case when demo then '示意数据' end,
  'properties', json_build_object('code', code, 'name', name, 'level', %(level)s::text),
  'geometry', ST_AsGeoJSON(
    case level when 4 then ST_SimplifyPreserveTopology(geom, 0.0003)
               when 6 then ST_SimplifyPreserveTopology(geom, 0.0001) else geom end, 6)::json)::text
from regions where code = %(code)s
"""

CHILDREN_GEOJSON = """
select json_build_object(
  'type', 'FeatureCollection', 'note', case when bool_or(place.demo) then '示意数据' end,
  'features', coalesce(json_agg(json_build_object(
    'type', 'Feature',
    'properties', json_build_object('code', child.code, 'name', child.name, 'level', %(level)s::text),
    'geometry', ST_AsGeoJSON(
      case child.level when 6 then ST_SimplifyPreserveTopology(child.geom, 0.0003)
                       when 9 then ST_SimplifyPreserveTopology(child.geom, 0.0001) else child.geom end, 6)::json)
    order by child.code) filter (where child.code is not null), '[]'))::text
from regions place left join regions child on child.parent = place.code
where place.code = %(code)s group by place.code
"""

GRIDS_GEOJSON = """
with met as (
  select code, name, demo, geom from regions
  where level = 15 and starts_with(code, %(city)s)
    and ST_Intersects(geom, ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326))
  limit %(most)s + 1
)
select count(*), case when count(*) <= %(most)s then json_build_object(
  'type', 'FeatureCollection', 'note', case when bool_or(demo) then '示意数据' end,
  'features', coalesce(json_agg(json_build_object(
    'type', 'Feature',
    'properties', json_build_object('code', code, 'name', name, 'level', 'grid'),
    'geometry', ST_AsGeoJSON(geom, 6)::json) order by code), '[]'))::text end
from met
"""
