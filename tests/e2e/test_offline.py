"""Without a network nothing is lost, and nothing happens twice."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.e2e.browsers import Browsers, until
from tests.e2e.house import Caller, House
from tests.e2e.steps import (
    fill_report,
    mark,
    read_receipt,
    reassign_by_api,
    report_by_api,
    send_report,
    sign_in_field,
    state,
    take_photo,
    task,
)

pytestmark = pytest.mark.e2e

COMMANDS = "**/api/v1/commands"


@pytest.fixture(autouse=True)
def _broken_network(browsers: Browsers) -> None:
    browsers.watch.forgive("net::ERR_")  # the browser's own words for a request that these tests let fail


def ready_for_offline(page: Page) -> None:
    """Wait until the service worker has everything and serves this page."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")


class LostAnswer:
    """The first batch reaches the server; its answer never reaches the phone."""

    def __init__(self, context: BrowserContext) -> None:
        self.sent: list[list[str]] = []  # ids, a list for each batch
        context.route(COMMANDS, self._handle)

    def _handle(self, route: Route) -> None:
        commands: list[dict[str, Any]] = json.loads(route.request.post_data or "{}")["commands"]
        self.sent.append([command["id"] for command in commands])
        if len(self.sent) > 1:
            route.continue_()
            return
        answer = route.fetch()
        assert [result["status"] for result in answer.json()["results"]] == [201], answer.text()
        route.abort("connectionreset")


def test_a_report_made_offline_is_kept_and_becomes_one_case(house: House, browsers: Browsers) -> None:
    phone = browsers.phone()
    phone.goto(house.address)
    ready_for_offline(phone)
    phone.context.set_offline(True)
    expect(phone.get_by_text("没有网络，照样可以拍照上报")).to_be_visible()
    words = "离线时看到的，整条路是黑的"

    take_photo(phone, phone.get_by_text("拍一张，马上有人管"))
    phone.get_by_role("button", name="就在这里").click()
    phone.get_by_role("button", name="路灯照明").click()
    phone.get_by_label("补充一句").fill(words)
    send_report(phone)
    expect(phone.get_by_role("heading", name="已保存在本机")).to_be_visible()
    phone.reload()
    expect(phone.get_by_role("heading", name="已保存在本机")).to_be_visible()
    expect(phone.get_by_text("1 条已保存，有网自动发送")).to_be_visible()
    office = house.caller("dispatcher")
    assert cases_about(office, words) == []

    lost = LostAnswer(phone.context)
    phone.context.set_offline(False)
    sent = read_receipt(phone, house)
    assert len(lost.sent) == 2
    assert lost.sent[0] == lost.sent[1]
    # Words are looked up in an index of their own, which the worker keeps.
    until(phone, lambda: cases_about(office, words) == [sent.case_id], "the case is found by its words, once")
    assert len(office.get(f"/cases/{sent.case_id}")["photos"]) == 1
    expect(phone.get_by_text("有网自动发送")).to_have_count(0)


def cases_about(desk: Caller, words: str) -> list[str]:
    """The ids of the cases whose report has these words."""
    return [item["id"] for item in desk.get(f"/cases?view=scope&q={quote(words)}")["items"]]


def test_a_report_begun_is_still_there_after_the_page_was_killed(house: House, browsers: Browsers) -> None:
    phone = browsers.phone()
    fill_report(phone, house)
    phone.get_by_label("补充一句").fill("还没写完")
    until(phone, lambda: draft_text(phone) == "还没写完", "the draft is on the disk")
    address, context = phone.url, phone.context
    phone.close()
    again = context.new_page()
    again.goto(address)
    expect(again.get_by_label("补充一句")).to_have_value("还没写完")
    expect(again.get_by_role("main")).to_contain_text("路灯照明")


def draft_text(page: Page) -> str:
    """What the draft on the phone's disk says, read past the page's own code."""
    return str(
        page.evaluate(
            """async () => {
              for (const { name } of await indexedDB.databases()) {
                const db = await new Promise((done) => (indexedDB.open(name).onsuccess = (e) => done(e.target.result)))
                const all = await new Promise((done) => {
                  db.transaction('drafts').objectStore('drafts').getAll().onsuccess = (e) => done(e.target.result)
                })
                db.close()
                const found = all.map((one) => one.text ?? one.value?.text).find(Boolean)
                if (found) return found
              }
              return ''
            }"""
        )
    )


