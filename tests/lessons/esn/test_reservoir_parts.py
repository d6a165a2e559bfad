"""Picture and hand calculations of the esn page."""

import json
import re
from functools import lru_cache

import numpy as np
import pytest
from scipy import sparse

from lessons.esn import cloud as reservoir_cloud
from lessons.esn import diagram as reservoir_diagram
from lessons.esn import numbers as reservoir_numbers
from lessons.esn.model import Esn
from tests.lessons.lstm.gate_oracle import computed, text

NOTHING_TO_READ = ("nan", "None", "inf", "not a number", "∞", "Traceback", "--")
EIGHT = {"task": "figure of eight", "feedback_scaling": 0.5, "leak_rate": 0.4}
CASES = [
    {},
    {"leak_rate": 0.3, "bias_scaling": 0.4, "late": 0.5, "unit": 7},
    {"n_units": 3, "density": 1.0, "feedback_scaling": 0.7},
    {"topic": "memory", "lag": 3, "log_ridge": -2.0},
    {"topic": "recipe", "task": "NARMA-10", "n_steps": 300, "unit": 99},
    {"topic": "recipe", **EIGHT},
    {"topic": "recipe", **EIGHT, "learning": "recursive", "feedback_from": "own"},
    {"topic": "recipe", **EIGHT, "learning": "recursive", "feedback_from": "teacher", "late": 0.5},
    {"topic": "free run", "task": "sine", "feedback_scaling": 1.0, "bias_scaling": 0.3},
    {"topic": "free run", **EIGHT, "late": 0.3, "n_units": 12, "density": 0.5},
    {"topic": "sweep", "task": "parity", "lag": 2},
    {"n_units": 600, "n_steps": 60},
    EIGHT,
]


def make(**values) -> Esn:
    m = Esn()
    m.param.update(**values)
    return m


@lru_cache
def case(k: int) -> Esn:
    """A model of CASES that no test changes."""
    return make(**CASES[k])


def dense(matrix) -> np.ndarray:
    return matrix.toarray() if sparse.issparse(matrix) else np.asarray(matrix)


# The picture


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


# Hand calculations


def shown(m: Esn, t: int) -> list[tuple[str, list[str]]]:
    """Titles and lines as a reader sees them; a result on a line of its own is joined to its line."""
    made = []
    for block in reservoir_numbers.blocks(m, t):
        lines: list[str] = []
        for line in block.lines:
            if re.match(r"&emsp;(&ensp;\+|( =))", line) and lines:
                lines[-1] += text(line)
            else:
                lines.append(text(line).strip())
        made.append((block.title, lines))
        assert not any(word in text(" ".join([*lines, block.note])) for word in NOTHING_TO_READ)
    return made


def terms(lines: list[str]) -> list[float]:
    """The values of the terms before a sum, each product worked out with the digits shown."""
    found = []
    for line in lines:
        label, _, rest = line.partition(": ")
        if rest.startswith("≈ 0") or not rest or label.startswith(("From", "Late", "Fed", "Into")):
            continue
        factors, _, product = rest.rpartition(" = ")
        value = float(product)
        if factors:
            assert computed(factors) == pytest.approx(value, rel=2e-4, abs=1e-12)
        found.append(value)
    return found


@pytest.mark.parametrize("k", range(len(CASES)))
@pytest.mark.parametrize("t", [1, 2, 6, 30, 101, 102, 150])
def test_what_reaches_a_unit_adds_up_to_its_state(k, t):
    m = case(k)
    t, unit = min(t, len(m.traced.states)), m.shown_unit - 1
    blocks = shown(m, t)
    (title, lines), (_, made) = blocks[:2]
    assert title == f"1 What reaches unit {unit + 1}?"
    total = float(re.fullmatch(r"a\d+\(\d+\) = (\S+), their sum", lines[-1])[1])
    assert sum(terms(lines[:-1])) == pytest.approx(total, abs=2e-5 * max(1, len(lines)) * max(1, abs(total)))
    h, leak = m.traced.states[t - 1, unit], m.leak_rate
    before = m.traced.states[t - 2, unit] if t > 1 else m.result.starts[0][unit] if m.topic == "echo" else 0.0
    assert (1 - leak) * before + leak * np.tanh(total) == pytest.approx(h, abs=1e-4)
    said = made[-1].split(" = ")
    assert float(said[-1]) == pytest.approx(h, rel=1e-4)
    if leak < 1:
        assert computed(said[-2]) == pytest.approx(h, abs=3e-5)


