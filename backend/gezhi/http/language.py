"""The reader's language: Chinese unless English is asked for."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from flask import has_request_context, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

Language = Literal["zh-CN", "en"]
LANGUAGES: tuple[Language, ...] = ("zh-CN", "en")


@lru_cache(maxsize=256)
def _chosen(header: str) -> Language:
    best = parse_accept_header(header, LanguageAccept).best_match(["zh-CN", "zh", "en"])
    return "en" if best == "en" else "zh-CN"


def language() -> Language:
    """The language of this request (Accept-Language, RFC 9110 section 12.5.4); `zh-CN` outside of one."""
    header = request.environ.get("HTTP_ACCEPT_LANGUAGE") if has_request_context() else None
    return _chosen(header[:200]) if header else "zh-CN"


def pick(zh: str, en: str | None) -> str:
    """`zh` or `en` as the reader asked; `zh` where there is no English."""
    return en if en and language() == "en" else zh
