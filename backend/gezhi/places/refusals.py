"""Why rows of an import are refused, in words a person can act on, in both languages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

REASONS: dict[str, tuple[str, str]] = {
    "unreadable_file": ("文件无法读取：{why}", "The file cannot be read: {why}"),
    "too_large": (
        "文件解压后超过 {limit_mb} MB，请按区县拆分后分别导入",
        "The file is over {limit_mb} MB when unpacked; split it by district and import the pieces",
    ),
    "not_utf8": ("文件不是 UTF-8 编码，请另存为 UTF-8", "The file is not UTF-8; save it as UTF-8"),
    "not_json": ("JSON 有误：{why}", "The JSON is broken: {why}"),
    "too_deep": ("JSON 嵌套过深，不是正常的 GeoJSON", "The JSON is nested too deeply to be GeoJSON"),
    "not_collection": (
        "不是 GeoJSON FeatureCollection（缺少 features 数组）",
        "This is not a GeoJSON FeatureCollection (no array of features)",
    ),
    "no_features": ("文件中没有任何要素", "The file holds no features"),
    "wrong_crs": (
        "文件声明的坐标参考系是 {crs}；请先转换为经纬度（EPSG:4326 或 EPSG:4490）",
        "The file says its reference system is {crs}; convert it to longitude and latitude (EPSG:4326 or EPSG:4490)",
    ),
    "not_feature": (
        "不是带有 properties 的 GeoJSON Feature",
        "This is not a GeoJSON Feature with properties",
    ),
    "bad_code": (
        "区划代码“{value}”应为 4、6、9、12 或 15 位数字的文本",
        'The code "{value}" must be text of 4, 6, 9, 12 or 15 digits',
    ),
    "bad_name": (
        "名称缺失、过长（超过 100 字）或含控制字符",
        "The name is missing, over 100 characters, or has control characters",
    ),
    "level_mismatch": (
        "level 为“{value}”，但 {digits} 位代码应是 {level}",
        'The level is "{value}", but a code of {digits} digits is a {level}',
    ),
    "parent_mismatch": (
        "parent 为“{value}”，但代码属于 {parent}",
        'The parent is "{value}", but the code belongs to {parent}',
    ),
    "bad_kind": (
        "kind“{value}”无效：只有网格可填 base、exclusive 或 micro",
        'The kind "{value}" is not valid: only grids have one, base, exclusive or micro',
    ),
    "bad_urban_class": (
        "urban_class“{value}”应为三位城乡分类代码",
        'The urban_class "{value}" must be a three-digit code (城乡分类)',
    ),
    "not_polygon": (
        "几何类型是“{value}”，应为 Polygon 或 MultiPolygon",
        'The geometry is "{value}"; it must be a Polygon or MultiPolygon',
    ),
    "bad_coordinates": (
        "坐标不是数字对的列表",
        "The coordinates are not lists of pairs of numbers",
    ),
    "not_finite": ("坐标含 NaN 或无穷大", "A coordinate is NaN or infinite"),
    "too_many_vertices": (
        "有 {count} 个顶点，上限 {limit}；请先简化边界",
        "It has {count} vertices, at most {limit} are allowed; simplify the boundary first",
    ),
    "short_ring": ("环的点数少于 4", "A ring has fewer than four points"),
    "unclosed_ring": (
        "环没有闭合：终点应与起点 {point} 相同",
        "A ring is not closed: its last point must equal its first, {point}",
    ),
    "swapped_axes": (
        "经纬度可能颠倒：{point} 应写成 [经度, 纬度]",
        "Longitude and latitude seem swapped: {point} must be written [longitude, latitude]",
    ),
    "outside_box": (
        "坐标 {point} 不在中国境内；应为以度为单位的 [经度, 纬度]",
        "The point {point} is not in China; degrees are expected, [longitude, latitude]",
    ),
    "not_valid": (
        "多边形无效（{why}）；请在 GIS 软件中修复几何",
        "The polygon is not valid ({why}); repair the geometry in a GIS program",
    ),
    "duplicate_code": (
        "代码 {code} 重复，先前见于 {where}",
        "The code {code} comes twice; it was seen before in {where}",
    ),
    "parent_missing": (
        "上级 {parent} 既不在文件中，也不在数据库中；请先导入或一并导入",
        "Its parent {parent} is neither in the files nor in the database; import it first or together",
    ),
    "outside_parent": (
        "有 {percent}% 的面积在上级 {parent} 之外；请检查边界、代码和坐标系（声明为 {system}）",
        "{percent} % of its area lies outside its parent {parent}; check boundary, code, and system (stated: {system})",
    ),
    "overlap": (
        "与 {other} 重叠 {percent}%；同级区域不得重叠",
        "It overlaps {other} by {percent} %; regions of one level must not overlap",
    ),
}


@dataclass(frozen=True)
class Refusal:
    """One reason not to import: file, row (first feature is 1; 0 is the whole file), a stable code, its details."""

    file: str
    row: int
    code: str
    details: dict[str, Any] = field(default_factory=dict)

    def text(self, language: str = "zh-CN") -> str:
        """One line: where, and what is wrong and to do."""
        reason = REASONS[self.code][1 if language == "en" else 0].format(**self.details)
        if not self.row:
            return f"{self.file}: {reason}"
        return (
            f"{self.file}, row {self.row}: {reason}" if language == "en" else f"{self.file} 第 {self.row} 行：{reason}"
        )


class RowRefused(Exception):
    """Raised while one row, or a file as a whole, is read."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class ImportRefused(Exception):
    """Nothing was imported; `refusals` says why, row by row."""

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__("; ".join(refusal.text("en") for refusal in refusals[:3]))
        self.refusals = refusals
