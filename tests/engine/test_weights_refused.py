"""Weights files that are refused: keys, shapes and values of another network."""

import io

import numpy as np
import pytest

from engine import weights
from engine.network import Network
from tests.engine.weight_files import FORMATS, as_npz, assert_refused, own_cell, state_dict

pytestmark = pytest.mark.filterwarnings("error")

GOOD = state_dict(readout=1)


def without(*keys):
    return {key: values for key, values in GOOD.items() if key not in keys}


CHANGED_KEYS = {
    "no arrays": ({}, "lacks 'weight_hh_l0'"),
    "only a readout": ({"head.weight": np.ones((1, 2)), "head.bias": np.ones(1)}, "lacks 'weight_hh_l0'"),
    "no weight_ih": (without("weight_ih_l0"), "lacks 'weight_ih_l0'"),
    "no bias_hh": (without("bias_hh_l0"), "lacks 'bias_hh_l0'"),
    "no bias of the readout": (without("head.bias"), "lacks 'head.bias'"),
    "no weight of the readout": (without("head.weight"), "holds 'head.bias', which belongs to no layer"),
    "second layer missing": (GOOD | {"weight_ih_l2": np.ones((8, 2))}, "lacks 'weight_ih_l1'"),
    "half a reverse": (GOOD | {"weight_ih_l0_reverse": np.ones((8, 3))}, "lacks 'weight_hh_l0_reverse'"),
    "unknown key": (GOOD | {"momentum": np.ones(2)}, "holds 'momentum', which belongs to no layer"),
    "projection": (GOOD | {"weight_hr_l0": np.ones((1, 2))}, "'weight_hr_l0', which belongs to no layer"),
    "a second linear layer": (GOOD | {"fc.weight": np.ones((1, 2))}, "'fc.weight' and 'head.weight', but only one"),
    "two networks": (GOOD | state_dict(prefix="decoder."), "two recurrent networks, '' and 'decoder.'"),
    "65 units": (state_dict(n=65), "has 65 units; 1 to 64 are allowed"),
    "5 layers": (state_dict(layers=5), "has 5 layers; 1 to 4 are allowed"),
    "layer 999": (GOOD | {"weight_ih_l999": np.ones((8, 2))}, "has 1000 layers; 1 to 4 are allowed"),
    "layer 10^30": (GOOD | {f"weight_ih_l1{'0' * 30}": np.ones((8, 2))}, "belongs to no layer"),
    "129 inputs": (state_dict(m=129), "has 129 inputs; 1 to 128 are allowed"),
    "129 outputs": (state_dict(readout=129), "has 129 outputs; 1 to 128 are allowed"),
    "an infinite sum": (
        GOOD | {"bias_ih_l0": np.full(8, 1e308), "bias_hh_l0": np.full(8, 1e308)},
        "add up to infinity",
    ),
    "a long key": (GOOD | {"x" * 3000: np.ones(1)}, "holds 'xxx.*xxx..., which belongs to no layer"),
    "a key of two lines": (GOOD | {"a\nb": np.ones(1)}, r"holds 'a\\nb', which belongs to no layer"),
}


@pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("name", CHANGED_KEYS)
def test_wrong_keys_and_networks_that_are_too_large(name, write):
    arrays, message = CHANGED_KEYS[name]
    assert_refused(write(arrays), message)


CHANGED_VALUES = {
    "2 columns, not 3": (
        "weight_ih_l0",
        np.ones((8, 2, 1)),
        r"'weight_ih_l0' has shape \(8, 2, 1\), needed is \(8, 2\)",
    ),
    "7 rows": ("weight_ih_l0", np.ones((7, 3)), r"'weight_ih_l0' has shape \(7, 3\), needed is \(8, 3\)"),
    "no columns": ("weight_ih_l0", np.ones((8, 0)), "has 0 inputs; 1 to 128 are allowed"),
    "W not square": ("weight_hh_l0", np.ones((8, 3)), r"shape \(8, 3\), needed is \(n, n\) \(RNN\), \(3n, n\) \(GRU\)"),
    "W twice as high": ("weight_hh_l0", np.ones((4, 2)), r"shape \(4, 2\), needed is \(n, n\)"),
    "W without columns": ("weight_hh_l0", np.ones((8, 0)), r"shape \(8, 0\), needed is \(n, n\)"),
    "W a number": ("weight_hh_l0", np.ones(()), r"shape \(\), needed is \(n, n\)"),
    "W of a GRU": ("weight_hh_l0", np.ones((6, 2)), r"'weight_ih_l0' has shape \(8, 3\), needed is \(6, 3\)"),
    "long bias": ("bias_hh_l0", np.ones(9), r"'bias_hh_l0' has shape \(9,\), needed is \(8,\)"),
    "readout of other width": (
        "head.weight",
        np.ones((1, 3)),
        r"'head.weight' has shape \(1, 3\), needed is \(any, 2\)",
    ),
    "readout's bias": ("head.bias", np.ones(2), r"'head.bias' has shape \(2,\), needed is \(1,\)"),
    "NaN": ("bias_ih_l0", np.full(8, np.nan), "'bias_ih_l0' holds nan; all weights must be finite"),
    "infinity": ("head.weight", np.array([[1, -np.inf]]), "'head.weight' holds -inf; all weights must be finite"),
    "bools": ("bias_ih_l0", np.ones(8, dtype=bool), "'bias_ih_l0' does not hold real numbers"),
}


@pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("name", CHANGED_VALUES)
def test_wrong_shapes_and_values(name, write):
    key, values, message = CHANGED_VALUES[name]
    assert_refused(write(GOOD | {key: values}), message)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("format", "unrolled network 2", "'format' must be one of unrolled network 1"),
        ("format", 1.0, "'format' must be one of unrolled network 1"),
        ("layers.0.kind", "transformer", "'layers.0.kind' must be one of rnn, gru, lstm"),
        ("layers.0.kind", ["lstm"], "'layers.0.kind' must be one of rnn, gru, lstm"),
        ("layers.0.kind", None, "lacks 'layers.0.kind'"),
        ("layers.0.variant", "none", "'layers.0.variant' must be one of full, no forget gate, coupled gates"),
        ("layers.0.activation", "tanh", "holds 'layers.0.activation', which belongs to no layer"),
        ("layers.0.U", np.ones((8, 129)), "has 129 inputs; 1 to 128 are allowed"),
        ("layers.0.U", np.ones((7, 1)), r"'layers.0.U' has shape \(7, 1\), needed is \(8, any\)"),
        ("layers.0.W", np.ones((8, 3)), r"'layers.0.W' has shape \(8, 3\), needed is \(8, 2\)"),
        ("layers.0.W", np.ones(()), "has 0 units; 1 to 64 are allowed"),
        ("layers.0.W", np.ones((0, 0)), "has 0 units; 1 to 64 are allowed"),
        ("layers.0.W", np.ones((260, 65)), "has 65 units; 1 to 64 are allowed"),
        ("layers.0.P", np.ones((2, 2)), r"'layers.0.P' has shape \(2, 2\), needed is \(3, 2\)"),
        ("layers.0.P", np.full((3, 2), np.nan), "'layers.0.P' holds nan"),
        ("layers.0.b", None, "lacks 'layers.0.b'"),
        ("layers.0.forward.U", np.ones((8, 1)), "lacks 'layers.0.forward.kind'"),
        ("layers.1.U", np.ones((8, 1)), "lacks 'layers.1.kind'"),
        ("layers.7.U", np.ones((8, 1)), "holds 'layers.7.U', which belongs to no layer"),
        ("V", np.ones((2, 3)), r"'V' has shape \(2, 3\), needed is \(any, 2\)"),
        ("V", np.ones((129, 2)), "has 129 outputs; 1 to 128 are allowed"),
        ("b_out", np.ones((2, 1)), r"'b_out' has shape \(2, 1\), needed is \(2,\)"),
    ],
)
def test_files_of_ours_that_were_changed(key, value, message):
    rng, file = np.random.default_rng(0), io.BytesIO()
    cell = own_cell("lstm", 2, 1, rng, {"variant": "full"}, peepholes=True)
    weights.save(file, Network((cell,), np.ones((2, 2)), np.zeros(2)))
    arrays = dict(np.load(io.BytesIO(file.getvalue()))) | {key: value}
    assert_refused(as_npz({name: values for name, values in arrays.items() if values is not None}), message)


def test_more_in_files_of_ours_that_were_changed():
    rng = np.random.default_rng(0)
    empty = {"format": np.array("unrolled network 1"), "V": np.ones((1, 1)), "b_out": np.ones(1)}
    assert_refused(as_npz(empty), "lacks 'layers.0.kind'")
    five = {f"layers.{number}.kind": np.array("rnn") for number in range(5)}
    for number in range(5):
        params = own_cell("rnn", 1, 1, rng).params._asdict()
        five |= {f"layers.{number}.{key}": values for key, values in params.items()}
    assert_refused(as_npz(empty | five), "has 5 layers; 1 to 4 are allowed")
    reset = {"kind": np.array("gru"), **own_cell("gru", 1, 1, rng, bias_blocks=4).params._asdict()}
    four_blocks = empty | {f"layers.0.{key}": values for key, values in reset.items()}
    assert_refused(as_npz(four_blocks), "'layers.0.b' has 4 values, which only a GRU with reset_after=True has")
