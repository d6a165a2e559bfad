"""The charts of a sweep: curves against ρ, and maps over ρ and leak rate."""

import re

import numpy as np
import pytest

from app.parts.colours import HEATS
from lessons.esn.model import Esn
from lessons.esn.sweep import LEAK_RATES, SPECTRAL_RADII
from lessons.esn.sweep_charts import SweepCharts, controls, findings
from tests.lessons.esn.sweep_runs import EMPTY, SMALL, at, measured

N_RADII = len(SPECTRAL_RADII)
ONE = SPECTRAL_RADII.index(1.0)


def test_the_curves_are_those_of_the_present_leak_rate():
    charts = SweepCharts()
    for leak_rate in (0.4, 1.0):
        shown = measured()
        charts.show(at(shown, leak_rate=leak_rate))
        row = LEAK_RATES.index(leak_rate)
        error, memory = charts.sources["error"].data, charts.sources["memory"].data
        np.testing.assert_allclose(10 ** error["median"], np.median(shown.error[row], axis=-1))
        np.testing.assert_allclose(10 ** error["low"], shown.error[row].min(axis=-1))
        np.testing.assert_allclose(memory["high"], shown.memory[row].max(axis=-1))
        assert error["radius"].tolist() == list(SPECTRAL_RADII)
        limits = charts.curves["memory"].plot.y_range
        assert limits.start <= memory["low"].min() and limits.end >= memory["high"].max()


@pytest.mark.parametrize(("measure", "best"), [("error", (ONE, 2)), ("memory", (SPECTRAL_RADII.index(0.8), 3))])
def test_each_measure_has_its_map_with_the_best_marked(measure, best):
    charts, shown = SweepCharts(), measured()
    charts.show(at(shown))
    drawn = charts.maps[measure]
    image, expected = drawn.heat.source.data["image"][0], np.median(getattr(shown, measure), axis=-1)
    np.testing.assert_allclose(image, np.log10(expected) if measure == "error" else expected, rtol=1e-5)
    assert (drawn.marks["best"].data["x"], drawn.marks["best"].data["y"]) == ([best[0]], [best[1]])
    assert drawn.heat.mapper.low <= image.min() and drawn.heat.mapper.high >= image.max()
    assert drawn._bar.ticker.ticks[0] == drawn.heat.mapper.low


def test_errors_worse_than_the_mean_share_one_colour():
    charts, shown = SweepCharts(), measured()
    shown.error[0] = 50.0
    charts.show(at(shown))
    drawn = charts.maps["error"]
    assert drawn.heat.mapper.high == 0
    assert (drawn.heat.source.data["image"][0][0] == 0).all()


def test_rows_and_columns_of_the_map_are_labelled_with_their_values():
    charts = SweepCharts()
    charts.show(at(measured()))
    plot = charts.maps["memory"].strip.plot
    left, below = plot.left[0], plot.below[0]
    assert left.major_label_overrides == dict(enumerate(("0.1", "0.2", "0.4", "0.7", "1")))
    assert below.major_label_overrides == {0: "0.1", 4: "0.7", 9: "1", 16: "3"}
    assert (left.ticker.ticks, below.ticker.ticks) == ([0, 1, 2, 3, 4], [0, 4, 9, 16])
    model = Esn(**SMALL | {"leak_rate": 0.56})
    charts.show(model)
    assert left.major_label_overrides[3] == "0.56" and len(left.ticker.ticks) == 6


def test_the_present_settings_are_marked_without_sending_anything_else():
    charts, shown = SweepCharts(), measured()
    charts.show(at(shown, spectral_radius=0.5))
    sent = []
    maps = charts.maps.values()
    drawn = [source for one in maps for source in (one.heat.source, one.marks["best"])]
    for source in (*charts.sources.values(), *drawn):
        source.on_change("data", lambda attr, old, new: sent.append(new))
    charts.show(at(shown, spectral_radius=1.3))
    assert not sent
    assert [span.location for span in charts._now] == [1.3, 1.3]
    for one in maps:
        assert one.marks["now"].data == {"x": [12.5], "y": [3]}  # half way from 1.2 to 1.4
    charts.show(at(shown._replace(n_done=101), spectral_radius=1.3))
    assert sent


@pytest.mark.parametrize("shown", [EMPTY, measured(1), measured()._replace(error=np.zeros((5, N_RADII, 3))),
                                   measured()._replace(error=np.full((5, N_RADII, 3), np.inf)),
                                   measured()._replace(error=np.full((5, N_RADII, 3), np.nan))])  # fmt: skip
@pytest.mark.parametrize("leak_rate", [0.1, 1.0])
def test_whatever_is_measured_gives_a_picture_and_words(shown, leak_rate):
    charts, model = SweepCharts(), at(shown, leak_rate=leak_rate)
    charts.show(model)
    for source in charts.sources.values():
        assert all(np.isfinite(values).all() for values in source.data.values())
    limits = [end for strip in charts.strips for end in (strip.plot.y_range.start, strip.plot.y_range.end)]
    assert np.isfinite(limits).all()
    html = controls(model) + findings(model)
    assert not re.search(r"\b(nan|inf|None)\b|not a number|∞", html)


def test_before_the_first_point_the_charts_have_the_limits_that_may_come():
    charts = SweepCharts()
    charts.show(at(EMPTY))
    error, memory = (charts.curves[measure].plot.y_range for measure in ("error", "memory"))
    assert -3.5 < error.start <= -3 and 0 <= error.end < 0.5
    assert -1 < memory.start <= 0 and 6 <= memory.end < 8  # 6 lags, and N = 12
    assert (charts.maps["error"].heat.mapper.low, charts.maps["memory"].heat.mapper.high) == (-3, 6)


def test_in_both_maps_the_good_end_is_the_strong_one_and_is_named():
    charts = SweepCharts()
    for theme in (0, 1):
        good = [HEATS[charts.maps[measure].heat.mapper.tags[0]][theme][end] for measure, end in
                (("error", 0), ("memory", -1))]  # fmt: skip
        assert good[0] == good[1] == HEATS["quantity"][theme][-1]
    codes = [charts.maps[measure]._bar.formatter.code for measure in ("error", "memory")]
    assert "index === 0 ?" in codes[0] and "index === 2 ?" in codes[1]


def test_a_leak_rate_beside_the_grid_is_marked_between_its_rows_and_the_nearest_is_shown():
    charts, shown = SweepCharts(), measured()
    model = at(shown)
    model.leak_rate = 0.5
    charts.show(model)
    np.testing.assert_allclose(charts.sources["memory"].data["high"], shown.memory[2].max(axis=-1))
    assert charts.maps["error"].marks["now"].data["y"] == [pytest.approx(2 + 1 / 3)]
    said = "Leak rate 0.5 is not on the grid of this sweep: the curves show the nearest one, 0.4."
    assert said in controls(model)
    assert "at leak rate 0.4 the error" in findings(model)
    model.leak_rate = 0.4
    assert "not on the grid" not in controls(model)
