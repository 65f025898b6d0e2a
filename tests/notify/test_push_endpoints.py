"""Which addresses may be pushed to: a subscription's endpoint is no door into the city's own network."""

from __future__ import annotations

import asyncio

import pytest

from gezhi.config import settings
from gezhi.notify.endpoints import Forbidden, PublicOnly, origin


@pytest.fixture(autouse=True)
def listed(monkeypatch, tmp_path):
    monkeypatch.setenv("GEZHI_VAR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql:///nowhere")
    monkeypatch.setenv("PUSH_HOSTS", "fcm.googleapis.com,notify.windows.com,localhost,localhost:8990,push.city.cn:8443")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.parametrize(
    ("endpoint", "audience"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", "https://fcm.googleapis.com"),
        ("https://fcm.googleapis.com:443/fcm/send/abc", "https://fcm.googleapis.com"),
        ("https://HK2.Notify.Windows.com/w/?token=x", "https://hk2.notify.windows.com"),
        ("http://localhost:8990/notify/1", "http://localhost:8990"),
        ("https://push.city.cn:8443/x", "https://push.city.cn:8443"),
    ],
)
def test_origin_of_a_listed_push_service_keeps_its_port(endpoint, audience):
    assert origin(endpoint) == audience


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com:22/x",
        "https://evilfcm.googleapis.com.example/x",
        "https://evil-fcm.googleapis.com.cn/x",
        "https://notfcm.googleapis.comx/",
        "https://xfcm.googleapis.com/",
        "https://user@fcm.googleapis.com/x",
        "https://fcm.googleapis.com@10.0.0.1/x",
        "https://fcm.googleapis.com\\@10.0.0.1/x",
        "https://fcm.googleapis.com/a\r\nHost: x",
        "https://fcm.googleapis.com/#x",
        "https://10.0.0.1/x",
        "https://[::1]/x",
        "https://169.254.169.254/latest/meta-data",
        "http://localhost:8991/x",
        "https://push.city.cn/x",
        "https://fcm.googleapis.com:99999/x",
        "file:///etc/passwd",
        "https://fcm.googleapis.com/" + "x" * 2048,
        "",
    ],
)
def test_any_other_address_is_forbidden(endpoint):
    with pytest.raises(Forbidden):
        origin(endpoint)


def test_a_listed_name_that_leads_inside_is_not_connected_to():
    with pytest.raises(OSError, match="no public address"):
        asyncio.run(PublicOnly().resolve("localhost", 443))


def test_an_exactly_listed_address_may_be_inside():
    found = asyncio.run(PublicOnly().resolve("localhost", 8990))
    assert {address["port"] for address in found} == {8990}