def test_a_task_signed_offline_is_signed_once_online(house: House, browsers: Browsers) -> None:
    sent = report_by_api(house)
    worker = browsers.phone()
    sign_in_field(worker, house, "grid_worker")
    ready_for_offline(worker)
    card = task(worker, sent.case_id)
    expect(card).to_be_visible()

    worker.context.set_offline(True)
    card.get_by_role("button", name="签收").click()
    expect(card).to_contain_text("签收 · 待发送")
    expect(card.get_by_role("link", name="去处置")).to_be_visible()

    # A second visit, still without a network: the page opens, with the task and what was done to it.
    context = worker.context
    worker.close()
    worker = context.new_page()
    worker.goto(f"{house.address}/field")
    card = task(worker, sent.case_id)
    expect(card).to_contain_text("签收 · 待发送")
    expect(worker.get_by_text("没有网络")).to_be_visible()
    mark(worker)
    office = house.caller("dispatcher")
    assert state(office, sent.case_id) == "dispatched"

    context.set_offline(False)
    until(worker, lambda: state(office, sent.case_id) == "signed", "the signature arrives")
    expect(card.get_by_text("待发送")).to_have_count(0)
    steps = [step["action"] for step in office.get(f"/cases/{sent.case_id}")["timeline"]]
    assert steps.count("sign") == 1


def test_a_photo_that_the_matter_needs_is_asked_for_on_the_spot_offline_too(house: House, browsers: Browsers) -> None:
    sent = report_by_api(house)
    worker = browsers.phone()
    sign_in_field(worker, house, "grid_worker")
    ready_for_offline(worker)
    card = task(worker, sent.case_id)
    expect(card).to_be_visible()
    until(worker, lambda: keeps(worker, "/matters"), "the catalogue is on the phone")
    until(worker, lambda: keeps(worker, f"/cases/{sent.case_id}"), "and so is the case")
    worker.context.set_offline(True)
    card.get_by_role("button", name="签收").click()
    card.get_by_role("link", name="去处置").click()
    worker.get_by_role("textbox", name="答复").fill("已换灯泡")
    worker.get_by_role("button", name="提交处置结果").click()
    expect(worker.get_by_text("请拍一张照片。")).to_be_visible()
    take_photo(worker, worker.get_by_text("拍照", exact=True), lit=True)
    expect(worker.get_by_role("button", name="删除第 1 张照片")).to_be_visible()
    worker.get_by_role("button", name="提交处置结果").click()
    expect(worker.get_by_role("main")).to_contain_text("已换灯泡")
    worker.context.set_offline(False)
    office = house.caller("dispatcher")
    until(worker, lambda: state(office, sent.case_id) == "handled", "handled, with the photo")


def keeps(page: Page, path: str) -> bool:
    """Whether the phone's disk holds the server's answer for that path."""
    return bool(
        page.evaluate(
            """async (path) => {
              const db = await new Promise((done) => (indexedDB.open('gezhi').onsuccess = (e) => done(e.target.result)))
              const found = await new Promise((done) => {
                db.transaction('fetched').objectStore('fetched').getKey(path).onsuccess = (e) => done(e.target.result)
              })
              db.close()
              return found !== undefined
            }""",
            path,
        )
    )


def test_work_on_a_task_that_went_to_somebody_else_is_shown_beside_what_happened(
    house: House, browsers: Browsers
) -> None:
    sent = report_by_api(house)
    worker = browsers.phone()
    sign_in_field(worker, house, "grid_worker")
    ready_for_offline(worker)
    task(worker, sent.case_id).get_by_role("button", name="签收").click()
    office = house.caller("dispatcher")
    until(worker, lambda: state(office, sent.case_id) == "signed", "signed")
    task(worker, sent.case_id).get_by_role("link", name="去处置").wait_for()

    worker.context.set_offline(True)
    task(worker, sent.case_id).get_by_role("link", name="去处置").click()
    reply = "灯杆已扶正，灯泡明天换"
    worker.get_by_role("textbox", name="答复").fill(reply)
    take_photo(worker, worker.get_by_text("拍照", exact=True), lit=True)
    expect(worker.get_by_role("button", name="删除第 1 张照片")).to_be_visible()
    worker.get_by_role("button", name="提交处置结果").click()
    expect(worker.get_by_role("main")).to_contain_text(reply)

    # Meanwhile the desk gives the task to the neighbour.
    reassign_by_api(house, sent.case_id, "grid_worker2")

    with worker.expect_response(COMMANDS) as answer:
        worker.context.set_offline(False)
    assert [result["status"] for result in answer.value.json()["results"]] == [409]
    worker.goto(f"{house.address}/field/outbox")
    worker.reload()
    entry = worker.get_by_role("listitem").filter(has_text="您写的")
    expect(entry).to_contain_text(reply)
    expect(entry).to_contain_text("案件现在")
    expect(entry).to_contain_text("系统里也留有一份记录")
    photo = entry.locator("img")
    assert photo.first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
    timeline = office.get(f"/cases/{sent.case_id}")["timeline"]
    assert [step["action"] for step in timeline][-2:] == ["sign", "reassign"]
