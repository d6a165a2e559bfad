"""The charts of the unrolled page: pieces of all weights, truncation, costs and times, and how far the strips reach."""

import numpy as np
import pytest

from app.parts.numbers import plain
from lessons.unrolled import timing
from lessons.unrolled.weights import SHARED
from tests.lessons.unrolled.test_unrolled_view import text
from tests.lessons.unrolled.unrolled_oracle import RICH, derivative, make


def reach(page, strip):
    """(start, end) of a plot's values, as the browser has them."""
    return tuple(page.shown(strip.plot.y_range, end) for end in ("start", "end"))


def low_strips(page):
    strips = page.view.strips
    return strips.dF_dh, strips.s, strips.term, strips.sum


def test_pieces_pile_up_to_the_total():
    page = make(**RICH)
    pieces, totals = page.data(page.view.pieces.pieces), page.data(page.view.pieces.totals)
    heights = np.asarray(pieces["top"]) - np.asarray(pieces["bottom"])
    names = [name for name in page.model.names() if name in SHARED]
    for place, name in enumerate(names, 1):
        mine = np.asarray(pieces["weight"]) == place
        terms = np.array([derivative(page.model, name, copy) for copy in range(1, 6)])
        np.testing.assert_allclose(heights[mine], terms, rtol=1e-8, atol=1e-12)
        edges = np.concatenate([np.asarray(pieces["top"])[mine], np.asarray(pieces["bottom"])[mine], [0]])
        assert edges.max() == pytest.approx(terms[terms > 0].sum(), abs=1e-12)
        assert edges.min() == pytest.approx(terms[terms < 0].sum(), abs=1e-12)
        assert totals["total"][place - 1] == pytest.approx(terms.sum(), rel=1e-8, abs=1e-12)


def test_every_bar_has_its_weights_name():
    page, chart = make(n_units=2), make().view.pieces

    def names():
        return page.shown(chart.names, "args")["names"]

    wanted = ["W₁₁", "W₁₂", "W₂₁", "W₂₂", "U₁", "U₂", "b₁", "b₂"]
    assert names() == wanted and page.shown(chart.ticker, "ticks") == list(range(1, 9))
    page.set(n_units=1)
    assert names() == ["W₁₁", "U₁", "b₁"] and page.shown(chart.ticker, "ticks") == [1, 2, 3]
    assert page.shown(chart.strip.plot.below[0], "major_label_orientation") == "horizontal"
    page.set(n_units=4)
    assert len(names()) == 24 and page.shown(chart.strip.plot.below[0], "major_label_orientation") == "vertical"


def test_truncation_card_says_what_is_lost():
    page = make(preset="truncated")
    said = text(page.frame["tables"]["truncation"])
    assert "window of 3, ∂F/∂W₁₁ = -0.5431 instead of -2.383, off by 77 %" in said
    errors = page.data(page.view.truncation.errors)
    assert 10 ** errors["one"][2] == pytest.approx(1 - 0.5431177 / 2.3832978, rel=1e-4)
    assert errors["one"][-1] == -17 and page.shown(page.view.truncation.at_window, "location") == 3


def test_costs_are_counted_and_measured():
    page = make(n_steps=20, n_units=3)
    line = page.data(page.view.costs.lines["n"])
    place = int(np.flatnonzero(np.isclose(line["size"], np.log10(4)))[0])
    # T (nm + n² + n²p + 2np) with p = nm + n² + n, and T (2nm + 3n² + n) − n²
    assert 10 ** line["RTRL.multiply_adds"][place] == pytest.approx(20 * (4 + 16 + 16 * 24 + 8 * 24))
    assert 10 ** line["BPTT.multiply_adds"][place] == pytest.approx(20 * (8 + 48 + 4) - 16)
    assert "times" in page.frame["hidden"] and "<button" in page.frame["tables"]["costs"]
    frame, timings = page.set(measure="true"), page.model.timings
    assert "times" not in frame["hidden"]
    for axis, seconds in (("n", timings.by_units), ("T", timings.by_steps)):
        drawn = page.data(page.view.times.measured[axis])
        for method, taken in seconds.items():
            assert (taken > 0).all()
            np.testing.assert_allclose(10 ** np.asarray(drawn[method]), 1e6 * taken)  # microseconds, as measured
    np.testing.assert_allclose(10 ** page.data(page.view.times.measured["n"])["size"], timing.UNITS)
    said = text(frame["tables"]["times"])
    for size, place in ((timing.UNITS[-1], -1), (timing.UNITS[0], 0)):
        assert f"n = {size}: BPTT {plain(1e6 * timings.by_units['BPTT'][place], 3)} µs" in said
    assert "measure" not in frame["query"]  # a shared address makes no server measure


def test_small_gradients_fill_their_strips():
    page = make(preset="one-linear-unit", d1="0*5,0.03125")  # h(6) = 1/32, but for the rounding of the target
    page.model.d1 = (0.0,) * 5 + (1 / 32 + 5e-7,)
    page.show()
    for strip in low_strips(page):
        (start, end), largest = reach(page, strip), np.abs(page.columns[strip.name]).max()
        assert 0 < largest < 2e-6 and end - start < 3 * largest


@pytest.mark.parametrize("state", [{}, {"preset": "truncated"}, {"weight": "W22"}, RICH, {"h01": "0", "h02": "0"}])
def test_low_strips_show_0_and_how_far_they_reach(state):
    page = make(**state)
    for strip in low_strips(page):
        (start, end), ticks = reach(page, strip), sorted(page.shown(strip.plot.left[0].ticker, "ticks"))
        values = page.columns[strip.name]
        assert 0 in ticks and start < ticks[0] and ticks[-1] < end
        assert np.diff(ticks).min() > 0.28 * (end - start)  # labels keep apart
        assert max(np.abs(ticks)) >= np.abs(values).max()


def test_bars_beyond_the_limit_are_drawn_and_the_way_is_told():
    page = make(n_steps=20, activation="identity", W11=3, W12=3, W21=3, W22=3, x="0.25,-0.5,0*18", d1="0*20")
    shown = page.columns
    assert (np.abs(np.asarray(shown["sum"]) - shown["after"]) > 1e5).all()
    totals, (start, end) = page.data(page.view.pieces.totals)["total"], reach(page, page.view.pieces.strip)
    assert (totals <= end).all() and (totals >= start).all()
    notice = page.frame["notices"][0]
    assert "The gradient starts at copy 20 and grows on its way back, so copy 1 has the largest." in notice
