"""Tables of places. The official code is the address and the path at once (rule P1)."""

from __future__ import annotations

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, Index, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gezhi.db import Base

LEVELS = {4: "city", 6: "district", 9: "street", 12: "community", 15: "grid"}


class Region(Base):
    """A region (区划) of any level: city 4, district 6, street 9, community 12, grid 15 digits. WGS-84."""

    __tablename__ = "regions"
    __table_args__ = (
        CheckConstraint("level in (4, 6, 9, 12, 15)", name="level"),
        CheckConstraint("kind is null or kind in ('base', 'exclusive', 'micro')", name="kind"),
        Index("regions_parent_index", "parent"),
        Index("regions_grid_geom_index", "geom", postgresql_using="gist", postgresql_where=text("level = 15")),
        Index("regions_upper_geom_index", "geom", postgresql_using="gist", postgresql_where=text("level < 15")),
    )

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    level: Mapped[int] = mapped_column(SmallInteger)
    name: Mapped[str] = mapped_column(Text)
    parent: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text, comment="grids only: base, exclusive or micro (rule P2)")
    urban_class: Mapped[int | None] = mapped_column(SmallInteger, comment="城乡分类, communities only")
    source: Mapped[str] = mapped_column(Text, comment="where the polygon comes from")
    demo: Mapped[bool] = mapped_column(server_default=text("false"))
    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", 4326, spatial_index=False))
    point: Mapped[Any] = mapped_column(
        Geometry("POINT", 4326, spatial_index=False), comment="a point inside, for labels"
    )
