"""What the tests of the parity lesson share: its presets, models and pages made from them, and how to read numbers."""

import functools
import re
from html import unescape

import numpy as np

from app.shell import address, lessons
from lessons.parity.model import Parity
from tests import naive_parity
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


@functools.cache
def found_by_hand() -> dict[int, np.ndarray]:
    """Weights after 1,000 updates from the starts of seeds 1 to 20, by code that shares nothing with the page's."""
    starts = np.array([np.random.default_rng(seed).uniform(-1, 1, 11) for seed in range(1, 21)])
    return dict(enumerate(naive_parity.adam(starts, 1000, n_bits=4, steepness=5.0, learning_rate=0.05), 1))
