-- The grids that cover a point, and nothing else.
with here as materialized (select st_setsrid(st_point(115.86 + random() * 0.06, 28.66 + random() * 0.05), 4326) as point)
select code from here, regions where level = 15 and st_covers(geom, here.point);
