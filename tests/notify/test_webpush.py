"""One message: sealed, signed, and what its answer means. The other side is independent code."""

from __future__ import annotations

import asyncio
import json
import time

import jwt
import pytest
from aiohttp import web

from gezhi.config import settings
from gezhi.notify import keys, webpush
from gezhi.notify.webpush import MAX_PLAIN, Address, Answer, Sender, TooLong
from tests.notify.push_service import free_port

TEXT = json.dumps({"title": "新任务：路灯不亮"}, ensure_ascii=False).encode()


@pytest.fixture(autouse=True)
def installation(tmp_path, monkeypatch):
    monkeypatch.setenv("GEZHI_VAR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql:///nowhere")
    settings.cache_clear()
    keys.private_key.cache_clear()
    yield
    settings.cache_clear()
    keys.private_key.cache_clear()


async def _send(*calls):
    async with Sender() as sender:
        return [await sender.send(*args, **{"ttl": 60, **options}) for args, options in calls]


def send(to: Address, message: bytes = TEXT, **options) -> Answer:
    return asyncio.run(_send(((to, message), options)))[0]


def test_push_service_checks_the_signature_and_decrypts(push_service, push_hosts):
    browser = push_service.subscribe(keys.public_key())
    assert send(browser.address) == Answer("sent", 201)
    assert push_service.received(browser) == [TEXT.decode()]


def test_a_key_that_is_not_ours_is_a_fault_not_a_retry(push_service, push_hosts):
    browser = push_service.subscribe(keys.public_key())
    (settings().var / "vapid.pem").unlink()
    keys.private_key.cache_clear()
    assert send(browser.address) == Answer("bad", 400)


def test_a_browser_that_unsubscribed_is_gone(push_service, push_hosts):
    browser = push_service.subscribe(keys.public_key())
    push_service.expire(browser)
    assert send(browser.address) == Answer("gone", 410)


def test_the_largest_message_arrives_and_a_larger_one_is_not_sent(push_service, push_hosts):
    browser = push_service.subscribe(keys.public_key())
    assert send(browser.address, b"x" * MAX_PLAIN).outcome == "sent"
    with pytest.raises(TooLong):
        send(browser.address, b"x" * (MAX_PLAIN + 1))
    assert [len(message) for message in push_service.received(browser)] == [MAX_PLAIN]


def test_an_address_that_is_no_longer_listed_is_gone(push_service, monkeypatch):
    browser = push_service.subscribe(keys.public_key())
    monkeypatch.setenv("PUSH_HOSTS", "fcm.googleapis.com")
    settings.cache_clear()
    assert send(browser.address) == Answer("gone")
    assert push_service.received(browser) == []


def test_unusable_keys_are_a_fault(push_service, push_hosts):
    browser = push_service.subscribe(keys.public_key())
    assert send(Address(browser.address.endpoint, "AAAA", "AAAA")) == Answer("bad")


def test_nobody_there_means_later(monkeypatch, push_service):
    port = free_port()
    monkeypatch.setenv("PUSH_HOSTS", f"localhost:{port}")
    settings.cache_clear()
    browser = push_service.subscribe(keys.public_key())
    to = Address(f"http://localhost:{port}/x", browser.address.p256dh, browser.address.auth)
    assert send(to) == Answer("later", 0, webpush.LATER)


async def _with_recorder(monkeypatch, browser, status, headers, calls):
    """Send to a server that answers `status` and writes down what it got."""
    got = []

    async def take(request):
        got.append((request.path, dict(request.headers), await request.read()))
        return web.Response(status=status, headers=headers)

    app = web.Application()
    app.router.add_post("/{any:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    monkeypatch.setenv("PUSH_HOSTS", f"localhost:{port}")
    settings.cache_clear()
    to = Address(f"http://localhost:{port}/a", browser.address.p256dh, browser.address.auth)
    try:
        return await _send(*(((to, TEXT), options) for options in calls)), got, port
    finally:
        await runner.cleanup()


def recorded(monkeypatch, push_service, calls, status=201, headers=None):
    browser = push_service.subscribe(keys.public_key())
    return asyncio.run(_with_recorder(monkeypatch, browser, status, headers or {}, calls))


def test_headers_are_those_of_each_message_alone(monkeypatch, push_service):
    calls = [{"ttl": 60, "urgency": "high", "topic": "abc"}, {"ttl": 0}, {"ttl": 30}]
    _, got, _ = recorded(monkeypatch, push_service, calls)
    assert [headers["TTL"] for _, headers, _ in got] == ["60", "0", "30"]
    assert [headers["Urgency"] for _, headers, _ in got] == ["high", "normal", "normal"]
    assert [headers.get("Topic") for _, headers, _ in got] == ["abc", None, None]
    assert {headers["Content-Encoding"] for _, headers, _ in got} == {"aes128gcm"}
    assert all(len(body) == len(TEXT) + 103 for _, _, body in got)


def test_token_names_the_audience_with_its_port_and_is_made_once(monkeypatch, push_service):
    _, got, port = recorded(monkeypatch, push_service, [{}, {}])
    tokens = {headers["Authorization"] for _, headers, _ in got}
    assert len(tokens) == 1
    scheme, token, key = tokens.pop().replace(",", "").split(" ")
    assert (scheme, key) == ("vapid", f"k={keys.public_key()}")
    claims = jwt.decode(
        token.removeprefix("t="), keys.private_key().public_key(), ["ES256"], audience=f"http://localhost:{port}"
    )
    assert claims["sub"] == settings().push_subject
    assert 0 < claims["exp"] - time.time() <= 24 * 3600


@pytest.mark.parametrize(
    ("status", "retry_after", "answer"),
    [
        (429, "7", Answer("later", 429, 7)),
        (503, None, Answer("later", 503, webpush.LATER)),
        (503, "soon", Answer("later", 503, webpush.LATER)),
        (500, "999999", Answer("later", 500, webpush.LATEST)),
        (503, "Thu, 01 Jan 1970 00:00:00 GMT", Answer("later", 503, 1)),
        (404, None, Answer("gone", 404)),
        (413, None, Answer("bad", 413)),
    ],
)
def test_what_an_answer_means(monkeypatch, push_service, status, retry_after, answer):
    headers = {"Retry-After": retry_after} if retry_after else {}
    assert recorded(monkeypatch, push_service, [{}], status, headers)[0] == [answer]


def test_a_redirect_is_not_followed(monkeypatch, push_service):
    answers, got, _ = recorded(monkeypatch, push_service, [{}], 307, {"Location": "/inside"})
    assert answers == [Answer("bad", 307)]
    assert [path for path, _, _ in got] == ["/a"]
