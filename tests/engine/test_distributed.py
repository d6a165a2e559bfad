"""Distributed time delay networks: PyTorch's causal Conv1d, literal loops, finite differences, what a step can see."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import distributed, focused
from tests import naive_lines

STORED = np.load(Path(__file__).parents[1] / "golden" / "convolution.npz")
CASES = sorted({key.split("/")[0] for key in STORED})


@pytest.mark.parametrize("case", CASES)
def test_a_causal_dilated_convolution_is_pytorchs(case):
    stored = {key.split("/")[1]: STORED[key] for key in STORED if key.startswith(f"{case}/")}
    count = sum(key.startswith("kernel") for key in stored)
    layers = [
        distributed.convolution(
            stored[f"kernel_{k}"],
            stored[f"bias_{k}"],
            dilation=int(stored[f"dilation_{k}"]),
            activation="identity" if k == count - 1 else "tanh",
        )
        for k in range(count)
    ]
    y = distributed.run(stored["x"], layers).h[-1]
    np.testing.assert_allclose(y, stored["y"], atol=1e-12)
    found = distributed.gradients(stored["x"], layers, 2 * (y - stored["d"]))
    np.testing.assert_allclose(found.dF_dx, stored["dx"], atol=1e-11)
    for k in range(count):
        np.testing.assert_allclose(found.dW[k].transpose(1, 2, 0), stored[f"dkernel_{k}"], atol=1e-11)
        np.testing.assert_allclose(found.db[k], stored[f"dbias_{k}"], atol=1e-11)


DELAYS = st.lists(st.integers(0, 4), min_size=1, max_size=3, unique=True).map(tuple)


@given(st.lists(DELAYS, min_size=1, max_size=3), st.integers(0, 10**6))
def test_any_delays_against_loops_and_differences(all_delays, seed):
    rng = np.random.default_rng(seed)
    sizes = [2, *rng.integers(1, 4, len(all_delays) - 1).tolist(), 1]
    layers = distributed.initial(sizes, all_delays, rng)
    x, d = rng.normal(size=(7, 2)), rng.normal(size=(7, 1))
    literal = [(layer.W.tolist(), layer.b.tolist(), layer.delays, math.tanh) for layer in layers]
    literal[-1] = (*literal[-1][:3], lambda a: a)
    y = distributed.run(x, layers).h[-1]
    np.testing.assert_allclose(y, naive_lines.distributed(x.tolist(), literal), atol=1e-12)
    found = distributed.gradients(x, layers, 2 * (y - d))

    def loss(x, layers):
        return ((distributed.run(x, layers).h[-1] - d) ** 2).sum()

    move = rng.normal(size=x.shape)
    measured = (loss(x + 1e-6 * move, layers) - loss(x - 1e-6 * move, layers)) / 2e-6
    assert (found.dF_dx * move).sum() == pytest.approx(measured, rel=1e-5, abs=1e-6)
    for k, layer in enumerate(layers):
        for name, slope in (("W", found.dW[k]), ("b", found.db[k])):
            move = rng.normal(size=slope.shape)
            sides = []
            for size in (1e-6, -1e-6):
                moved = layer._replace(**{name: getattr(layer, name) + size * move})
                sides.append(loss(x, [*layers[:k], moved, *layers[k + 1 :]]))
            assert (slope * move).sum() == pytest.approx((sides[0] - sides[1]) / 2e-6, rel=1e-5, abs=1e-6)


@given(st.lists(DELAYS, min_size=1, max_size=3), st.integers(0, 10**6))
def test_a_step_sees_its_receptive_field_and_nothing_else(all_delays, seed):
    rng = np.random.default_rng(seed)
    layers = distributed.initial([1, *[3] * len(all_delays)], all_delays, rng)
    only_last = np.zeros((15, 3))
    only_last[-1] = 1.0
    slope = distributed.gradients(rng.normal(size=15), layers, only_last).dF_dx[:, 0]
    seen = distributed.receptive_field(all_delays)
    assert seen[-1] == sum(map(max, all_delays)) and seen[0] == sum(map(min, all_delays))
    assert [lag for lag in range(15) if slope[14 - lag] != 0] == list(seen)


def test_dilation_doubles_what_is_seen():
    for n_layers in range(1, 7):
        dilated = [(0, 2**k) for k in range(n_layers)]
        assert distributed.receptive_field(dilated) == tuple(range(2**n_layers))
        assert distributed.receptive_field([(0, 1)] * n_layers) == tuple(range(n_layers + 1))


def test_delays_at_the_input_alone_are_an_ftdnn():
    rng = np.random.default_rng(4)
    params = focused.initial(3, 8, 2, rng)
    x = rng.normal(size=(9, 2))
    first = distributed.DelayLayer(params.U.reshape(3, 4, 2).transpose(1, 0, 2), params.b, (1, 2, 3, 5))
    second = distributed.DelayLayer(params.V[np.newaxis], params.b_out, (0,), "identity")
    np.testing.assert_allclose(
        distributed.run(x, [first, second]).h[-1], focused.ftdnn(x, params, (1, 2, 3, 5)).y, atol=1e-13
    )


def test_what_is_later_in_comes_later_out():
    rng = np.random.default_rng(8)
    layers = distributed.initial([1, 3, 1], [(0, 1, 2), (0, 3)], rng, output="tanh")
    x = np.zeros((2, 30))
    x[0, 8:12] = x[1, 13:17] = [1, -1, 2, 0.5]
    y = distributed.run(x[:, :, np.newaxis], layers).h[-1][:, :, 0]
    np.testing.assert_allclose(y[1, 8:], y[0, 3:-5], atol=1e-15)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"W": np.ones((1, 1, 1))}, r"layers\[1\].W must have shape \(2, None, 2\)"),
        ({"delays": (0, 0)}, r"layers\[1\].delays must be different"),
        ({"b": [1.0, 2.0]}, r"layers\[1\].b"),
        ({"activation": "sine"}, r"layers\[1\].activation must be one of"),
    ],
)
def test_refusals_name_the_layer(change, message):
    layers = distributed.initial([1, 2, 1], [(0, 1), (0, 1)], np.random.default_rng(0))
    with pytest.raises(ValueError, match=message):
        distributed.run(np.ones(4), [layers[0], layers[1]._replace(**change)])
    for wrong in (layers[0], [], [1]):
        with pytest.raises(ValueError, match="layers"):
            distributed.run(np.ones(4), wrong)
    with pytest.raises(ValueError, match="sizes must hold one number more"):
        distributed.initial([1, 2], [(0,), (0,)], np.random.default_rng(0))
