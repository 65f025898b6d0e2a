"""One report through the whole house, over the API: from the resident's photo to the rating."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gezhi.cases import answers
from gezhi.cases.doctor import examine
from tests.cases.helpers import SECRET, command, here, photo, report


def test_one_report_runs_through_all_seven_steps(resident: Any, sign_in: Callable[[str], Any]) -> None:
    worker, second, desk = sign_in("grid_worker"), sign_in("grid_leader"), sign_in("dispatcher")
    sent = report([resident.put_photo(photo())])

    taken = resident.post("/reports", sent)
    assert taken.status_code == 201
    receipt = taken.json
    assert answers.Receipt().validate(receipt) == {}
    assert (receipt["state"], receipt["missing_photos"]) == ("dispatched", [])
    assert receipt["place"]["label"] == "东湖区 滕王阁街道 民巷社区 第1网格"
    assert receipt["assigned_to"] == {"kind": "post", "name": "民巷社区第1网格 网格员"}
    case = receipt["case_id"]

    queue = desk.get("/cases?view=scope").json
    assert answers.CasePage().validate(queue) == {}
    assert case in [item["id"] for item in queue["items"]]

    tasks = worker.get("/cases").json["items"]
    assert [(item["id"], item["task"]) for item in tasks] == [(case, "sign")]
    seen = worker.get(f"/cases/{case}").json
    assert answers.CaseDetail().validate(seen) == {}
    assert [row["action"] for row in seen["allowed"] if row["primary"]] == ["sign"]

    signed = worker.post(f"/cases/{case}/actions", command("sign", seen["version"]))
    assert answers.ActionDone().validate(signed.json) == {}
    assert signed.json["state"] == "signed"
    done = worker.post(
        f"/cases/{case}/actions",
        command(
            "handle", 4, outcome="solved", reply="已更换灯泡", note="库存不多了", photos=[worker.put_photo(photo())]
        ),
    )
    assert done.json["state"] == "handled", done.json
    assert second.get("/cases").json["items"][0]["task"] == "verify"

    passed = second.post(
        f"/cases/{case}/actions", command("verify_pass", 5, photos=[second.put_photo(photo())], position=here())
    )
    assert passed.json["state"] == "closed", passed.json
    assert passed.json["case"]["timeline"][-1]["position"] == {"distance_m": 0, "accuracy_m": 9, "doubtful": False}

    course = resident.get(f"/reports/{receipt['receipt_code']}", X_Gezhi_Secret=SECRET).json
    assert answers.Course().validate(course) == {}
    assert [step["key"] for step in course["steps"]] == [
        "report", "accept", "dispatch", "sign", "handle", "verify_pass",
    ]  # fmt: skip
    assert (course["reply"], course["rating"]["open"], len(course["photos"])) == ("已更换灯泡", True, 3)

    rated = resident.post(
        f"/reports/{receipt['receipt_code']}/notes",
        {"id": report()["id"], "action": "rate", "occurred_at": sent["occurred_at"], "stars": 5,
         "satisfaction": "satisfied", "comment": "很快"},
        X_Gezhi_Secret=SECRET,
    )  # fmt: skip
    assert rated.status_code == 200, rated.json
    assert rated.json["rating"]["given"]["stars"] == 5
    assert examine() == []
