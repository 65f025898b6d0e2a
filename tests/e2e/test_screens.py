"""Every main screen of every door, in light and dark: axe finds nothing, no page complains or asks another host.

With GEZHI_SCREENSHOTS=<folder> the screens are also written there as PNG.
"""

from __future__ import annotations

import os
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import ROOT
from tests.e2e.browsers import Browsers
from tests.e2e.house import House
from tests.e2e.steps import (
    act_by_api,
    fill_report,
    finish_by_api,
    read_receipt,
    report_by_api,
    send_report,
    sign_in_console,
    sign_in_field,
    take_photo,
    task,
)

pytestmark = pytest.mark.e2e

AXE = ROOT / "pwa/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Eye:
    """Looks at screens in both schemes and remembers what is wrong with them."""

    def __init__(self, door: str) -> None:
        self._door = door
        self._wrong: list[str] = []
        folder = os.environ.get("GEZHI_SCREENSHOTS")
        self._folder = Path(folder) if folder else None

    def look(self, page: Page, screen: str) -> None:
        """Examine what is on the page now."""
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self._examine(page, f"{self._door}-{screen}-{scheme}")
            if self._folder:
                self._folder.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=self._folder / f"{self._door}-{screen}-{scheme}.png")
        page.emulate_media(color_scheme="light")

    def _examine(self, page: Page, name: str) -> None:
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE.read_text())
        found: dict[str, Any] = page.evaluate("tags => axe.run(document, { runOnly: tags })", RULES)
        assert len(found["passes"]) > 10, f"{name}: axe has seen next to nothing"
        for violation in found["violations"]:
            places = "; ".join(
                f"{node['html'][:160]} ({node['failureSummary'][:300]})" for node in violation["nodes"][:3]
            )
            self._wrong.append(
                f"{name}: {violation['id']} ({violation['impact']}), {len(violation['nodes'])}x {places}"
            )

    def check(self) -> None:
        """Fail when anything was wrong."""
        assert self._wrong == [], "\n".join(self._wrong)


