"""Which sliders move by factors, and that only their look differs: values, bounds and requests stay as they are."""

import param
import pytest

from app.shell import lessons
from app.shell.controls import control
from tests.app.pages import Opened, classes

EVERY = [(stem, name) for stem in lessons.stems() for name in (*classes(stem)[1].controls, *classes(stem)[1].more)]


def number(stem, name):
    kind = classes(stem)[0].parameters()[name]
    return kind if isinstance(kind, param.Number) and not isinstance(kind, param.Boolean) else None


@pytest.mark.parametrize(("stem", "name"), [(s, n) for s, n in EVERY if number(s, n)])
def test_a_slider_over_two_decades_moves_by_factors(stem, name):
    kind, model = number(stem, name), classes(stem)[0]
    low, high = kind.bounds
    wide = low > 0 and high >= 100 * low and not isinstance(kind, param.Integer)
    assert (name in model.logarithmic) == wide
    made = control(model(), name)
    assert ("logarithmic" in made.tags) == wide
    assert (made.start, made.end, made.value) == (*(kind.softbounds or (low, high)), getattr(model(), name))


def test_nothing_else_is_marked():
    for stem in lessons.stems():
        assert {(stem, name) for name in classes(stem)[0].logarithmic} <= set(EVERY)


def test_requests_and_frames_have_plain_values():
    page = Opened("parity", activation="logistic")
    assert page.set(steepness=3.7)["values"]["steepness"] == 3.7
    assert "steepness=3.7" in page.frame["query"]
