"""The charts of the unrolled page: pieces of all weights, truncation, costs and times, and how far the strips reach."""

import numpy as np
import pytest

from app.parts.numbers import plain
from lessons.unrolled import timing
from lessons.unrolled.model import SHARED
from tests.lessons.unrolled.test_unrolled_view import text
from tests.lessons.unrolled.unrolled_oracle import RICH, derivative, make


def test_pieces_pile_up_to_the_total():
    page = make(**RICH)
    pieces, totals = page.view.pieces.data, page.view.totals.data
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


def test_truncation_card_says_what_is_lost():
    page = make(preset="truncated")
    said = text(page.view.tables()["truncation"])
    assert "window of 3, ∂F/∂W₁₁ = -0.5431 instead of -2.383, off by 77 %" in said
    errors = page.view.truncation.errors.data
    assert 10 ** errors["one"][2] == pytest.approx(1 - 0.5431177 / 2.3832978, rel=1e-4)
    assert errors["one"][-1] == -17 and page.view.truncation.at_window.location == 3


def test_costs_are_counted_and_measured():
    page = make(n_steps=20, n_units=3)
    line = page.view.costs.lines["n"].data
    place = int(np.flatnonzero(np.isclose(line["size"], np.log10(4)))[0])
    # T (nm + n² + n²p + 2np) with p = nm + n² + n, and T (2nm + 3n² + n) − n²
    assert 10 ** line["RTRL.multiply_adds"][place] == pytest.approx(20 * (4 + 16 + 16 * 24 + 8 * 24))
    assert 10 ** line["BPTT.multiply_adds"][place] == pytest.approx(20 * (8 + 48 + 4) - 16)
    assert "times" in page.frame()["hidden"] and "<button" in page.frame()["tables"]["costs"]
    page.set({"measure": "true"})
    page.view.refresh()
    timings, frame = page.model.timings, page.frame()
    assert "times" not in frame["hidden"]
    for axis, seconds in (("n", timings.by_units), ("T", timings.by_steps)):
        drawn = page.view.times.measured[axis].data
        for method, taken in seconds.items():
            assert (taken > 0).all()
            np.testing.assert_allclose(10 ** np.asarray(drawn[method]), 1e6 * taken)  # microseconds, as measured
    np.testing.assert_allclose(10 ** page.view.times.measured["n"].data["size"], timing.UNITS)
    said = text(frame["tables"]["times"])
    for size, place in ((timing.UNITS[-1], -1), (timing.UNITS[0], 0)):
        assert f"n = {size}: BPTT {plain(1e6 * timings.by_units['BPTT'][place], 3)} µs" in said
    assert "measure" not in frame["query"]  # a shared address makes no server measure


def test_small_gradients_fill_their_strips():
    page = make(preset="one-linear-unit", d1="0*5,0.03125")  # h(6) = 1/32, but for the rounding of the target
    page.model.d1 = (0.0,) * 5 + (1 / 32 + 5e-7,)
    page.view.refresh()
    for strip in (page.view.dF_dh, page.view.s, page.view.term, page.view.sum):
        limits, largest = strip.plot.y_range, np.abs(page.view.stack.source.data[strip.name]).max()
        assert 0 < largest < 2e-6 and limits.end - limits.start < 3 * largest


@pytest.mark.parametrize("state", [{}, {"preset": "truncated"}, {"weight": "W22"}, RICH, {"h01": "0", "h02": "0"}])
def test_low_strips_show_0_and_how_far_they_reach(state):
    view = make(**state).view
    for strip in (view.dF_dh, view.s, view.term, view.sum):
        limits, ticks = strip.plot.y_range, sorted(strip.plot.left[0].ticker.ticks)
        values, span = np.asarray(view.stack.source.data[strip.name]), limits.end - limits.start
        assert 0 in ticks and limits.start < ticks[0] and ticks[-1] < limits.end
        assert np.diff(ticks).min() > 0.28 * span  # labels keep apart
        assert max(np.abs(ticks)) >= np.abs(values).max()


def test_bars_beyond_the_limit_are_drawn_and_the_way_is_told():
    page = make(n_steps=20, activation="identity", W11=3, W12=3, W21=3, W22=3, x="0.25,-0.5,0*18", d1="0*20")
    shown = page.view.stack.source.data
    assert (np.abs(np.asarray(shown["sum"]) - shown["after"]) > 1e5).all()
    totals, limits = np.asarray(page.view.totals.data["total"]), page.view.bars.plot.y_range
    assert (totals <= limits.end).all() and (totals >= limits.start).all()
    notice = page.frame()["notices"][0]
    assert "The gradient starts at copy 20 and grows on its way back, so copy 1 has the largest." in notice
