"""Hand calculations with a reservoir: what reaches a unit, what it becomes, and what the readout says."""

import re

import numpy as np
import pytest

from lessons.esn import numbers as reservoir_numbers
from lessons.esn.model import Esn
from tests.lessons.esn.reservoir_cases import CASES, NOTHING_TO_READ, case, dense, make
from tests.readable import computed, text


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
