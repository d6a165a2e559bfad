"""Ranges, clipping, and numbers as a reader sees them."""

import numpy as np
import pytest
from bokeh.models import Range1d

from app.parts.colours import PALETTE, variables
from app.parts.numbers import number, plain
from app.parts.ranges import LIMIT, clipped, fit, tidy


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-4, "−4"),
        (0.5, "0.5"),
        (-1.25, "−1.25"),
        (0.123456, "0.1235"),
        (15730.4, "15730"),
        (999999.5, "1·10⁶"),
        (123456, "123456"),
        (1e-5, "1·10⁻⁵"),
        (2.5e7, "2.5·10⁷"),
        (float("inf"), "∞"),
        (float("nan"), "not a number"),
        (0.000123456, "1.235·10⁻⁴"),
        (3e-300, "3·10⁻³⁰⁰"),
    ],
)
def test_plain_numbers(value, shown):
    assert plain(value) == shown


def test_negative_numbers_get_brackets_inside_a_sum():
    assert number(-0.5, signed=True) == "(−0.5)"
    assert number(-0.5, "input", signed=True) == '<b class="input">(−0.5)</b>'
    assert number(2e-9) == "2·10<sup>−9</sup>"


@pytest.mark.parametrize("span", [1e-9, 0.3, 1, 3.7, 42, 1e6])
def test_tidy_steps_are_one_two_or_five(span):
    step = tidy(span)
    mantissa = step / 10 ** np.floor(np.log10(step) + 1e-12)
    assert round(mantissa) in (1, 2, 5) and span / 4 <= step * (1 + 1e-9) <= span


def test_fit_covers_the_values_and_leaves_equal_bounds_alone():
    limits, changes = Range1d(0, 1), []
    fit(limits, np.array([-0.3, 4.2]))
    assert limits.start < -0.3 and limits.end > 4.2
    limits.on_change("start", lambda attr, old, new: changes.append(new))
    fit(limits, np.array([-0.3, 4.2]))
    fit(limits, np.array([-0.3, np.nan, 4.2]))
    assert not changes
    fit(limits, np.array([1.0, np.inf]))  # drawn clipped, so the range goes no further
    assert LIMIT < limits.end < 2 * LIMIT


def test_clipping_names_the_first_step_beyond_the_limit():
    columns, first = clipped({"a": np.array([1.0, 2 * LIMIT, np.nan]), "b": np.array([0.0, 0.0, -np.inf])})
    assert first == {"a": 2, "b": 3}
    assert columns["a"][1] == LIMIT and np.isnan(columns["a"][2]) and columns["b"][2] == -LIMIT
    assert clipped({"a": np.ones(3)})[1] == {}


def test_every_colour_has_one_meaning_in_both_themes():
    for column in (0, 1):
        shades = [colours[column].lower() for colours in PALETTE.values()]
        assert len(set(shades)) == len(shades)
    assert "--forget-gate:#D55E00" in variables()
