"""Pictures, ranges, clipping, and numbers as a reader sees them."""

import numpy as np
import pytest
from bokeh.models import ColumnDataSource, Plot, Range1d

from app.parts.colours import HALL, PALETTE, variables
from app.parts.numbers import number, plain
from app.parts.picture import Picture
from app.parts.ranges import LIMIT, bounds, clipped, tidy


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


def test_bounds_cover_the_values_and_stay_for_equal_ones():
    found = bounds(np.array([-0.3, 4.2]))
    assert found[0] < -0.3 and found[1] > 4.2
    assert bounds(np.array([-0.3, np.nan, 4.2])) == bounds(np.array([-0.3]), np.array([4.2])) == found
    assert LIMIT < bounds(np.array([1.0, np.inf]))[1] < 2 * LIMIT  # drawn clipped, so the range goes no further


def test_bounds_keep_their_margin_and_what_they_are_told_to_include():
    assert bounds(np.array([1.0, 2.0]), include=(0, 4), pad=0.0) == (0, 4)
    assert bounds(np.array([1.0, 2.0]), include=(0, 4), pad=0.25) == (-1, 5)
    assert bounds(np.zeros(3), pad=0.0) == (-1, 1)
    assert bounds(np.array([np.nan]), include=(2.0,), pad=0.0) == (1, 3)


def test_clipping_names_the_first_step_beyond_the_limit():
    columns, first = clipped({"a": np.array([1.0, 2 * LIMIT, np.nan]), "b": np.array([0.0, 0.0, -np.inf])})
    assert first == {"a": 2, "b": 3}
    assert columns["a"][1] == LIMIT and np.isnan(columns["a"][2]) and columns["b"][2] == -LIMIT
    assert clipped({"a": np.ones(3)})[1] == {}


def test_a_picture_answers_with_what_will_be_shown():
    picture, limits = Picture(), Range1d(0, 1)
    assert (picture.get(limits, "start"), picture.get(limits, "end")) == (0, 1)
    picture.change(limits, end=5)
    assert (picture.get(limits, "start"), picture.get(limits, "end")) == (0, 5)
    picture.change(limits, start=2)
    assert picture.properties == {limits.id: {"end": 5, "start": 2}}
    source = ColumnDataSource({"x": [1, 2]})
    assert picture.column(source, "x") == [1, 2]
    picture.put(source, {"x": [3]})
    picture.put(source, {"y": [4]})
    assert picture.column(source, "y") == [4] and picture.columns == {source.id: {"y": [4]}}
    with pytest.raises(KeyError):
        picture.column(source, "x")


def test_a_picture_fits_a_range_as_bounds_say():
    picture, limits, values = Picture(), Range1d(0, 1), np.array([-0.3, 4.2])
    found = picture.fit(limits, values, include=(-2, 0), pad=0.05)
    assert found == bounds(values, include=(-2, 0), pad=0.05)
    assert (picture.get(limits, "start"), picture.get(limits, "end")) == found
    assert Picture().fit(limits, values) == bounds(values)


def test_a_picture_sets_nothing_on_the_models():
    source, plot, columns = ColumnDataSource({"x": [1, 2]}), Plot(visible=True), {"x": [3]}
    picture = Picture()
    picture.put(source, columns)
    picture.change(plot, visible=False)
    picture.fit(plot.x_range, np.array([50.0]))
    columns["x"] = [4]
    assert picture.column(source, "x") == [3]
    assert dict(source.data) == {"x": [1, 2]} and plot.visible
    assert Picture().get(plot, "visible") is True


@pytest.mark.parametrize("name", ["ende", "_end", "data"])
def test_a_property_that_a_model_does_not_have_is_refused(name):
    picture, limits = Picture(), Range1d(0, 1)
    with pytest.raises(AttributeError, match=name):
        picture.change(limits, start=1, **{name: 1})
    assert picture.properties == {}


def test_every_colour_has_one_meaning_in_both_themes():
    roles = [{*PALETTE[role], *HALL[role]} for role in PALETTE]  # a browser knows a role by any of its colours
    assert sum(map(len, roles)) == len(set().union(*roles))
    assert "--forget-gate:#D55E00" in variables()


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("role", sorted(set(HALL) - {"line", "band", "page", "card", "inset"}))
def test_in_a_hall_every_colour_stands_out_from_its_card(role, theme):
    low, high = sorted((luminance(HALL[role][theme]), luminance(HALL["card"][theme])))
    assert (high + 0.05) / (low + 0.05) >= 4.5
