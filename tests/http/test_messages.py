"""Every sentence marshmallow can say has its Chinese."""

from __future__ import annotations

import pytest
from marshmallow import ValidationError, fields, validate

from gezhi.http.body import Iso, Sha256Hex, Strict, Uuid7
from gezhi.http.messages import say

USED = [
    fields.String, fields.UUID, fields.Integer, fields.Float, fields.Boolean, fields.DateTime,
    fields.Date, fields.Dict, fields.Url,
]  # fmt: skip


def _sentences() -> list[str]:
    found = [
        text
        for field in USED
        for text in field().error_messages.values()
        if "formatted" not in text  # said when writing, not when reading
    ]
    found += fields.List(fields.String).error_messages.values()
    found += Strict().error_messages.values()
    for check, value in [
        (validate.Length(1, 3), ""), (validate.Length(min=2), ""), (validate.Length(max=2), "abc"),
        (validate.Length(equal=2), "a"), (validate.Range(1, 5), 9), (validate.Range(min=1), 0),
        (validate.Range(max=1), 2), (validate.Range(min=0, min_inclusive=False), 0),
        (validate.Range(max=0, max_inclusive=False), 0), (validate.OneOf(["a", "b"]), "c"),
        (validate.Regexp("a"), "b"), (validate.Equal(1), 2), (validate.ContainsOnly("ab"), "c"),
    ]:  # fmt: skip
        with pytest.raises(ValidationError) as raised:
            check(value)
        found += raised.value.messages
    return sorted({text.format(obj_type="datetime", awareness="aware") for text in found})


@pytest.mark.parametrize("sentence", _sentences())
def test_every_sentence_is_said_in_chinese(sentence):
    assert any("\u4e00" <= letter <= "\u9fff" for letter in say(sentence)), sentence


def test_numbers_stay_in_the_sentence():
    assert say("Longer than maximum length 1000.") == "最多 1000 个"


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        (Uuid7(), "0199e0a0-7b3c-7abc-8def-0123456789ab", ["0199e0a0-7b3c-4abc-8def-0123456789ab", "x", 7, None,
                                                          "0199e0a07b3c7abc8def0123456789ab"]),
        (Sha256Hex(), "a" * 64, ["A" * 64, "a" * 63, "g" * 64, 5]),
        (Iso(), "2026-11-20T03:04:05.678Z", ["2026-11-20T03:04:05", "2026-11-20", "yesterday", 5,
                                                   "2026-13-01T00:00:00Z"]),
    ],
)  # fmt: skip
def test_our_own_fields_take_the_one_form_and_nothing_else(field, good, bad):
    assert field.deserialize(good) is not None
    for value in bad:
        with pytest.raises(ValidationError):
            field.deserialize(value)
