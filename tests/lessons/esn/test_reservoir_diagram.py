"""The picture of a reservoir: eigenvalues, units, connections, and the live values on it."""

import json
import re

import numpy as np
import pytest

from lessons.esn import cloud as reservoir_cloud
from lessons.esn import diagram as reservoir_diagram
from tests.lessons.esn.reservoir_cases import CASES, EIGHT, NOTHING_TO_READ, case, dense, make


def dots(svg: str) -> np.ndarray:
    """The eigenvalues as they are drawn, before any transform."""
    (path,) = re.findall("<path id=eigenvalues d='([^']*)'", svg)
    return np.array([complex(float(x), float(y)) for x, y in re.findall(r"M([-\d.]+),([-\d.]+)h0", path)])


def moved(values: np.ndarray, transform: str) -> np.ndarray:
    """Where a CSS transform puts them, in pixels."""
    x, y, scale = map(float, re.fullmatch(r"translate\((.+)px,(.+)px\) scale\((.+)\)", transform).groups())
    return x + 1j * y + scale * values


@pytest.mark.parametrize("rho", [0.3, 0.95, 2.4])
@pytest.mark.parametrize("leak", [1.0, 0.25])
def test_eigenvalues_stand_where_they_belong(rho, leak):
    m = make(spectral_radius=rho, leak_rate=leak, n_units=20, density=0.4)
    svg, live = reservoir_diagram.diagram(m.result).svg(), reservoir_diagram.live(m.result, 1)["transform"]
    circle = moved(np.array([0.0, 1.0]), live["circle"])
    middle, unit = circle[0], (circle[1] - circle[0]).real
    W = dense(m.traced.reservoir.W)
    for name, matrix in (("own", W), ("effective", (1 - leak) * np.eye(20) + leak * W)):
        expected = np.linalg.eigvals(matrix)
        drawn = (moved(dots(svg), live[name]) - middle) / unit
        apart = np.abs(expected[:, None] - drawn)
        assert apart.min(axis=1).max() < 0.01 and apart.min(axis=0).max() < 0.01
        assert f"data-transform={name}" in svg
    # everything stays inside the picture
    assert np.abs(moved(dots(svg), live["own"]) - middle).max() <= reservoir_diagram.REACH


def test_only_a_new_draw_draws_anew():
    m = make(topic="recipe")
    before = reservoir_diagram.key(m.result)
    for change in ({"spectral_radius": 2.0}, {"leak_rate": 0.2}, {"input_scaling": 3.0}, {"log_ridge": 1.0}):
        m.param.update(**change)
        assert reservoir_diagram.key(m.result) == before
    for change in ({"seed": 5}, {"n_units": 20}, {"feedback_scaling": 0.5}, {"task": "figure of eight"},
                   {"spectral_radius": 0.0}, {"topic": "echo"}):  # fmt: skip
        m.param.update(**change)
        now = reservoir_diagram.key(m.result)
        assert now != before
        before = now


def test_the_shown_unit_is_always_in_the_cloud():
    m = make(n_units=80)
    for unit in (1, 36, 37, 80):
        svg, live = reservoir_diagram.diagram(m.result, unit).svg(), reservoir_diagram.live(m.result, 9, unit)
        assert svg.count("class=unit-back") == 36 + 2  # with input and bias
        assert f'data-on="ring{unit}"' in svg
        assert [name for name, on in live["on"].items() if on and name.startswith("ring")] == [f"ring{unit}"]
        assert live["text"]["unit"].startswith(f"unit {unit}: ")


def test_units_fill_with_their_states_and_show_the_sign():
    m = make(n_units=9, density=0.5, input_scaling=2.0)
    h = m.traced.states[20]
    level = reservoir_diagram.live(m.result, 21)["level"]
    for j in range(9):
        assert level.get(f"u{j + 1}+", 0.0) == pytest.approx(max(h[j], 0.0), abs=6e-4)
        assert level.get(f"u{j + 1}-", 0.0) == pytest.approx(max(-h[j], 0.0), abs=6e-4)


