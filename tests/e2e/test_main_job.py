"""The main job, played by everybody it takes: from a photo in the street to the resident's rating."""

from __future__ import annotations

import io
import json
import re
import urllib.request
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.browsers import Browsers, until
from tests.e2e.house import House
from tests.e2e.notifications import Desktop
from tests.e2e.pictures import CAMERA, SERIAL, upload
from tests.e2e.steps import (
    expect_marked,
    fill_report,
    mark,
    read_receipt,
    reassign_by_api,
    report_by_api,
    send_report,
    sign_in_console,
    sign_in_field,
    sign_out_field,
    state,
    take_photo,
    task,
)

pytestmark = pytest.mark.e2e


def test_from_the_photo_to_the_rating(house: House, browsers: Browsers, desktop: Desktop, profile: Path) -> None:
    desk = browsers.desk()
    sign_in_console(desk, house)
    before = on_map(desk)
    mark(desk)
    worker = browsers.phone_with_reminders(desktop, profile)
    sign_in_field(worker.page, house, "grid_worker")
    worker.turn_reminders_on()
    mark(worker.page)

    # 1. A resident reports, without an account.
    resident = browsers.phone()
    fill_report(resident, house)
    send_report(resident)
    sent = read_receipt(resident, house)
    qr = resident.get_by_role("img", name="回执二维码")
    expect(qr).to_be_visible()
    assert qr.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100

    photo = served_photo(resident, house, sent.case_id)
    assert len(photo) <= 300 * 1024
    assert not any(mark.encode() in photo for mark in (CAMERA, SERIAL, "GPS", "Exif"))
    assert max(Image.open(io.BytesIO(photo)).size) == 1600

    # 2. The desk sees it at once, in the list and on the map.
    row = desk.get_by_role("row").filter(has_text=sent.number)
    expect(row).to_contain_text("待签收")
    until(desk, lambda: on_map(desk) == before + 1, "the case is on the map")
    expect_marked(desk)

    # 3. So does the worker, and the push is delivered while no page is open; signing takes one tap on it.
    expect(task(worker.page, sent.case_id)).to_contain_text("签收")
    expect_marked(worker.page)
    worker.page.goto("about:blank")
    message = until(worker.page, lambda: worker.pushed(sent.case_id), "the push reaches the push service")[0]
    assert "第1网格" in json.loads(message)["body"]
    notification = worker.deliver(message)
    assert notification.title == json.loads(message)["title"]
    worker.click(notification, "签收")
    office = house.caller("dispatcher")
    until(worker.page, lambda: state(office, sent.case_id) == "signed", "the case is signed")
    assert [page.url for page in worker.context.pages] == ["about:blank"]
    expect(row).to_contain_text("处置中")

    # 4. The worker handles it.
    leader = browsers.phone()
    sign_in_field(leader, house, "grid_leader")
    mark(leader)
    handle(worker.page, house, sent.case_id)

    # 5. Another post of the grid looks at it on the spot.
    verify(leader, sent.case_id)
    until(leader, lambda: state(office, sent.case_id) == "closed", "the case is closed")
    expect(row).to_have_count(0)
    expect_marked(desk)
    last = office.get(f"/cases/{sent.case_id}")["timeline"][-1]
    assert last["position"]["distance_m"] <= 15
    assert last["position"]["doubtful"] is False
    assert [photo["phase"] for photo in last["photos"]] == ["verify"]

    # 6. The resident follows by the code, and rates.
    rate(resident, house, sent.code)
    given = house.caller().get(f"/reports/{sent.code}")["rating"]["given"]
    assert (given["stars"], given["satisfaction"]) == (5, "satisfied")


def served_photo(page: Page, house: House, case_id: str) -> bytes:
    """The first photo of a case as the desk gets it, once it has been cleaned."""
    desk = house.caller("dispatcher")
    address = until(page, lambda: desk.get(f"/cases/{case_id}")["photos"][0]["url"], "the photo is ready")
    with urllib.request.urlopen(house.address + address, timeout=20) as answer:
        return bytes(answer.read())


def on_map(desk: Page) -> int:
    """How many cases the console's map shows."""
    told = desk.get_by_role("region", name="案件地图").get_by_text("图上").inner_text()
    return int(re.findall(r"图上 (\d+) 件", told)[0])


def handle(page: Page, house: House, case_id: str) -> None:
    """What the worker does on the spot: a photo of now, and an answer."""
    page.goto(f"{house.address}/field")
    task(page, case_id).get_by_role("link", name="去处置").click()
    page.get_by_role("textbox", name="答复").fill("已更换灯泡，今晚亮了。")
    take_photo(page, page.get_by_text("拍照", exact=True), lit=True)
    expect(page.get_by_role("button", name="删除第 1 张照片")).to_be_visible()
    page.get_by_role("button", name="提交处置结果").click()
    expect(page.get_by_role("main")).to_contain_text("已更换灯泡，今晚亮了。")


def verify(page: Page, case_id: str) -> None:
    """What the verifier does there: the task came by itself; a photo by the camera on the screen, and the verdict."""
    card = task(page, case_id)
    expect(card).to_be_visible()
    expect_marked(page)
    card.get_by_role("link", name="去核查").click()
    expect(page.get_by_text("在范围内")).to_be_visible()
    page.get_by_role("button", name="拍照").click()
    expect(page.get_by_role("button", name="重拍")).to_be_visible()
    page.get_by_role("button", name="修好了").click()


