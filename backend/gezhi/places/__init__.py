"""Places: regions, grids, finding the grid of a point, import and check of polygons."""
