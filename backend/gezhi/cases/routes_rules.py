"""Routing rules over HTTP: for a duty leader or administrator at the city's centre; nobody else finds them."""

from __future__ import annotations

import json
import uuid
from typing import Any

from flask import Response

from gezhi.cases import rules
from gezhi.cases.schemas_rules import OrderSent, RuleAnswer, RulesAnswer, RuleSent, Tried, TrySent
from gezhi.http.body import read_json
from gezhi.http.openapi import Blueprint, takes

blueprint = Blueprint("rules", __name__, url_prefix="/api/v1", description="分派规则 Routing rules")

_RULE, _TRY, _ORDER = RuleSent(), TrySent(), OrderSent()


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False, default=str), status, mimetype="application/json")


@blueprint.get("/rules")
@blueprint.alt_response(200, schema=RulesAnswer)
def list_rules() -> Response:
    """规则 All rules, the first to be asked first."""
    rules.keeper()
    return _json({"items": rules.listed()})


@blueprint.post("/rules/try")
@takes(TrySent)
@blueprint.alt_response(200, schema=Tried)
def try_rule() -> Response:
    """试算 What a change would have done to the last 1,000 cases; nothing is kept."""
    person = rules.keeper()
    return _json(rules.tried(person, read_json(_TRY)))


@blueprint.post("/rules")
@takes(RuleSent)
@blueprint.alt_response(201, schema=RuleAnswer)
def add_rule() -> Response:
    """新增 Add a rule, last in the order; it holds from the next report on."""
    person = rules.keeper()
    return _json(rules.add(person, read_json(_RULE)), 201)


@blueprint.put("/rules/<uuid:rule>")
@takes(RuleSent)
@blueprint.alt_response(200, schema=RuleAnswer)
def change_rule(rule: uuid.UUID) -> Response:
    """修改 Change a rule; it keeps its place in the order."""
    person = rules.keeper()
    return _json(rules.change(person, rule, read_json(_RULE)))


@blueprint.delete("/rules/<uuid:rule>")
@blueprint.alt_response(204, description="Removed.")
def remove_rule(rule: uuid.UUID) -> Response:
    """删除 Remove a rule."""
    rules.remove(rules.keeper(), rule)
    return Response(status=204)


@blueprint.put("/rules/order")
@takes(OrderSent)
@blueprint.alt_response(200, schema=RulesAnswer)
def order_rules() -> Response:
    """排序 Put all rules into an order."""
    person = rules.keeper()
    return _json({"items": rules.reorder(person, read_json(_ORDER)["ids"])})
