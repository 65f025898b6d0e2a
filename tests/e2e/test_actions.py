"""What people do besides the main job: refuse, appeal, go up, ask for time, settle at once, add, remind, join."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browsers import Browsers, until
from tests.e2e.house import House
from tests.e2e.steps import (
    CODE,
    act_by_api,
    fill_report,
    read_receipt,
    report_by_api,
    send_report,
    sign_in_console,
    sign_in_field,
    state,
    take_photo,
    task,
)

pytestmark = pytest.mark.e2e

MOBILE = "13812345678"


def open_case(desk: Page, house: House, case_id: str) -> Locator:
    """Open a case at the desk by its address; its actions."""
    desk.goto(f"{house.address}/console?case={case_id}")
    actions = desk.get_by_role("group", name="可办事项")
    expect(actions).to_be_visible()
    return actions


def begin(actions: Locator, name: str) -> None:
    """Open the form of an action, wherever its button stands."""
    button = actions.get_by_role("button", name=name, exact=True)
    expect(actions.get_by_role("button").first).to_be_visible()
    if not button.count():
        actions.get_by_role("button", name="更多", exact=True).click()
    button.click()


def confirm(desk: Page, actions: Locator, name: str) -> None:
    """Send the form."""
    actions.get_by_role("button", name=f"确认{name}").click()
    expect(desk.get_by_text(f"已{name}：")).to_be_visible()


def last_event(house: House, case_id: str) -> dict[str, Any]:
    """What happened last, as the desk reads it."""
    found: dict[str, Any] = house.caller("dispatcher").get(f"/cases/{case_id}")["timeline"][-1]
    return found


def test_a_refusal_with_its_reason_and_the_appeal(house: House, browsers: Browsers) -> None:
    resident, desk = browsers.phone(), browsers.desk()
    fill_report(resident, house)
    resident.get_by_role("link", name="改类别").click()
    resident.get_by_role("button", name="其他").click()
    send_report(resident)
    sent = read_receipt(resident, house)

    sign_in_console(desk, house)
    actions = open_case(desk, house, sent.case_id)
    begin(actions, "不予受理")
    actions.get_by_role("button", name="确认不予受理").click()
    expect(actions.get_by_role("alert")).to_contain_text("还差：为什么不受理（反映人会看到）")
    actions.get_by_label("为什么不受理").fill("属于小区内部事务，请先找物业。")
    confirm(desk, actions, "不予受理")
    assert state(house.caller("dispatcher"), sent.case_id) == "rejected"

    resident.get_by_role("link", name="看进度").click()
    expect(resident.get_by_text("属于小区内部事务，请先找物业。")).to_be_visible()
    resident.get_by_role("button", name="请上一级再看").click()
    resident.get_by_role("button", name="提交").click()
    expect(resident.get_by_role("alert")).to_contain_text("请写一句")
    resident.get_by_label("为什么应该受理").fill("物业说是公共设施。")
    resident.get_by_role("button", name="提交").click()
    expect(resident.get_by_text("您申诉了，交上一级再看")).to_be_visible()
    assert state(house.caller("dispatcher"), sent.case_id) == "reported"


def test_a_case_goes_up_a_level(house: House, browsers: Browsers) -> None:
    sent, desk = report_by_api(house, text="灯杆倾斜"), browsers.desk()
    sign_in_console(desk, house)
    actions = open_case(desk, house, sent.case_id)
    expect(desk.get_by_text("微循环（社区）")).to_be_visible()
    begin(actions, "提级办理")
    actions.get_by_label("本级解决不了").check()
    actions.get_by_label("理由").fill("要动用吊车")
    confirm(desk, actions, "提级办理")
    expect(desk.get_by_text("小循环（街道）")).to_be_visible()


def test_more_time_is_asked_on_the_phone_and_granted_at_the_desk(house: House, browsers: Browsers) -> None:
    sent = report_by_api(house, text="路灯要换整套")
    worker = house.caller("grid_worker")
    act_by_api(worker, sent.case_id, "sign")
    due = datetime.fromisoformat(worker.get(f"/cases/{sent.case_id}")["due_at"])
    wanted = (due + timedelta(days=3)).astimezone().strftime("%Y-%m-%dT18:00")

    phone = browsers.phone()
    sign_in_field(phone, house, "grid_worker")
    phone.goto(f"{house.address}/field/cases/{sent.case_id}")
    phone.get_by_text("更多", exact=True).click()
    phone.get_by_role("button", name="申请", exact=True).click()
    phone.get_by_text("延长期限").click()
    phone.get_by_label("希望到什么时候").fill(wanted)
    phone.get_by_role("button", name="确认申请").click()
    expect(phone.get_by_role("alert")).to_contain_text("还差：理由")
    phone.get_by_label("理由").fill("等配件到货")
    phone.get_by_role("button", name="确认申请").click()
    expect(phone.get_by_text("还在等的事")).to_be_visible()

    desk = browsers.desk()
    sign_in_console(desk, house, "duty_leader")
    desk.get_by_role("button", name=re.compile("等我办的")).click()
    desk.get_by_role("row").filter(has_text=sent.number).click()
    actions = desk.get_by_role("group", name="可办事项")
    begin(actions, "审批")
    expect(actions.get_by_text("等配件到货")).to_be_visible()
    actions.get_by_label("同意", exact=True).check()
    actions.get_by_label("审批意见").fill("同意，注意安全围挡。")
    confirm(desk, actions, "审批")
    moved = datetime.fromisoformat(worker.get(f"/cases/{sent.case_id}")["due_at"])
    assert moved > due + timedelta(days=2)


def test_notes_made_without_a_network_are_sent_later(house: House, browsers: Browsers) -> None:
    sent = report_by_api(house, text="灯罩碎了")
    act_by_api(house.caller("grid_worker"), sent.case_id, "sign")
    browsers.watch.forgive("net::ERR_INTERNET_DISCONNECTED")
    phone = browsers.phone()
    sign_in_field(phone, house, "grid_worker")
    phone.goto(f"{house.address}/field/cases/{sent.case_id}")
    phone.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.get_by_text("更多", exact=True).click()
    phone.get_by_role("button", name="进展", exact=True).click()
    expect(phone.get_by_label("办到哪一步了")).to_be_visible()
    phone.context.set_offline(True)
    phone.get_by_label("办到哪一步了").fill("已围挡，等灯罩。")
    phone.get_by_role("button", name="确认进展").click()
    expect(phone.get_by_text("进展 · 待发送").first).to_be_visible()
    phone.get_by_role("button", name="我已到场").click()
    expect(phone.get_by_text("到场 · 待发送").first).to_be_visible()
    phone.context.set_offline(False)
    until(phone, lambda: last_event(house, sent.case_id)["action"] == "arrive", "both notes have arrived")
    done = house.caller("dispatcher").get(f"/cases/{sent.case_id}")
    assert [step["action"] for step in done["timeline"][-2:]] == ["progress", "arrive"]
    assert done["timeline"][-1]["position"]["distance_m"] <= 15


def test_a_worker_settles_at_once(house: House, browsers: Browsers) -> None:
    phone = browsers.phone()
    sign_in_field(phone, house, "grid_worker")
    phone.get_by_role("link", name="拍照上报").click()
    take_photo(phone, phone.get_by_text("拍照", exact=True).first)
    phone.get_by_text("路灯照明").click()
    phone.get_by_label("情况说明").fill("灯箱门开着，当场锁好")
    phone.get_by_text("已经当场处理好了").click()
    phone.get_by_role("button", name="上报并办结").click()
    expect(phone.get_by_role("alert")).to_contain_text("请写答复")
    phone.get_by_label("处理结果").fill("已锁好灯箱门。")
    take_photo(phone, phone.get_by_text("拍照", exact=True).last, lit=True)
    expect(phone.get_by_role("button", name="删除第 1 张照片")).to_have_count(2)
    phone.get_by_role("button", name="上报并办结").click()
    expect(phone.get_by_role("heading", name="今天")).to_be_visible()

    desk = house.caller("dispatcher")
    asked = f"/cases?view=scope&q={quote('灯箱门开着')}"
    found = until(phone, lambda: desk.get(asked)["items"], "the report has arrived")
    case = desk.get(f"/cases/{found[0]['id']}")
    assert case["state"] == "handled"
    assert case["timeline"][-1]["note"] == "已锁好灯箱门。"
    assert len(case["photos"]) == 2


def test_a_reporter_adds_and_from_another_phone_reminds(house: House, browsers: Browsers) -> None:
    resident = browsers.phone()
    fill_report(resident, house)
    resident.get_by_label("手机号").fill("12345")
    send_report(resident)
    expect(resident.get_by_role("alert")).to_contain_text("请填手机号")
    resident.get_by_label("手机号").fill(MOBILE)
    send_report(resident)
    sent = read_receipt(resident, house)
    resident.get_by_role("link", name="看进度").click()
    resident.get_by_role("button", name="补充情况").click()
    resident.get_by_label("又有什么新情况").fill("隔壁那盏也灭了。")
    resident.get_by_role("button", name="提交").click()
    expect(resident.get_by_text("补充了情况")).to_be_visible()
    assert last_event(house, sent.case_id)["note"] == "隔壁那盏也灭了。"

    other = browsers.phone()
    other.goto(f"{house.address}/r/{sent.code}")
    expect(other.get_by_role("button", name="催一下")).to_have_count(0)
    other.get_by_text("这不是上报时用的手机？").click()
    other.get_by_label("上报时留下的手机号").fill(MOBILE)
    other.get_by_role("button", name="用这个号码").click()
    other.get_by_role("button", name="催一下").click()
    other.get_by_role("button", name="提交").click()
    expect(other.get_by_text("催办了一次")).to_be_visible()
    assert last_event(house, sent.case_id)["action"] == "remind"


def test_a_second_one_joins_with_one_tap(house: House, browsers: Browsers) -> None:
    sent, resident = report_by_api(house, text="整条街的路灯都不亮"), browsers.phone()
    fill_report(resident, house)
    near = resident.get_by_role("region", name=re.compile("附近已有"))
    expect(near).to_contain_text("很像")
    near.get_by_role("button", name="我也遇到").first.click()
    expect(resident.get_by_role("heading", name="收到了，马上有人管")).to_be_visible()
    text = resident.get_by_role("main").inner_text()
    code = CODE.search(text)
    assert code
    own = re.sub(r"\s", "", code[0])
    assert own != sent.code
    course = house.caller().get(f"/reports/{own}")
    assert "又有人遇到同样的问题" in [step["name"] for step in course["steps"]]
    resident.get_by_role("link", name="看进度").click()
    expect(resident.get_by_role("button", name="催一下")).to_be_visible()
    expect(resident.get_by_role("button", name="不用办了，撤回")).to_have_count(0)


def test_the_desk_reports_for_somebody_who_calls(house: House, browsers: Browsers) -> None:
    desk = browsers.desk()
    sign_in_console(desk, house)
    desk.get_by_role("button", name="代报").click()
    form = desk.get_by_role("region", name="替别人上报")
    form.get_by_role("button", name="登记上报").click()
    expect(form.get_by_role("alert")).to_contain_text("还差：地点或地址、反映的内容或类别")
    form.get_by_label("反映的内容").fill("八一公园北门的井盖翻了")
    form.get_by_label("姓名").fill("王女士")
    form.get_by_label("电话", exact=True).last.fill(MOBILE)
    form.get_by_label("县（区）").select_option(label="东湖区")
    form.get_by_label("街道、乡镇").select_option(label="滕王阁街道")
    form.get_by_label("地址或位置说明").fill("八一公园北门公交站旁")
    form.get_by_role("button", name="登记上报").click()
    drawer = desk.get_by_role("region", name=re.compile("^案件 "))
    expect(drawer).to_contain_text("地点不确定")
    expect(drawer).to_contain_text("138****5678")
    expect(drawer).to_contain_text("电话")
    drawer.get_by_role("button", name="查看完整姓名和电话").click()
    drawer.get_by_label("为什么要看").fill("核对位置")
    drawer.get_by_role("button", name="查看", exact=True).click()
    expect(drawer.get_by_role("link", name=MOBILE)).to_be_visible()


def test_what_came_too_late_can_be_adopted(house: House, browsers: Browsers) -> None:
    sent = report_by_api(house, text="灯不亮了")
    worker = house.caller("grid_worker")
    act_by_api(worker, sent.case_id, "sign")
    phone = browsers.phone()
    sign_in_field(phone, house, "grid_worker")
    expect(task(phone, sent.case_id)).to_be_visible()
    browsers.watch.forgive("net::ERR_INTERNET_DISCONNECTED")
    phone.goto(f"{house.address}/field/cases/{sent.case_id}/act?do=return")
    expect(phone.get_by_label("为什么退回")).to_be_visible()
    phone.context.set_offline(True)
    phone.get_by_label("为什么退回").fill("是供电公司的线路。")
    phone.get_by_role("button", name="确认退单").click()
    expect(phone.get_by_text("退单 · 待发送").first).to_be_visible()
    act_by_api(house.caller("dispatcher"), sent.case_id, "escalate", reason="先提级")
    phone.context.set_offline(False)
    desk = browsers.desk()
    sign_in_console(desk, house)
    open_case(desk, house, sent.case_id)
    late = desk.locator("section").filter(has=desk.get_by_role("heading", name="来晚了没用上的内容")).last
    expect(late).to_contain_text("是供电公司的线路。")
    late.get_by_role("button", name="采纳").click()
    expect(desk.get_by_text("已采纳：退单")).to_be_visible()
    expect(desk.get_by_role("heading", name="来晚了没用上的内容")).to_have_count(0)
