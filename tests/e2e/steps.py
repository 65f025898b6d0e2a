"""What people do, tap by tap, as often as several tests need it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.cases.helpers import command, here, report
from tests.e2e.house import Caller, House
from tests.e2e.pictures import street, upload

NUMBER = re.compile(r"\d{6}-\d{8}-\d{6}")
CODE = re.compile(r"[0-9A-Z]{4}\s?[0-9A-Z]{4}")
GRID = "东湖区 滕王阁街道 民巷社区 第1网格"


@dataclass(frozen=True)
class Reported:
    """A case as its reporter and the desk know it."""

    case_id: str
    number: str
    code: str


def take_photo(page: Page, opener: Locator, *, lit: bool = False) -> None:
    """Tap what opens the camera and come back with a photo."""
    with page.expect_file_chooser() as chooser:
        opener.click()
    chooser.value.set_files([upload(lit)])


def fill_report(page: Page, house: House) -> None:
    """Photo, place, kind: up to the last look before sending."""
    page.goto(house.address)
    take_photo(page, page.get_by_text("拍一张，马上有人管"))
    expect(page.get_by_role("heading", name="在哪里？")).to_be_visible()
    expect(page.get_by_text(GRID)).to_be_visible()
    page.get_by_role("button", name="就在这里").click()
    page.get_by_role("button", name="路灯照明").click()
    expect(page.get_by_role("heading", name="看一看，就可以上报了")).to_be_visible()


def send_report(page: Page) -> None:
    """Tap 上报 at the end of the form."""
    page.get_by_role("button", name="上报", exact=True).last.click()


def read_receipt(page: Page, house: House) -> Reported:
    """What the receipt on the screen says, and the case it belongs to."""
    expect(page.get_by_role("heading", name="收到了，马上有人管")).to_be_visible()
    text = page.get_by_role("main").inner_text()
    number, code = NUMBER.search(text), CODE.search(text)
    assert number, text
    assert code, text
    found = house.caller("dispatcher").get(f"/cases?view=scope&q={number[0]}")["items"]
    assert [item["number"] for item in found] == [number[0]]
    return Reported(found[0]["id"], number[0], re.sub(r"\s", "", code[0]))


def sign_in_field(page: Page, house: House, account: str) -> None:
    """Open the field door and sign in."""
    page.goto(f"{house.address}/field")
    page.get_by_label("账号").fill(account)
    page.get_by_label("密码").fill(house.accounts[account]["password"])
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="今天")).to_be_visible()


def sign_out_field(page: Page) -> None:
    """Leave by the menu."""
    page.get_by_role("button", name="菜单").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_label("密码")).to_be_visible()


def reassign_by_api(house: House, case_id: str, account: str) -> None:
    """The desk gives the task to somebody else."""
    desk = house.caller("dispatcher")
    name = house.accounts[account]["name"]
    people = desk.get(f"/cases/{case_id}/assignees")["items"]
    found = next(one for one in people if one["name"] == name)
    act_by_api(desk, case_id, "reassign", assignee={"post_id": found["post_id"]}, reason="就近办理")


def sign_in_console(page: Page, house: House, account: str = "dispatcher") -> None:
    """Open the console and sign in."""
    page.goto(f"{house.address}/console")
    page.get_by_label("账号").fill(account)
    page.get_by_label("密码").fill(house.accounts[account]["password"])
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("grid", name="案件列表")).to_be_visible()


def mark(page: Page) -> None:
    """Leave a mark that a reload would wipe away."""
    page.evaluate("window.neverReloaded = true")


def expect_marked(page: Page) -> None:
    """The page was not loaded again since `mark`."""
    assert page.evaluate("window.neverReloaded === true")


def task(page: Page, case_id: str) -> Locator:
    """The card of a case on 今天."""
    return page.get_by_role("listitem").filter(has=page.locator(f'a[href="/field/cases/{case_id}"]'))


def state(caller: Caller, case_id: str) -> str:
    """How the case stands on the server."""
    return str(caller.get(f"/cases/{case_id}")["state"])


def report_by_api(house: House, **changed: Any) -> Reported:
    """A report that some resident has made, to begin with."""
    resident = house.caller()
    receipt = resident.post("/reports", report([put_street(resident, lit=False)], **changed))
    return Reported(receipt["case_id"], receipt["number"], receipt["receipt_code"])


def act_by_api(caller: Caller, case_id: str, action: str, **fields: Any) -> None:
    """An action of somebody who is not on the stage."""
    version = caller.get(f"/cases/{case_id}")["version"]
    caller.post(f"/cases/{case_id}/actions", command(action, version, **fields))


def put_street(caller: Caller, *, lit: bool) -> str:
    """Hand in the photo of the street; its hash."""
    content = street(lit)
    digest = hashlib.sha256(content).hexdigest()
    caller.put_photo(content, digest)
    return digest


def finish_by_api(house: House, case_id: str) -> None:
    """Signed, handled and verified by people who are not on the stage."""
    worker, leader = house.caller("grid_worker"), house.caller("grid_leader")
    act_by_api(worker, case_id, "sign")
    photos = [put_street(worker, lit=True)]
    act_by_api(worker, case_id, "handle", outcome="solved", reply="已更换灯泡，今晚亮了。", photos=photos)
    act_by_api(leader, case_id, "verify_pass", photos=[put_street(leader, lit=True)], position=here())
