"""A reporter has what they sent erased: on the phone that reported, and from another by the number left."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsers import Browsers, until
from tests.e2e.house import House
from tests.e2e.steps import Reported, fill_report, read_receipt, send_report

pytestmark = pytest.mark.e2e

MOBILE, SAID = "13812345678", "隔壁那盏也灭了。"


def reported(phone: Page, house: House) -> Reported:
    """A report with a photo, a number and a word more; its course is open."""
    fill_report(phone, house)
    phone.get_by_label("手机号").fill(MOBILE)
    send_report(phone)
    sent = read_receipt(phone, house)
    phone.get_by_role("link", name="看进度").click()
    phone.get_by_role("button", name="补充情况").click()
    phone.get_by_label("又有什么新情况").fill(SAID)
    phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_text("补充了情况")).to_be_visible()
    return sent


def erase(phone: Page) -> None:
    """Both taps."""
    phone.get_by_role("button", name="删除我的信息").click()
    expect(phone.get_by_text("删除后不能恢复")).to_be_visible()
    phone.get_by_role("button", name="确定删除").click()


def seen_by_desk(house: House, case_id: str) -> dict[str, Any]:
    """The case as the desk reads it."""
    found: dict[str, Any] = house.caller("dispatcher").get(f"/cases/{case_id}")
    return found


def test_a_reporter_erases_what_they_sent_and_the_course_stays(house: House, browsers: Browsers) -> None:
    phone = browsers.phone()
    sent = reported(phone, house)
    photos = phone.locator(".strip img")
    expect(photos.first).to_be_visible()
    phone.get_by_role("button", name="删除我的信息").click()
    phone.get_by_role("button", name="不删了").click()
    assert seen_by_desk(house, sent.case_id)["photos"]
    erase(phone)
    expect(phone.get_by_role("status").filter(has_text="已删除您的信息")).to_contain_text(sent.code)
    expect(phone.get_by_text("办到哪一步了")).to_be_visible()
    expect(photos).to_have_count(0)
    expect(phone.get_by_role("button", name="补充情况")).to_have_count(0)
    case = seen_by_desk(house, sent.case_id)
    assert case["photos"] == []
    assert SAID not in str(case["timeline"])
    held = "async () => JSON.stringify(await Promise.all((await caches.keys()).map(async (name) =>"
    held += " (await (await caches.open(name)).keys()).map(({ url }) => url))))"
    assert "/media/" not in phone.evaluate(held)
    phone.get_by_role("link", name="我的上报").click()
    expect(phone.get_by_text("还没有上报过")).to_be_visible()
    phone.goto(f"{house.address}/r/{sent.code}")
    expect(phone.get_by_text("办到哪一步了")).to_be_visible()
    expect(phone.get_by_role("button", name="删除我的信息")).to_have_count(0)


def test_the_number_left_erases_from_another_phone(house: House, browsers: Browsers) -> None:
    browsers.watch.forgive("404")
    sent, other = reported(browsers.phone(), house), browsers.phone()
    other.goto(f"{house.address}/r/{sent.code}")
    for number in ("13900000000", MOBILE):
        other.reload()
        expect(other.get_by_role("button", name="删除我的信息")).to_have_count(0)
        other.get_by_text("这不是上报时用的手机？").click()
        other.get_by_label("上报时留下的手机号").fill(number)
        other.get_by_role("button", name="用这个号码").click()
        erase(other)
        if number != MOBILE:
            expect(other.get_by_role("alert")).to_contain_text("没有删除")
            assert seen_by_desk(house, sent.case_id)["photos"]
    expect(other.get_by_role("status").filter(has_text="已删除您的信息")).to_be_visible()
    until(other, lambda: seen_by_desk(house, sent.case_id)["photos"] == [], "the photos erased")