@pytest.mark.parametrize("k", [k for k, values in enumerate(CASES) if "topic" in values])
@pytest.mark.parametrize("t", [5, 40, 101, 150])
def test_the_readout_adds_up_and_is_set_against_the_target(k, t):
    m = case(k)
    (title, lines), (_, asked) = shown(m, t)[2:]
    assert title == "3 What does the readout say?"
    z = np.concatenate([[1.0], m.traced.states[t - 1], m.traced.x[t - 1]])
    start = 0
    for row, V in enumerate(m.result.V):
        end = next(j for j in range(start, len(lines)) if lines[j].endswith("their sum"))
        total = float(re.search(r" = (\S+), their sum", lines[end])[1])
        assert total == pytest.approx(V @ z, rel=1e-4, abs=1e-9)
        assert sum(terms(lines[start:end])) == pytest.approx(total, rel=5e-4, abs=1e-5)
        start = end + 1
        y, d = m.result.y[t - 1, row], m.traced.d[t - 1, row]
        if start < len(lines) and lines[start].startswith("at the time"):
            assert float(lines[start].split()[-1]) == pytest.approx(y, rel=1e-4)
            start += 1
        elif np.isfinite(y):
            assert total == pytest.approx(y, rel=1e-3, abs=1e-5)
        if np.isfinite(d):
            parts = asked[2 * row + 1].split(" = ")
            assert computed(parts[-2].replace("−", "-")) == pytest.approx(y - d, rel=1e-3, abs=1e-12)
            assert float(parts[-1]) == pytest.approx(y - d, rel=1e-4, abs=1e-12)
    assert len(asked) == (2 if len(m.result.V) == 1 else 4)


def test_the_distance_of_two_starts_is_worked_out():
    m = make(n_units=3, density=1.0, spectral_radius=0.7)
    first, second, starts = m.traced.states, m.result.other, m.result.starts
    for t in (1, 2, 15):
        said = dict(line.rsplit(" = ", 1) for line in shown(m, t)[2][1] if " = " in line)
        gap = np.linalg.norm(first[t - 1] - second[t - 1])
        before = np.linalg.norm(first[t - 2] - second[t - 2] if t > 1 else starts[0] - starts[1])
        assert computed(said["distance = √ of the sum"]) == pytest.approx(gap**2, rel=1e-3)
        assert float(said[f"distance({t})"]) == pytest.approx(gap, rel=1e-4)
        assert float(said[f"distance({t - 1})"]) == pytest.approx(before, rel=1e-4)
        assert float(said[f"distance({t})/distance({t - 1})"]) == pytest.approx(gap / before, rel=1e-4)


def test_the_recipe_shows_only_what_is_done():
    m = make(topic="recipe", n_units=40, density=0.2)
    titles = {}
    for step in (1, 2, 3, 4):
        m.recipe = step
        titles[step] = [title for title, _ in shown(m, 30)]
    assert titles[1] == ["1 Which weights lead to unit 1?"]
    assert [len(titles[step]) for step in (2, 3, 4)] == [2, 4, 4]
    m.recipe = 1
    for line in shown(m, 1)[0][1]:
        found = re.fullmatch(r"W1,(\d+) = (\S+) = (\S+)", line)
        assert computed(found[2]) == pytest.approx(float(found[3]), rel=1e-4)
        assert float(found[3]) == pytest.approx(dense(m.traced.reservoir.W)[0, int(found[1]) - 1], rel=1e-4)
