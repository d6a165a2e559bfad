"""What the page makes up from its results: at the edges of every case, and sums that a pocket calculator confirms."""

import re
from html import unescape

import numpy as np
import pytest

from app.shell import lessons
from lessons.delay_lines import numbers, words
from lessons.delay_lines.results import Pattern
from tests import naive_lines
from tests.app.pages import model_at

PRESETS = [preset.name for preset in lessons.load("delay_lines").presets]


def readable(line):
    text = unescape(re.sub(r"<sup>(.*?)</sup>", r"^(\1)", line))
    return re.sub(r"<[^>]+>", "", text).replace("−", "-").replace("\u2003", " ").replace("\u2002", " ")


def computed(text):
    """A sum of products as it is printed."""
    text = text.replace("·", "*").replace("^", "**")
    assert re.fullmatch(r"[\d\s.+\-*()e]+", text), text
    return eval(text)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "less than 1 % of the error of guessing"),
        (np.nextafter(0.01, 0), "less than 1 % of the error of guessing"),
        (0.01, "1 % of the error of guessing"),
        (0.5, "50 % of the error of guessing"),
        (0.9994, "99.9 % of the error of guessing"),
        (0.9996, "the whole error of guessing"),
        (1.0, "the whole error of guessing"),
        (1.0004, "the whole error of guessing"),
        (1.006, "101 % of the error of guessing"),
        (4.5, "450 % of the error of guessing"),
    ],
)
def test_an_error_is_told_beside_guessing(share, said):
    assert words._share(share) == said


@pytest.mark.parametrize(("said", "falls", "verdict"), [
    (0.1, False, "right"), (0.1, True, "wrong"), (-1e-9, True, "right"), (-0.1, False, "wrong"),
    (0.0, True, "undecided"), (0.0, False, "undecided"),
])  # fmt: skip
def test_a_sum_of_zero_decides_nothing(said, falls, verdict):
    assert words._verdict(said, falls) == verdict


@pytest.mark.parametrize(
    ("taps", "t", "sees"),
    [(1, 1, "nothing yet"), (1, 2, "step 1"), (3, 2, "step 1"), (3, 3, "steps 1 to 2"), (3, 5, "steps 2 to 4")],
)
def test_the_window_is_told_from_its_first_step_on(taps, t, sees):
    m = model_at("delay_lines", preset="sliding-window", taps=taps, cursor=t)
    assert f"holds {sees}, and" in m.sentence()


def test_what_has_left_is_told_from_the_step_at_which_it_has():
    # x(4) is the first that is not 0; a window of 3 holds it up to t = 7
    for t in range(1, 25):
        said = model_at("delay_lines", preset="sliding-window", cursor=t).sentence()
        assert ("has left the window for good" in said) == (t >= 8)
        if t >= 8:
            assert f"Nothing before step {t - 3} " in said


def test_half_of_x_is_told_up_to_the_first_lag_that_has_less():
    for kernel, taps, alpha in (("delay", 5, 1), ("average", 3, 1), ("gamma", 1, 0.05), ("gamma", 8, 0.9)):
        m = model_at("delay_lines", topic="generalised", kernel=kernel, taps=taps, alpha=alpha)
        enough = m.result.recall[1:] >= 0.5
        until = next(lag for lag, there in enumerate(enough) if not there)
        said = m.sentence()
        assert (f"up to lag {until}." in said) if until else ("Of no lag can half of x" in said)
        assert ("and sharply" in said) == (kernel == "delay" or (alpha == 1 and kernel != "average"))


@pytest.mark.parametrize(("all_delays", "said"), [
    ({"n_layers": 1, "width": 2}, "Through one layer y(t) hears 2 steps of x, back to lag 1 = 1."),
    ({"n_layers": 3, "width": 2}, "Through 3 layers y(t) hears 4 steps of x, back to lag 1 + 1 + 1 = 3."),
    ({"n_layers": 2, "width": 3, "dilated": "true"}, "hears 7 steps of x, back to lag 2 + 4 = 6."),
])  # fmt: skip
def test_the_layers_are_counted(all_delays, said):
    assert said in model_at("delay_lines", topic="distributed", net="random", **all_delays).sentence()


@pytest.mark.parametrize(("taps", "lag", "blind"), [(6, 7, True), (7, 7, False), (6, 6, False), (1, 2, True)])
def test_a_window_is_called_too_short_where_it_is(taps, lag, blind):
    said = model_at("delay_lines", topic="training", task="lag", taps=taps, lag=lag, stage=0).sentence()
    assert ("no weights can help" in said) == blind and "after 0 updates" in said


def test_the_pattern_is_told_where_it_was_learned_and_where_not():
    for place, known in ((1, True), (11, True), (12, False), (26, False)):
        m = model_at("delay_lines", preset="pattern", place=place)
        assert ("where patterns were learned" in m.sentence()) == known
        assert isinstance(m.result, Pattern)
        right = [words._verdict(said, False) for said in (m.result.look, m.result.evidence[-1])]
        both = f"both networks are {right[0]}" if right[0] == right[1] else f"one look is {right[0]}, the sliding"
        assert both in m.sentence()


@pytest.mark.parametrize("preset", PRESETS)
def test_sums_that_are_printed_come_out(preset):
    """Every line or run of lines `name = terms … = result`, to the digits that are printed."""
    m, checked = model_at("delay_lines", preset=preset), 0
    for t in (1, 2, 7, m.n_steps):
        for block in numbers.blocks(m, t):
            whole = " ".join(readable(line) for line in block.lines)
            for terms, result in re.findall(r"= ((?:[\d.()·^ \-]|\+ |e)+?)\s+= (-?[\d.·^()\-]+)", whole):
                if "·" in terms or "+" in terms:
                    assert computed(terms) == pytest.approx(computed(result), abs=2e-3, rel=2e-3), (t, terms, result)
                    checked += 1
    assert checked >= 4


def test_a_wrong_step_is_explained_by_the_two_inputs():
    m = model_at("delay_lines", preset="other-input")
    assert m.explain("y", 4).endswith("x(3) = 1 and x(2) = 0; the net gives the size of their difference, 1.")
    assert "difference, 2" in m.explain("y", 5) and "Before step 1 x is 0." in m.explain("y", 1)
    assert model_at("delay_lines", preset="fig-12-1").explain("y", 3).startswith("y(3) = ")


def test_a_kernel_that_changes_sign_looks_back_to_no_one_place():
    for taps, alpha in ((1, 0.3), (2, 0.05), (3, 0.6), (8, 0.95), (4, 1.0)):
        page = model_at("delay_lines", topic="generalised", kernel="laguerre", taps=taps, alpha=alpha)
        last = naive_lines_last(alpha, taps)
        changes = min(last) < -1e-12 and max(last) > 1e-12
        assert ("changes sign" in page.sentence()) == changes != ("on average" in page.sentence())


def naive_lines_last(alpha: float, taps: int) -> list[float]:
    """The last kernel by its closed form, over 60 steps."""
    return [naive_lines.laguerre_kernel(1 - alpha, lag, taps) for lag in range(60)]
