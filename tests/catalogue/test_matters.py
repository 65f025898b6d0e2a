"""GET /matters, and the names that lists and receipts use."""

from __future__ import annotations

from typing import Any

import pytest

from gezhi.catalogue import service

KEYS = [
    "road", "street_light", "rubbish", "greenery", "water", "parking", "stalls",
    "noise", "building", "safety", "facility", "dispute", "livelihood", "other",
]  # fmt: skip


def test_residents_choose_from_fourteen_pictures_in_order(resident: Any) -> None:
    found = resident.get("/matters").json
    assert [category["key"] for category in found["categories"]] == KEYS
    assert [category["key"] for category in found["categories"] if category["matter"] is None] == KEYS[-3:]
    light = found["categories"][1]
    assert (light["name"], light["icon"], light["photo"], light["urgency"]) == (
        "路灯照明", "street_light", "required", "ordinary"
    )  # fmt: skip
    assert light["matter"] == {"kind": "matter", "code": "01037"}
    urgencies = {category["key"]: category["urgency"] for category in found["categories"]}
    assert (urgencies["safety"], urgencies["other"]) == ("urgent", "ordinary")
    photos = {category["key"]: category["photo"] for category in found["categories"]}
    assert {key for key, photo in photos.items() if photo == "optional"} == {"noise", "dispute", "livelihood", "other"}


def test_only_matters_that_are_on_are_told(resident: Any) -> None:
    found = resident.get("/matters").json
    assert len(found["matters"]) == 60
    assert {matter["group"] for matter in found["matters"]} == {group["key"] for group in found["groups"]}
    assert {matter["category"] for matter in found["matters"]} <= set(KEYS)


def test_english_is_complete(resident: Any) -> None:
    found = resident.get("/matters", Accept_Language="en").json
    told = [row["name"] for part in ("categories", "groups", "matters") for row in found[part]]
    told += [category["hint"] for category in found["categories"]]
    assert len(told) == 14 + 3 + 60 + 14
    assert all(text.isascii() for text in told)


def test_it_is_kept_by_version_and_language(resident: Any) -> None:
    chinese = resident.get("/matters")
    english = resident.get("/matters", Accept_Language="en")
    assert chinese.headers["ETag"] == f'"{chinese.json["version"]}"'
    assert chinese.headers["ETag"] != english.headers["ETag"]
    assert "Accept-Language" in chinese.headers["Vary"]
    assert resident.get("/matters", If_None_Match=chinese.headers["ETag"]).status_code == 304
    assert resident.get("/matters", If_None_Match=english.headers["ETag"]).status_code == 200


def test_names_cost_one_statement_and_then_none(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    lend = service.connection
    monkeypatch.setattr(service, "_kept", {})
    monkeypatch.setattr(service, "connection", lambda: asked.append(1) or lend())
    for _ in range(3):
        names = service.names("3601")
    assert len(asked) == 1
    assert names.matter("matter", "06010") == "暴露垃圾"
    assert names.matter("part", "01037") == "路灯"  # not turned on, but old cases may name it
    assert names.matter("local", "L0000") == "L0000"
    assert (names.category("road"), names.group("city")) == ("道路井盖", "城市管理")
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert names.matter("matter", "06010") == "Rubbish lying about"
        assert (names.category("road"), names.group("city")) == ("Roads and manholes", "City management")
        assert names.matter("part", "01037") == "路灯"  # the national list has no English
