"""The charts of a sweep: curves against ρ, and maps over ρ and leak rate."""

import re

import numpy as np
import pytest

from app.parts.colours import HEATS
from app.parts.picture import Picture
from lessons.esn.model import Esn
from lessons.esn.sweep import LEAK_RATES, SPECTRAL_RADII
from lessons.esn.sweep_charts import SweepCharts
from lessons.esn.sweep_words import controls, findings
from tests.lessons.esn.sweep_runs import EMPTY, SMALL, at, measured

N_RADII = len(SPECTRAL_RADII)
ONE = SPECTRAL_RADII.index(1.0)


def pictured(model, charts: SweepCharts) -> Picture:
    picture = Picture()
    charts.show(picture, model)
    return picture


def ends(picture: Picture, limits) -> tuple[float, float]:
    return picture.get(limits, "start"), picture.get(limits, "end")


def columns(picture: Picture, source) -> dict:
    return picture.columns[source.id]


def test_the_curves_are_those_of_the_present_leak_rate():
    charts = SweepCharts()
    for leak_rate in (0.4, 1.0):
        shown = measured()
        picture = pictured(at(shown, leak_rate=leak_rate), charts)
        row = LEAK_RATES.index(leak_rate)
        error, memory = (columns(picture, charts.sources[measure]) for measure in ("error", "memory"))
        np.testing.assert_allclose(10 ** error["median"], np.median(shown.error[row], axis=-1))
        np.testing.assert_allclose(10 ** error["low"], shown.error[row].min(axis=-1))
        np.testing.assert_allclose(memory["high"], shown.memory[row].max(axis=-1))
        assert error["radius"].tolist() == list(SPECTRAL_RADII)
        low, high = ends(picture, charts.curves["memory"].plot.y_range)
        assert low <= memory["low"].min() and high >= memory["high"].max()


@pytest.mark.parametrize(("measure", "best"), [("error", (ONE, 2)), ("memory", (SPECTRAL_RADII.index(0.8), 3))])
def test_each_measure_has_its_map_with_the_best_marked(measure, best):
    charts, shown = SweepCharts(), measured()
    picture, drawn = pictured(at(shown), charts), charts.maps[measure]
    image, expected = columns(picture, drawn.heat.source)["image"][0], np.median(getattr(shown, measure), axis=-1)
    np.testing.assert_allclose(image, np.log10(expected) if measure == "error" else expected, rtol=1e-5)
    assert columns(picture, drawn.marks["best"]) == {"x": [best[0]], "y": [best[1]]}
    low, high = picture.get(drawn.heat.mapper, "low"), picture.get(drawn.heat.mapper, "high")
    assert low <= image.min() and high >= image.max()
    assert picture.get(drawn._bar.ticker, "ticks")[0] == low


def test_errors_worse_than_the_mean_share_one_colour():
    charts, shown = SweepCharts(), measured()
    shown.error[0] = 50.0
    picture, drawn = pictured(at(shown), charts), charts.maps["error"]
    assert picture.get(drawn.heat.mapper, "high") == 0
    assert (columns(picture, drawn.heat.source)["image"][0][0] == 0).all()


def test_rows_and_columns_of_the_map_are_labelled_with_their_values():
    charts = SweepCharts()
    plot = charts.maps["memory"].strip.plot
    left, below = plot.left[0], plot.below[0]

    def rows(model) -> tuple[list[int], list[str]]:
        picture = pictured(model, charts)
        return picture.get(left.ticker, "ticks"), picture.get(left.formatter, "args")["labels"]

    assert rows(at(measured())) == ([0, 1, 2, 3, 4], ["0.1", "0.2", "0.4", "0.7", "1"])
    assert left.formatter.code == "return labels[tick]"
    assert below.major_label_overrides == {0: "0.1", 4: "0.7", 9: "1", 16: "3"}
    assert below.ticker.ticks == [0, 4, 9, 16]
    assert rows(Esn(**SMALL | {"leak_rate": 0.56})) == ([0, 1, 2, 3, 4, 5], ["0.1", "0.2", "0.4", "0.56", "0.7", "1"])


def test_the_present_settings_are_marked_and_move_nothing_else():
    charts, shown = SweepCharts(), measured()
    before, after = (pictured(at(shown, spectral_radius=rho), charts) for rho in (0.5, 1.3))
    marks = {one.marks["now"].id for one in charts.maps.values()}
    assert before.columns.keys() == after.columns.keys() > marks
    for key in before.columns.keys() - marks:
        for name, values in before.columns[key].items():
            np.testing.assert_array_equal(after.columns[key][name], values)
    spans = {span.id for span in charts._now}
    changed = {key for key, values in after.properties.items() if values != before.properties[key]}
    assert changed == spans and [after.get(span, "location") for span in charts._now] == [1.3, 1.3]
    for one in charts.maps.values():
        assert columns(after, one.marks["now"]) == {"x": [12.5], "y": [3]}  # half way from 1.2 to 1.4


@pytest.mark.parametrize("shown", [EMPTY, measured(1), measured()._replace(error=np.zeros((5, N_RADII, 3))),
                                   measured()._replace(error=np.full((5, N_RADII, 3), np.inf)),
                                   measured()._replace(error=np.full((5, N_RADII, 3), np.nan))])  # fmt: skip
@pytest.mark.parametrize("leak_rate", [0.1, 1.0])
def test_whatever_is_measured_gives_a_picture_and_words(shown, leak_rate):
    charts, model = SweepCharts(), at(shown, leak_rate=leak_rate)
    picture = pictured(model, charts)
    for source in charts.sources.values():
        assert all(np.isfinite(values).all() for values in columns(picture, source).values())
    assert np.isfinite([ends(picture, strip.plot.y_range) for strip in charts.strips]).all()
    html = controls(model) + findings(model)
    assert not re.search(r"\b(nan|inf|None)\b|not a number|∞", html)


def test_before_the_first_point_the_charts_have_the_limits_that_may_come():
    charts = SweepCharts()
    picture = pictured(at(EMPTY), charts)
    error, memory = (ends(picture, charts.curves[measure].plot.y_range) for measure in ("error", "memory"))
    assert -3.5 < error[0] <= -3 and 0 <= error[1] < 0.5
    assert -1 < memory[0] <= 0 and 6 <= memory[1] < 8  # 6 lags, and N = 12
    low, high = (charts.maps[measure].heat.mapper for measure in ("error", "memory"))
    assert (picture.get(low, "low"), picture.get(high, "high")) == (-3, 6)


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
    picture = pictured(model, charts)
    np.testing.assert_allclose(columns(picture, charts.sources["memory"])["high"], shown.memory[2].max(axis=-1))
    assert columns(picture, charts.maps["error"].marks["now"])["y"] == [pytest.approx(2 + 1 / 3)]
    said = "Leak rate 0.5 is not on the grid of this sweep: the curves show the nearest one, 0.4."
    assert said in controls(model)
    assert "at leak rate 0.4 the error" in findings(model)
    model.leak_rate = 0.4
    assert "not on the grid" not in controls(model)