def test_few_units_have_numbers_and_arrows_to_those_who_hear():
    m = make(n_units=5, density=0.4, late=0.5)
    svg, (middles, radius) = reservoir_diagram.diagram(m.result).svg(), reservoir_cloud.places(5)
    W = dense(m.traced.unit.W) + dense(m.traced.unit.W_late)
    heard = {(int(start), int(end)) for end, start in np.argwhere(W) if start != end}
    arrows = re.findall(r'<path d="M([\d.]+),([\d.]+)Q[\d.,]+ ([\d.]+),([\d.]+)"[^>]* marker-end', svg)
    ends = [[np.linalg.norm(middles - np.array(point, float), axis=1) for point in (a[:2], a[2:])] for a in arrows]
    assert {(int(start.argmin()), int(end.argmin())) for start, end in ends} == heard and len(arrows) == len(heard)
    assert all(radius < far.min() < radius + 4 for pair in ends for far in pair)
    assert re.findall(r"text-anchor=middle style=[^>]*>(\d)</text>", svg) == list("12345")
    # all of them inside the cloud, and none upon another
    apart = np.linalg.norm(middles[:, None] - middles, axis=2)
    assert (apart[np.triu_indices(5, 1)] > 2 * radius).all()
    far = np.linalg.norm(middles - reservoir_cloud.CLOUD, axis=1)
    assert (far + radius < reservoir_cloud.RADIUS).all()


def test_before_the_input_has_run_nothing_is_active():
    m = make(topic="recipe", recipe=1, bias_scaling=1.0)
    live = reservoir_diagram.live(m.result, 30, 1, 1)
    assert not any(live["level"].values())
    assert (live["text"]["unit"], live["text"]["x.value"]) == ("unit 1: –", "–")
    assert any(reservoir_diagram.live(m.result, 30, 1, 2)["level"].values())


@pytest.mark.parametrize(("values", "sources"), [
    ({"topic": "recipe", **EIGHT}, ["y₁", "y₂"]), ({"topic": "free run", "feedback_scaling": 1.0}, ["y"]),
    ({"feedback_scaling": 1.0}, ["d"]), (EIGHT, ["d₁", "d₂"]),
])  # fmt: skip
def test_every_output_that_is_fed_back_has_its_line(values, sources):
    svg = reservoir_diagram.diagram(make(**values).result).svg()
    circles = {
        label: (float(x), float(y), float(r))
        for x, y, r, label in re.findall(
            r"unit-ring cx=([\d.]+) cy=([\d.]+) r=([\d.]+) /><text[^>]*>([^<]+)</text>", svg
        )
    }
    assert [label for label in circles if label[0] in "yd"] == sources
    bottom = reservoir_diagram.BOTTOM
    lines = [
        [tuple(map(float, point.split(","))) for point in path.split("L")]
        for path in re.findall(r'class="edge muted" d="M([^"]+)"', svg)
    ]
    back = [line for line in lines if any(y == bottom for _, y in line)]
    starts = [next(label for label, (x, y, r) in circles.items() if abs(np.hypot(x - at, y - height) - r) < 1)
              for (at, height), *_ in back]  # fmt: skip
    assert sorted(starts) == sources
    assert "W<tspan" in svg


@pytest.mark.parametrize("k", range(len(CASES)))
def test_every_live_value_has_a_place_in_the_picture(k):
    m = case(k)
    svg, live = reservoir_diagram.diagram(m.result, m.unit).svg(), reservoir_diagram.live(m.result, 11, m.unit)
    for kind in ("text", "level", "on", "transform"):
        drawn = {name for name in re.findall(f'data-{kind}="?([^" >]+)', svg) if not name.endswith(".label")}
        given = set(live[kind])
        assert given <= drawn, given - drawn
        assert kind == "level" or drawn <= given, drawn - given
    assert not any(word in json.dumps(live) for word in NOTHING_TO_READ if word != "--")
    assert all(0 <= level <= 1 for level in live["level"].values())


def test_the_readout_is_dashed_until_it_is_trained():
    m = make(topic="recipe")
    for step, trained in ((1, False), (2, False), (3, True), (4, True)):
        live = reservoir_diagram.live(m.result, 30, 1, step)
        assert (live["on"]["trained"], live["on"]["untrained"]) == (trained, not trained)
        assert bool(live["text"]["y.value"]) == trained


def test_the_strongest_connections_are_drawn():
    m = make(n_units=36, density=0.3)
    svg, W = reservoir_diagram.diagram(m.result).svg(), dense(m.traced.unit.W).copy()
    np.fill_diagonal(W, 0)
    middles, _ = reservoir_cloud.places(36)
    # each line starts at the unit that is heard and ends at the one that hears it
    lines = re.findall(r"M(\d+),(\d+)L(\d+),(\d+)", re.findall(r'<path d="((?:M\d+,\d+L\d+,\d+)+)"', svg)[0])
    nearest = [[int(np.abs(middles - (int(x), int(y))).sum(axis=1).argmin()) for x, y in (line[:2], line[2:])]
               for line in lines]  # fmt: skip
    drawn = sorted(abs(W[end, start]) for start, end in nearest)
    np.testing.assert_allclose(drawn, np.sort(np.abs(W), axis=None)[-80:], rtol=1e-12)
