"""Signed links: made by who may see, worth five minutes at most, 404 to everybody else."""

from __future__ import annotations

import time
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from gezhi.media import links, service
from tests.media.photos import encoded, picture, sha

CONTENT = encoded(picture(210, 110), "JPEG")


@pytest.fixture
def view(cleaned):
    cleaned(CONTENT)
    return service.photo_views("3601", {sha(CONTENT): "handle", "f" * 64: "report"})


def test_a_photo_object_is_as_the_contract_says(view):
    ready, coming = view[sha(CONTENT)], view["f" * 64]
    assert ready.keys() == coming.keys() == {
        "sha256", "ready", "width", "height", "url", "thumb_url", "phase", "taken_live"}  # fmt: skip
    assert (ready["ready"], ready["width"], ready["height"], ready["phase"]) == (True, 210, 110, "handle")
    assert (coming["ready"], coming["url"], coming["thumb_url"]) == (False, None, None)
    assert service.photo_views("3601", {}) == {}
    assert not service.photo_views("3602", {sha(CONTENT): "report"})[sha(CONTENT)]["ready"]


def test_a_link_serves_a_jpeg_that_browsers_keep_to_themselves(app, view):
    answer = app.test_client().get(view[sha(CONTENT)]["url"])
    assert answer.status_code == 200
    assert answer.content_type == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    control = answer.headers["Cache-Control"]
    assert control.startswith("private, max-age=")
    assert control.endswith(", immutable")
    assert 150 <= int(control.split("max-age=")[1].split(",")[0]) <= 300


@pytest.mark.parametrize(
    "change",
    [{"size": "thumb"}, {"until": "99999999999"}, {"sig": "0" * 64}, {"sig": "é" * 64}, {"until": "1"}],
    ids=["other size", "longer", "other signature", "not hex", "over"],
)
def test_a_link_that_was_altered_is_not_found(app, view, change):
    url = urlsplit(view[sha(CONTENT)]["url"])
    query = {name: values[0] for name, values in parse_qs(url.query).items()} | change
    assert app.test_client().get(f"{url.path}?{urlencode(query)}").status_code == 404


def test_a_link_is_for_one_photo_only(app, view):
    url = view[sha(CONTENT)]["url"].replace(sha(CONTENT), "e" * 64)
    assert app.test_client().get(url).status_code == 404


def test_a_link_works_five_minutes_at_most_and_is_the_same_within_half_of_that(database):
    name, begin = "a" * 64, 1_800_000_000 - 1_800_000_000 % 150
    assert links.link("3601", name, "full", begin) == links.link("3601", name, "full", begin + 149)
    assert links.link("3601", name, "full", begin) != links.link("3601", name, "full", begin + 150)
    query = parse_qs(urlsplit(links.link("3601", name, "full", begin)).query)
    asked = links.Asked(name, "full", int(query["until"][0]), query["sig"][0])
    assert links.seconds_left("3601", asked, begin) == 300
    assert links.seconds_left("3601", asked, begin + 149) == 151
    assert links.seconds_left("3601", asked, begin + 300) == 0
    assert links.seconds_left("3602", asked, begin) == 0


def test_a_link_that_is_over_opens_nothing(app, view):
    over = links.link("3601", sha(CONTENT), "full", time.time() - 301)
    assert app.test_client().get(over).status_code == 404


def test_without_a_link_there_is_nothing(app, view):
    client = app.test_client()
    for path in (f"/api/v1/media/{sha(CONTENT)}", f"/api/v1/media/{sha(CONTENT)}?size=raw&until=1&sig={'0' * 64}"):
        assert client.get(path).status_code == 422


def test_an_upload_is_never_served_before_it_is_clean(app, send):
    content = encoded(picture(211, 111), "JPEG")
    send(content)
    assert app.test_client().get(links.link("3601", sha(content), "full")).status_code == 404