@pytest.mark.parametrize("path", ["/", "/report", "/field", "/console", "/sw.js"])
def test_no_page_may_ask_another_host(house: House, path: str) -> None:
    with urllib.request.urlopen(house.address + path) as answer:
        policy = dict(rule.strip().split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["connect-src"] == "'self'"
    assert "://" not in " ".join(policy.values())
    assert "*" not in " ".join(policy.values())


def test_resident_screens(house: House, browsers: Browsers) -> None:
    eye, phone = Eye("resident"), browsers.phone()
    phone.goto(house.address)
    expect(phone.get_by_text("您在")).to_be_visible()
    eye.look(phone, "home")
    phone.get_by_role("button", name="有人身危险").click()
    eye.look(phone, "danger")

    fill_report(phone, house)
    eye.look(phone, "report-send")
    for step, name in (("photo", "照片"), ("place", "位置"), ("category", "类别")):
        phone.get_by_role("navigation", name="上报的步骤").get_by_role("button", name=name).click()
        expect(phone.get_by_role("navigation").locator("[aria-current=step]")).to_contain_text(name)
        eye.look(phone, f"report-{step}")
    phone.get_by_role("navigation", name="上报的步骤").get_by_role("button", name="上报").click()
    send_report(phone)
    sent = read_receipt(phone, house)
    expect(phone.get_by_role("img", name="回执二维码")).to_be_visible()
    eye.look(phone, "receipt")

    phone.get_by_role("link", name="看进度").click()
    expect(phone.get_by_text("办到哪一步了")).to_be_visible()
    eye.look(phone, "course")
    phone.get_by_role("button", name="补充情况").click()
    expect(phone.get_by_label("又有什么新情况")).to_be_visible()
    eye.look(phone, "course-add")
    phone.get_by_role("button", name="取消").click()
    phone.get_by_role("button", name="删除我的信息").click()
    expect(phone.get_by_text("删除后不能恢复")).to_be_visible()
    eye.look(phone, "course-erase")
    phone.get_by_role("button", name="不删了").click()
    finish_by_api(house, sent.case_id)
    phone.reload()
    phone.get_by_text("满意", exact=True).click()
    expect(phone.get_by_label("还想说什么")).to_be_visible()
    eye.look(phone, "rating")
    phone.get_by_role("link", name="我的上报").click()
    expect(phone.get_by_role("heading", name="我的上报")).to_be_visible()
    eye.look(phone, "mine")
    eye.check()


def test_field_screens(house: House, browsers: Browsers) -> None:
    eye, phone = Eye("field"), browsers.phone()
    sent, other = report_by_api(house), report_by_api(house, text="灯杆歪了")
    phone.goto(f"{house.address}/field")
    expect(phone.get_by_label("密码")).to_be_visible()
    eye.look(phone, "login")
    sign_in_field(phone, house, "grid_worker")
    expect(task(phone, sent.case_id)).to_be_visible()
    phone.get_by_role("button", name="离我多远").click()
    expect(phone.get_by_text("米").first).to_be_visible()
    eye.look(phone, "today")
    phone.get_by_role("button", name="菜单").click()
    expect(phone.get_by_role("dialog", name="菜单")).to_be_visible()
    eye.look(phone, "menu")
    phone.get_by_role("dialog").get_by_role("button", name="关闭").click()

    phone.goto(f"{house.address}/field/cases/{sent.case_id}")
    phone.get_by_role("button", name="签收").click()
    expect(phone.get_by_role("button", name="去处置")).to_be_visible()
    expect(phone.get_by_text("待发送")).to_have_count(0)
    eye.look(phone, "case")
    phone.get_by_text("更多", exact=True).click()
    expect(phone.get_by_role("button", name="退单")).to_be_visible()
    eye.look(phone, "case-more")
    phone.get_by_role("button", name="调解").click()
    phone.get_by_text("达成协议").click()
    expect(phone.get_by_label("调解协议内容")).to_be_visible()
    eye.look(phone, "mediate")
    phone.get_by_role("button", name="返回").click()
    phone.get_by_role("button", name="去处置").click()
    phone.get_by_role("textbox", name="答复").fill("已更换灯泡，今晚亮了。")
    take_photo(phone, phone.get_by_text("拍照", exact=True), lit=True)
    expect(phone.get_by_role("button", name="删除第 1 张照片")).to_be_visible()
    eye.look(phone, "handle")
    phone.get_by_role("button", name="提交处置结果").click()
    expect(phone.get_by_role("main")).to_contain_text("待核查")

    phone.goto(f"{house.address}/field/report")
    phone.get_by_text("已经当场处理好了").click()
    expect(phone.get_by_text("处理后照片")).to_be_visible()
    eye.look(phone, "report")

    leader = browsers.phone()
    sign_in_field(leader, house, "grid_leader")
    task(leader, sent.case_id).get_by_role("link", name="去核查").click()
    expect(leader.get_by_text("在范围内")).to_be_visible()
    expect(leader.get_by_role("button", name="拍照")).to_be_visible()
    eye.look(leader, "verify-camera")
    leader.get_by_role("button", name="拍照").click()
    expect(leader.get_by_role("button", name="重拍")).to_be_visible()
    eye.look(leader, "verify")

    browsers.watch.forgive("net::ERR_INTERNET_DISCONNECTED")
    phone.goto(f"{house.address}/field")
    phone.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.context.set_offline(True)
    task(phone, other.case_id).get_by_role("button", name="签收").click()
    expect(task(phone, other.case_id)).to_contain_text("待发送")
    eye.look(phone, "today-offline")
    phone.get_by_role("link", name="待发送").first.click()
    expect(phone.get_by_role("button", name="现在发送")).to_be_visible()
    eye.look(phone, "outbox")
    eye.check()


def test_refused_work_and_the_way_on(house: House, browsers: Browsers) -> None:
    eye, phone = Eye("field"), browsers.phone()
    sent = report_by_api(house)
    sign_in_field(phone, house, "grid_worker")
    expect(task(phone, sent.case_id)).to_be_visible()
    # Somebody at the desk is faster by a moment: the phone still shows the case as it was.
    stolen = house.caller("grid_worker")
    phone.context.set_offline(True)
    browsers.watch.forgive("net::ERR_INTERNET_DISCONNECTED")
    task(phone, sent.case_id).get_by_role("button", name="签收").click()
    act_by_api(stolen, sent.case_id, "sign")
    phone.context.set_offline(False)
    phone.goto(f"{house.address}/field/outbox")
    expect(phone.get_by_text("您写的", exact=True)).to_be_visible()
    eye.look(phone, "outbox-refused")
    eye.check()


def test_console_screens(house: House, browsers: Browsers) -> None:
    eye, desk = Eye("console"), browsers.desk()
    desk.goto(f"{house.address}/console")
    expect(desk.get_by_label("密码")).to_be_visible()
    eye.look(desk, "login")
    sent = report_by_api(house)
    for category, text in (("rubbish", "垃圾桶满了"), ("other", "树上挂着一只风筝"), ("water", "路口积水，没过脚背")):
        report_by_api(house, category=category, text=text)
    sign_in_console(desk, house)
    row = desk.get_by_role("row").filter(has_text=sent.number)
    expect(row).to_be_visible()
    expect(desk.get_by_role("application", name="案件地图")).to_be_visible()
    expect(desk.get_by_text("图上")).to_be_visible()
    eye.look(desk, "queue")
    row.click()
    expect(desk.get_by_role("button", name="改派")).to_be_visible()
    eye.look(desk, "case")
    desk.get_by_role("button", name="改派").click()
    expect(desk.get_by_role("radio").first).to_be_visible()
    eye.look(desk, "reassign")
    desk.get_by_role("button", name="取消").click()
    # Seen above; without it the rest is looked at faster.
    desk.get_by_role("button", name="案件地图").click()
    desk.get_by_role("button", name="更多", exact=True).click()
    desk.get_by_role("button", name="会商", exact=True).click()
    desk.get_by_text("叫哪些单位来").first.click()
    expect(desk.get_by_role("checkbox").first).to_be_visible()
    eye.look(desk, "consult")
    desk.get_by_role("button", name="取消").click()
    desk.get_by_role("button", name="代报").click()
    expect(desk.get_by_role("region", name="替别人上报").get_by_label("县（区）")).to_be_visible()
    eye.look(desk, "new-case")
    desk.get_by_role("region", name="替别人上报").get_by_role("button", name="取消").click()
    desk.get_by_role("button", name="键盘操作").click()
    expect(desk.get_by_role("dialog")).to_be_visible()
    eye.look(desk, "keyboard")
    eye.check()


def test_console_pages_of_a_duty_leader(house: House, browsers: Browsers) -> None:
    eye, desk = Eye("console"), browsers.desk()
    report_by_api(house)
    sign_in_console(desk, house, "duty_leader")
    desk.get_by_role("link", name="分派规则").click()
    desk.get_by_role("button", name="新增规则").click()
    form = desk.get_by_role("form", name="新增规则")
    form.get_by_label("规则名称").fill("夜里的路灯直接交城管")
    form.get_by_label("内容里有这个词").fill("路灯")
    form.get_by_label("单位或岗位").check()
    form.get_by_label("县（区）").last.select_option("东湖区")
    target = form.get_by_role("radio", name="东湖区城市管理").first
    target.check()
    eye.look(desk, "rule-target")
    expect(form.get_by_role("button", name="保存")).to_be_disabled()
    form.get_by_role("button", name="先试算").click()
    expect(form.get_by_text("最近")).to_be_visible()
    eye.look(desk, "rule")
    form.get_by_role("button", name="保存").click()
    rule = desk.get_by_role("row").filter(has_text="夜里的路灯直接交城管")
    rule.get_by_role("button", name="删除").click()
    expect(desk.get_by_role("button", name="确认删除")).to_be_visible()
    eye.look(desk, "rules")
    desk.get_by_role("button", name="确认删除").click()
    expect(desk.get_by_text("还没有规则")).to_be_visible()

    desk.get_by_role("link", name="值班表").click()
    row = desk.get_by_role("row").filter(has_text="章雅婷")
    row.get_by_role("button", name="排班").click()
    plan = desk.get_by_role("region", name="章雅婷的班次和请假")
    plan.get_by_role("button", name="加一个班次").click()
    expect(row.get_by_text("08:30–17:30")).to_be_visible()
    eye.look(desk, "roster")
    plan.get_by_role("button", name="删除").click()
    expect(plan.get_by_text("没有单独排班")).to_be_visible()
    eye.check()