def rate(page: Page, house: House, code: str) -> None:
    """What the resident does at the end."""
    page.goto(house.address)
    page.get_by_label("回执码").fill(code.lower())
    page.get_by_role("button", name="查进度").click()
    expect(page.get_by_role("main")).to_contain_text("已更换灯泡，今晚亮了。")
    page.get_by_text("满意", exact=True).click()
    page.get_by_label("还想说什么").fill("修得真快")
    page.get_by_role("button", name="提交评价").click()
    expect(page.get_by_text("谢谢，您的评价已经送到。")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("修得真快")


def test_a_reassigned_task_leaves_one_phone_and_comes_to_the_other(house: House, browsers: Browsers) -> None:
    sent = report_by_api(house)
    desk, old, new = browsers.desk(), browsers.phone(), browsers.phone()
    sign_in_console(desk, house)
    sign_in_field(old, house, "grid_worker")
    sign_in_field(new, house, "grid_worker2")
    expect(task(old, sent.case_id)).to_be_visible()
    expect(new.get_by_role("status").filter(has_text="同步")).to_be_visible()
    expect(task(new, sent.case_id)).to_have_count(0)
    mark(old)
    mark(new)

    desk.get_by_role("row").filter(has_text=sent.number).click()
    desk.get_by_role("button", name="改派").click()
    desk.get_by_role("searchbox", name="搜姓名、单位或网格").fill(house.accounts["grid_worker2"]["name"])
    desk.get_by_role("radio", name=house.accounts["grid_worker2"]["name"]).check()
    desk.get_by_label("理由").fill("邻格的同事就在附近")
    desk.get_by_role("button", name="确认改派").click()

    expect(task(new, sent.case_id)).to_contain_text("签收")
    expect(task(old, sent.case_id)).to_have_count(0)
    expect_marked(old)
    expect_marked(new)
    expect(desk.get_by_role("region", name=sent.number)).to_contain_text("邻格的同事就在附近")
    task(new, sent.case_id).get_by_role("button", name="签收").click()
    office = house.caller("dispatcher")
    until(new, lambda: state(office, sent.case_id) == "signed", "the new one has signed")


def test_reminders_come_to_whoever_works_with_the_phone(
    house: House, browsers: Browsers, desktop: Desktop, profile: Path
) -> None:
    phone = browsers.phone_with_reminders(desktop, profile)
    sign_in_field(phone.page, house, "grid_worker")
    phone.turn_reminders_on()
    sign_out_field(phone.page)

    with phone.page.expect_response("**/api/v1/push/subscriptions") as answer:
        sign_in_field(phone.page, house, "grid_worker2")
    assert answer.value.ok, answer.value.text()
    sent = report_by_api(house)  # a task of the one who has left
    reassign_by_api(house, sent.case_id, "grid_worker2")
    messages = until(phone.page, lambda: phone.pushed(sent.case_id), "the push reaches the push service")
    assert [json.loads(message)["kind"] for message in messages] == ["task"]
    phone.click(phone.deliver(messages[0]), "签收")
    worker = house.caller("grid_worker2")
    until(phone.page, lambda: state(worker, sent.case_id) == "signed", "the case is signed")


@pytest.mark.parametrize("content", [b"", b"no picture, whatever its name"], ids=["empty", "text"])
def test_a_file_that_is_no_photo_is_named_at_once_and_the_others_stay(
    house: House, browsers: Browsers, content: bytes
) -> None:
    phone = browsers.phone()
    phone.goto(house.address)
    with phone.expect_file_chooser() as chooser:
        phone.get_by_text("从相册选").click()
    chooser.value.set_files([{"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": content}, upload(lit=False)])
    expect(phone.get_by_role("alert")).to_have_text("这张照片打不开，请再拍一张。")
    expect(phone.get_by_text("1 张照片")).to_be_visible()


def test_what_waits_for_the_desk_is_not_called_done_on_its_phone(house: House, browsers: Browsers) -> None:
    sent = report_by_api(house, category="other", text="说不清是哪一类")
    phone = browsers.phone()
    sign_in_field(phone, house, "dispatcher")
    expect(phone.get_by_role("list", name="待办").locator(f'a[href="/field/cases/{sent.case_id}"]')).to_be_visible()
    expect(phone.get_by_text("已办，等待发送")).to_have_count(0)


def test_a_double_tap_reassigns_once(house: House, browsers: Browsers) -> None:
    sent = report_by_api(house)
    phone = browsers.phone()
    sign_in_field(phone, house, "dispatcher")
    phone.goto(f"{house.address}/field/cases/{sent.case_id}/act?do=reassign")
    phone.get_by_role("radio", name=house.accounts["grid_worker2"]["name"]).check()
    phone.get_by_role("textbox", name="理由").fill("就近办理")
    # Both taps before the phone's disk has answered the first.
    phone.get_by_role("button", name="确认改派").evaluate(
        "async (button) => { button.click(); await Promise.resolve(); await Promise.resolve(); button.click() }"
    )
    office = house.caller("dispatcher")

    def reassigned() -> int:
        return [step["action"] for step in office.get(f"/cases/{sent.case_id}")["timeline"]].count("reassign")

    until(phone, reassigned, "reassigned")
    phone.goto(f"{house.address}/field/outbox")
    expect(phone.get_by_text("全部已发送")).to_be_visible()
    assert reassigned() == 1
