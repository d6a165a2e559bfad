"""Weights files: what PyTorch's state_dicts compute, and round trips of our own."""

import io
from pathlib import Path

import numpy as np
import pytest

from engine import deep, network, weights
from engine.deep import Bidirectional
from engine.network import Network
from engine.weights import WeightsError
from tests.engine.weight_files import BLOCKS, FORMATS, as_npz, own_cell, state_dict

pytestmark = pytest.mark.filterwarnings("error")

STORED = np.load(Path(__file__).parents[1] / "golden" / "deep.npz")
CASES = sorted({key.split("/")[0] for key in STORED if not key.startswith("relu")})


@pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("name", CASES)
def test_a_state_dict_of_pytorch_computes_what_pytorch_computes(name, write):
    case = {key.split("/")[1]: STORED[key] for key in STORED if key.startswith(name + "/")}
    arrays = {key: values for key, values in case.items() if key.startswith(("weight_", "bias_"))}
    loaded = weights.load(write(arrays))
    start, states = [], {key: iter(case[key]) for key in ("h0", "c0") if key in case}
    for layer in loaded.layers:
        begins = [{key: next(rows) for key, rows in states.items()} for _ in deep.cells(layer, "layer")]
        start.append(tuple(begins) if len(begins) == 2 else begins[0])
    h = deep.run(case["x"], loaded.layers, start=start).h
    assert np.linalg.norm(h - case["y"]) <= 1e-12 * np.linalg.norm(case["y"])
    np.testing.assert_array_equal(loaded.V, np.eye(h.shape[1]))
    assert not loaded.b_out.any()


@pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("prefix", ["", "lstm.", "model.encoder.rnn.", "layers.0.", "{0}.{x}.", "ä ö."])
def test_prefix_and_readout(prefix, write):
    arrays = state_dict(readout=4, prefix=prefix)
    loaded = weights.load(write(arrays))
    np.testing.assert_array_equal(loaded.V, arrays["head.weight"])
    np.testing.assert_array_equal(loaded.b_out, arrays["head.bias"])
    (layer,) = loaded.layers
    np.testing.assert_array_equal(layer.params.U, arrays[f"{prefix}weight_ih_l0"])
    np.testing.assert_array_equal(layer.params.b, arrays[f"{prefix}bias_ih_l0"] + arrays[f"{prefix}bias_hh_l0"])


def test_readout_without_a_name_of_its_own():
    arrays = state_dict(readout=1)
    bare = {key.removeprefix("head."): values for key, values in arrays.items()}
    np.testing.assert_array_equal(weights.load(as_npz(bare)).V, arrays["head.weight"])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32"])
@pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)
def test_any_precision_becomes_float64(dtype, write):
    arrays = {key: np.round(4 * values).astype(dtype) for key, values in state_dict("gru").items()}
    U = weights.load(write(arrays)).layers[0].params.U
    assert U.dtype == np.float64
    np.testing.assert_array_equal(U, arrays["weight_ih_l0"])


def test_column_major_arrays_keep_their_meaning():
    arrays = {key: np.asfortranarray(values) for key, values in state_dict(n=3, m=2).items()}
    np.testing.assert_array_equal(weights.load(as_npz(arrays)).layers[0].params.U, arrays["weight_ih_l0"])


def own_networks():
    rng = np.random.default_rng(5)
    for stack in (
        [own_cell("rnn", 3, 2, rng, {"activation": "relu"})],
        [own_cell("rnn", 3, 2, rng)],
        [own_cell("lstm", 2, 1, rng, {"variant": "coupled gates"}, peepholes=True)],
        [own_cell("gru", 2, 1, rng, {"reset_after": False})],
        [own_cell("gru", 2, 1, rng, {"reset_after": True}), own_cell("gru", 3, 2, rng, {"reset_after": True}, 4)],
        [Bidirectional(own_cell("lstm", 2, 3, rng), own_cell("gru", 1, 3, rng)), own_cell("rnn", 64, 3, rng)],
        [own_cell("rnn", 1, 128, rng), *(own_cell("rnn", 1, 1, rng) for _ in range(3))],
    ):
        n_out = deep.n_outputs(stack[-1])
        yield Network(tuple(stack), rng.normal(size=(2, n_out)), rng.normal(size=2))


def assert_same(one, other):
    assert len(one.layers) == len(other.layers)
    for layer, twin in zip(one.layers, other.layers, strict=True):
        assert type(layer) is type(twin)
        for (place, cell), (_, copy) in zip(deep.cells(layer, "layer"), deep.cells(twin, "layer"), strict=True):
            assert (cell.kind, cell.options, type(cell.params)) == (copy.kind, copy.options, type(copy.params)), place
            for values, again in zip(cell.params, copy.params, strict=True):
                assert values is again is None or np.array_equal(values, again)
    np.testing.assert_array_equal(one.V, other.V)
    np.testing.assert_array_equal(one.b_out, other.b_out)


@pytest.mark.parametrize("given_network", list(own_networks()))
def test_round_trip_through_path_bytes_and_file_object(given_network, tmp_path):
    path = tmp_path / "weights of mine"
    weights.save(path, given_network)
    weights.save(str(path), given_network)
    file = io.BytesIO()
    weights.save(file, given_network)
    assert file.getvalue() == path.read_bytes()
    file.seek(0)
    for source in (path, str(path), file, file.getvalue(), bytearray(file.getvalue())):
        assert_same(weights.load(source), given_network)
    x = np.ones((3, network.n_inputs(given_network)))
    np.testing.assert_array_equal(network.run(x, weights.load(path)).y, network.run(x, given_network).y)


def test_a_loaded_state_dict_can_be_saved_as_ours():
    for kind in BLOCKS:
        loaded, file = weights.load(as_npz(state_dict(kind, layers=2, both=True, readout=2))), io.BytesIO()
        weights.save(file, loaded)
        assert_same(weights.load(file.getvalue()), loaded)


def test_what_could_not_be_loaded_is_not_saved(tmp_path):
    large = Network((own_cell("rnn", 65, 1, np.random.default_rng(0)),), np.ones((1, 65)), np.zeros(1))
    with pytest.raises(WeightsError, match="65 units"):
        weights.save(tmp_path / "large", large)
    with pytest.raises(ValueError, match="network must be Network"):
        weights.save(tmp_path / "none", None)
    assert list(tmp_path.iterdir()) == []
