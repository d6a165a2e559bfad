"""Tables of the esn page: stability, the recipe's steps, errors, memory."""

import json
import re

import numpy as np
import pytest

from lessons.esn import tables as reservoir_tables
from tests.lessons.esn.reservoir_cases import dense, make
from tests.readable import text


def cells(html: str) -> dict[str, list[str]]:
    """The cells of each row after its first, which names it."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", html)
    split = [[text(cell).strip() for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row)] for row in rows]
    return {row[0]: row[1:] for row in split}


@pytest.mark.parametrize("rho", [0.4, 0.95, 1.5])
@pytest.mark.parametrize("leak", [1.0, 0.3])
def test_stability_is_told_from_the_matrix_itself(rho, leak):
    m = make(spectral_radius=rho, leak_rate=leak, n_units=60)
    W, rows = dense(m.traced.reservoir.W), cells(reservoir_tables.stability(m))
    values, largest = np.linalg.eigvals(W), np.linalg.norm(W, 2)
    assert float(rows["spectral radius ρ"][0]) == rho
    assert rows["spectral radius ρ"][1].startswith(f"{int((np.abs(values) > 1).sum())} of 60 ")
    singular = rows["largest singular value σmax"]
    assert float(singular[0]) == pytest.approx(largest, rel=1e-3)
    sure = 1 - leak + leak * largest < 1
    assert ("echoes die for every input" in singular[1]) == sure
    assert ("effective ρ" in rows) == (leak < 1)
    if leak < 1:
        assert float(rows["effective ρ"][0]) == pytest.approx(np.abs(1 - leak + leak * values).max(), rel=1e-3)
    apart = np.linalg.norm(m.traced.states - m.result.other, axis=1)
    gone = apart < 1e-6 * np.linalg.norm(m.result.starts[0] - m.result.starts[1])
    if gone[-1]:
        first = len(gone) - int(np.argmin(gone[::-1])) + 1 if not gone.all() else 1
        assert rows["the echo dies"][0] == f"from t = {first}"
    else:
        assert rows["the echo dies"][0] == "not within T"


def test_the_steps_of_the_recipe_are_buttons():
    m = make(topic="recipe", n_units=50, density=0.1, n_steps=200, washout=30, n_new=60, recipe=2)
    html = reservoir_tables.recipe(m)
    sets = [json.loads(found) for found in re.findall("data-set='([^']*)'", html)]
    assert sets == [{"recipe": step} for step in (1, 2, 3, 4)]
    assert re.findall("aria-pressed=(true|false)", html) == ["false", "true", "false", "false"]
    lines = [text(line) for line in re.findall("<td class=wide>(.*?)</td>", html)]
    assert "50 units, 250 connections" in lines[0] and lines[2:] == ["not yet", "not yet"]
    assert "200 steps" in lines[1] and "first 30" in lines[1] and "last 60" in lines[1]
    m.recipe = 4
    lines = [text(line) for line in re.findall("<td class=wide>(.*?)</td>", reservoir_tables.recipe(m))]
    assert "over 110 steps" in lines[2] and "1 × 52 weights" in lines[2] and lines[3].startswith("60 steps")


@pytest.mark.parametrize("learning", ["ridge", "recursive"])
def test_errors_are_those_of_the_outputs(learning):
    m = make(topic="recipe", task="NARMA-10", n_steps=400, learning=learning, log_ridge=-3.0)
    r, rows = m.result, cells(reservoir_tables.errors(m))
    Z = np.column_stack([np.ones(400), r.traced.states, r.traced.x])
    parts = {"NMSE, training": (r.traced.washout, r.traced.n_train), "NMSE, new data": (r.traced.n_train, 400)}
    for name, (first, last) in parts.items():
        y, d = (Z @ r.V.T)[first:last, 0], r.traced.d[first:last, 0]
        assert float(rows[name][0].replace("·10", "e")) == pytest.approx(np.mean((y - d) ** 2) / np.var(d), rel=0.01)
    assert float(rows["largest |V|"][0]) == pytest.approx(np.abs(r.V).max(), rel=0.01)
    assert ("against ridge, all at once" in rows) == (learning == "recursive")
    if learning == "recursive":
        assert "the same V" in rows["against ridge, all at once"][1]
        m.forgetting = 0.95
        assert "since it forgets" in cells(reservoir_tables.errors(m))["against ridge, all at once"][1]


def test_no_error_is_told_before_there_is_a_readout():
    m = make(topic="recipe", recipe=2)
    assert "NMSE" not in text(reservoir_tables.recipe(m)) + text(reservoir_tables.errors(m))
    m.recipe = 3
    assert "NMSE, new data" not in cells(reservoir_tables.errors(m))


def test_large_weights_are_warned_of():
    m = make(topic="recipe", task="sunspots", n_steps=300, log_ridge=-12.0, leak_rate=0.5)
    assert np.abs(m.result.V).max() > 100
    assert "Careful" in reservoir_tables.errors(m)
    m.log_ridge = 0.0
    assert np.abs(m.result.V).max() < 100
    assert "Careful" not in reservoir_tables.errors(m)


def test_memory_is_set_against_the_number_of_units():
    m = make(topic="memory", n_units=30, lag=4, max_lag=25)
    rows, r2 = cells(reservoir_tables.totals(m)), m.result.per_lag
    assert float(rows["memory capacity"][0]) == pytest.approx(r2.sum(), rel=1e-3)
    assert rows["the most there can be"][0] == "25" and "30 units" in rows["the most there can be"][1]
    assert float(rows["share"][0].removesuffix(" %")) == pytest.approx(100 * r2.sum() / 25, rel=0.01)
    assert float(rows["r² at lag 4"][0]) == pytest.approx(r2[3], rel=1e-3)
    first = int(np.argmax(r2 < 0.5))
    assert rows["r² above ½"][0] == f"lags 1…{first}"
    m.n_units = 20
    rows = cells(reservoir_tables.totals(m))
    assert rows["the most there can be"][0] == "20" and "Jaeger 2002" in rows["the most there can be"][1]


def test_what_is_proved_names_both_bounds_and_the_bias():
    m = make()
    assert "Between σmax = 1 and ρ = 1 it depends on the input" in text(reservoir_tables.stability(m))
    m.bias_scaling = 0.5
    assert "With a bias it depends on both" in text(reservoir_tables.stability(m))
