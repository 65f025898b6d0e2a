"""Links to photos hold a few minutes: pages that were open longer ask for fresh ones, once."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.browsers import Browsers, until
from tests.e2e.house import House
from tests.e2e.steps import fill_report, read_receipt, report_by_api, send_report, sign_in_console, sign_in_field

pytestmark = pytest.mark.e2e

OVER = b"until=1700000000"


class Stale:
    """Answers an address with links that are over: the first time, or always. Counts how often it was asked."""

    def __init__(self, page: Page, address: re.Pattern[str], *, always: bool = False) -> None:
        self.asked = 0
        self._always = always
        page.route(address, self._answer)

    def _answer(self, route: Route) -> None:
        self.asked += 1
        answer = route.fetch()
        body = answer.body()
        if self._always or self.asked == 1:
            body = re.sub(rb"until=\d+", OVER, body)
        route.fulfill(response=answer, body=body)


def drawn(image: Locator) -> bool:
    """Whether a photo is on the screen, and not the mark of one that did not come."""
    return bool(image.evaluate("image => image.complete && image.naturalWidth > 0"))


def expect_fresh(page: Page, stale: Stale, image: Locator) -> None:
    """The photo comes, by a link that was asked for after the first."""
    until(page, lambda: stale.asked > 1 and image.count() and drawn(image.first), "the photo with a fresh link")
    address = image.first.get_attribute("src")
    assert address
    assert OVER.decode() not in address


def test_a_photo_whose_link_is_over_comes_by_a_fresh_one(house: House, browsers: Browsers) -> None:
    browsers.watch.forgive("Failed to load resource")
    resident = browsers.phone(service_workers="block")
    fill_report(resident, house)
    send_report(resident)
    sent = read_receipt(resident, house)
    of_case = re.compile(rf"/api/v1/cases/{sent.case_id}$")
    until(resident, lambda: house.caller("dispatcher").get(f"/cases/{sent.case_id}")["photos"][0]["ready"], "the photo")

    course = Stale(resident, re.compile(rf"/api/v1/reports/{sent.code}$"))
    resident.get_by_role("link", name="看进度").click()
    expect_fresh(resident, course, resident.locator(".strip img"))

    worker = browsers.phone(service_workers="block")
    sign_in_field(worker, house, "grid_worker")
    tasks = Stale(worker, re.compile("/api/v1/cases[?]view=mine"))
    worker.goto(f"{house.address}/field")
    expect_fresh(worker, tasks, worker.locator(f'a[href="/field/cases/{sent.case_id}"] img'))
    detail = Stale(worker, of_case)
    worker.goto(f"{house.address}/field/cases/{sent.case_id}")
    expect_fresh(worker, detail, worker.locator(".strip img"))

    desk = browsers.desk(service_workers="block")
    sign_in_console(desk, house)
    case = Stale(desk, of_case)
    desk.goto(f"{house.address}/console?case={sent.case_id}")
    expect_fresh(desk, case, desk.locator(".facts .photos img"))


def test_a_page_does_not_ask_for_ever_for_a_photo_that_never_comes(house: House, browsers: Browsers) -> None:
    browsers.watch.forgive("Failed to load resource")
    sent, worker = report_by_api(house), browsers.phone(service_workers="block")
    until(worker, lambda: house.caller("dispatcher").get(f"/cases/{sent.case_id}")["photos"][0]["ready"], "the photo")
    sign_in_field(worker, house, "grid_worker")
    detail = Stale(worker, re.compile(rf"/api/v1/cases/{sent.case_id}$"), always=True)
    worker.goto(f"{house.address}/field/cases/{sent.case_id}")
    expect(worker.locator(".strip img").first).to_be_attached()
    worker.wait_for_timeout(1000)
    asked = detail.asked
    assert asked > 1
    worker.wait_for_timeout(2000)
    assert detail.asked == asked
