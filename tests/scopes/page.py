"""docs/permissions.md, made from the table of the tests: `python -m tests.scopes.page > docs/permissions.md`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gezhi.people.names import ROLE_NAMES
from tests.scopes.table import OPERATIONS, RELATIONS, STANDINGS, STANDS, THINGS, Operation, Who

_HEAD = """\
# 谁能做什么 Who may do what

<!-- Generated from tests/scopes/table.py: python -m tests.scopes.page > docs/permissions.md -->

本页由测试用的权限表生成；测试逐格核对每个接口、每种人、每件事，缺一行就不通过。
This page is made from the table that the tests hold the API against: every operation, everybody, every thing. An
operation without a row fails them.

对谁都一样：没有登录是 401；范围之外一律 404，就像不存在；参加过的人迟到的操作是 409，只告诉当前状态。
For everybody: without a session 401; outside one's scope 404, as if it did not exist; a late command of somebody who
once took part 409, with the state and no more.
"""
_OPERATIONS = """\
## 接口 Operations
"""
_STANDINGS = """\
## 谁算什么人 Who stands how

岗位和地点决定一个人和一件事的关系（规则 P1、P7、P8）。空格是无关：对这个人不存在。
Post and place decide how somebody stands to a thing (rules P1, P7, P8). An empty cell is nothing to do with it: it does
not exist for them.
"""
_LEVELS = {
    "community": ("社区", "community"),
    "street": ("街道", "street"),
    "district": ("区县", "district"),
    "city": ("市", "city"),
}
_OPEN = {
    "anybody": ("任何人，不用登录", "anybody, without signing in"),
    "link": ("拿到签名链接的人", "whoever has a signed link"),
    "receipt": (
        "凭回执码看公开进度；说话、删除要凭密钥或留下的电话",
        "the public course by its code; notes and erasing by the secret or the phone number left",
    ),
    "session": ("登录的人，只有自己的；别人的是 404", "whoever is signed in, their own; another's is 404"),
    "stream": ("登录的人，只有自己范围内的", "whoever is signed in, of their own scope"),
}


def permissions_markdown() -> str:
    """The page as Markdown, in Chinese and English."""
    return "\n".join([
        _HEAD,
        _OPERATIONS,
        _table(("接口 operation", "谁 who", "否则 others"), map(_operation, OPERATIONS, OPERATIONS.values())),
        _STANDINGS,
        _table(("谁 who", *(f"{zh} {en}" for zh, en in THINGS.values())), _people()),
    ])  # fmt: skip


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [tuple(heads)]
    lines += [("---",) * len(lines[0]), *(tuple(row) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def _operation(name: str, row: Operation) -> tuple[str, str, str]:
    if row.reach in _OPEN:
        return f"`{name}`", " ".join(_OPEN[row.reach]), ""
    yes = [standing for standing, status in row.answers.items() if status == row.ok]
    late = [standing for standing, status in row.answers.items() if status == 409]
    refused = [f"409: {_named(late)}"] if late else []
    return f"`{name}`", _named(yes), "; ".join([*refused, "404"])


def _named(standings: Iterable[str]) -> str:
    names = [STANDINGS[standing] for standing in standings]
    return f"{'、'.join(zh for zh, _ in names)} {', '.join(en for _, en in names)}"


def _people() -> Iterator[tuple[str, ...]]:
    """A row for each way to stand, with all who stand so."""
    alike: dict[tuple[str, ...], list[Who]] = {}
    for who, stands in STANDS.items():
        alike.setdefault(tuple(stands.values()), []).append(who)
    for standings, people in alike.items():
        cells = ("" if standing == "none" else " ".join(STANDINGS[standing]) for standing in standings)
        yield ("<br>".join(_people_named(people)), *cells)


def _people_named(people: Iterable[Who]) -> Iterator[str]:
    """People of the same relation in one line."""
    by: dict[str, list[str]] = {}
    for who in people:
        by.setdefault(who.relation, []).append(_role(who.role))
    for relation, roles in by.items():
        zh, en = RELATIONS[relation]
        yield f"**{zh} {en}**: {'、'.join(roles)}"


def _role(role: str) -> str:
    name, _, level = role.partition("@")
    if name == "head":
        return "部门负责人 head of a unit"
    zh, en = _LEVELS.get(level, ("", ""))
    said, said_en = ROLE_NAMES[name]
    return f"{zh}{said} {said_en.lower()}{f' of a {en}' if en else ''}"


if __name__ == "__main__":
    print(permissions_markdown(), end="")
