"""What the tests of the parity lesson share: its presets, models and pages made from them, and how to read numbers."""

import re
from html import unescape

from app.shell import address, lessons
from lessons.parity.model import Parity
from tests.app.pages import Opened

LESSON = lessons.load("parity")
PRESETS = {preset.name: preset.values for preset in LESSON.presets}


def model_with(**values: object) -> Parity:
    model = Parity()
    model.param.update(**address.values_from(model, values))
    return model


def page_with(**query: object) -> Opened:
    page = Opened("parity", **query)
    assert page.frame["notices"] == []
    return page


def readable(html: str) -> str:
    """The text of the numbers, as a reader would copy it onto paper."""
    return unescape(re.sub(r"<[^>]+>", "", html)).replace("−", "-").replace("\u2003", " ")


def groups(pattern: str, text: str) -> tuple[str, ...]:
    """The groups of a pattern that must be in a text."""
    found = re.search(pattern, text)
    assert found is not None, (pattern, text)
    return found.groups()


def value_of(text: str) -> float:
    """A sum of products as printed, such as 1·0 + (-0.5)."""
    assert re.fullmatch(r"[\d\s.+\-·()]+", text), text
    return eval(text.replace("·", "*"))
