"""FTDNN, DTDNN, FGMN and NARX as one LDDN each give what their own modules give, gradients too."""

from pathlib import Path

import numpy as np
import pytest

from engine import distributed, focused, gamma, lddn, narx, narx_learning
from engine.lddn import forms
from tests.closeness import assert_close

pytestmark = pytest.mark.filterwarnings("error")

N, M, K, T = 4, 2, 3, 25
CONVOLUTIONS = np.load(Path(__file__).parents[1] / "golden" / "convolution.npz")
ACTIVATIONS = ("tanh", "logistic", "relu", "identity")


@pytest.fixture
def rng():
    return np.random.default_rng(14)


def both_gradients(x, network, explicit, before=None):
    """All derivatives backward in time; those by the weights are the same forward in time."""
    found = lddn.bptt(x, network, explicit, before=before)
    assert_close(lddn.rtrl(x, network, explicit, before=before).dF_dw, found.dF_dw, 1e-12)
    return found


def assert_all_close(pairs):
    for one, other in pairs:
        assert_close(one, other, 1e-12)


def side_by_side(weights):
    """(D, n, m) as (n, D m)."""
    return np.concatenate(list(weights), axis=1)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("delays", [(1, 2, 3), (4, 0, 2), (0,)])
def test_focused_network_of_p12_1(rng, activation, delays):
    params = focused.initial(N, M * len(delays), K, rng)
    x, d = rng.normal(size=(T, M)), rng.normal(size=(T, K))
    network = forms.ftdnn(params, delays, activation=activation)
    own = focused.ftdnn(x, params, delays, activation=activation)
    found = lddn.run(x, network)
    assert_all_close([(found.a["h"], own.a), (found.h["h"], own.h), (found.y, own.y)])
    gradient = both_gradients(x, network, -2 * (d - own.y))
    expected = focused.ftdnn_gradient(x, d, params, delays, activation=activation)
    hidden, output = gradient.layers["h"], gradient.layers["y"]
    assert_all_close([(side_by_side(hidden.weights[0]), expected.dU), (hidden.b, expected.db)])
    assert_all_close([(output.weights[0], expected.dV), (output.b, expected.db_out)])


@pytest.mark.parametrize("taps", [1, 2, 4])
def test_focused_gamma_network_of_e12_4(rng, taps):
    params, alpha = focused.initial(N, M * taps, K, rng), 0.4
    x, d = rng.normal(size=(T, M)), rng.normal(size=(T, K))
    network = forms.fgmn(params, alpha, taps, activation="relu")
    own, found = focused.fgmn(x, params, alpha, taps=taps, activation="relu"), lddn.run(x, network)
    line = np.concatenate([found.h[f"a{k}"] for k in range(1, taps + 1)], axis=1)
    assert_all_close([(line, own.columns), (found.a["h"], own.a), (found.y, own.y)])
    gradient = both_gradients(x, network, -2 * (d - own.y))
    expected = focused.fgmn_gradient(x, d, params, alpha, taps=taps, activation="relu")
    hidden, output = gradient.layers["h"], gradient.layers["y"]
    assert_all_close([(side_by_side(hidden.weights), expected.dU), (hidden.b, expected.db)])
    assert_all_close([(output.weights[0], expected.dV), (output.b, expected.db_out)])
    assert forms.gamma_slope(gradient, taps) == pytest.approx(expected.dF_dalpha, rel=1e-11)
    assert_close(line[:, ::M], gamma.run(x[:, 0], alpha, taps=taps), 1e-12)


def test_distributed_network_of_e12_1(rng):
    layers = distributed.initial([M, N, 5, K], [(0, 1, 2), (3, 0), (1, 4)], rng)
    x, explicit = rng.normal(size=(T, M)), rng.normal(size=(T, K))
    network, own = forms.dtdnn(layers), distributed.run(x, layers)
    found = lddn.run(x, network)
    gradient, expected = both_gradients(x, network, explicit), distributed.gradients(x, layers, explicit)
    for k, name in enumerate(("h1", "h2", "y")):
        assert_all_close([(found.a[name], own.a[k]), (found.h[name], own.h[k])])
        assert_all_close(
            [(gradient.layers[name].weights[0], expected.dW[k]), (gradient.layers[name].b, expected.db[k])]
        )
        assert_close(gradient.dF_dh[name], expected.dF_dh[k], 1e-12)
    assert_close(gradient.dF_dx["x"], expected.dF_dx, 1e-12)


@pytest.mark.parametrize("name", sorted({key.split("/")[0] for key in CONVOLUTIONS}))
def test_stored_convolutions_of_pytorch(name):
    case = {key.split("/")[1]: CONVOLUTIONS[key] for key in CONVOLUTIONS if key.startswith(f"{name}/")}
    n_layers = sum(key.startswith("kernel_") for key in case)
    layers = [
        distributed.convolution(
            case[f"kernel_{k}"],
            case[f"bias_{k}"],
            dilation=int(case[f"dilation_{k}"]),
            activation="identity" if k == n_layers - 1 else "tanh",
        )
        for k in range(n_layers)
    ]
    network = forms.dtdnn(layers)
    sums = 0.0
    for x, d, y, dx in zip(case["x"], case["d"], case["y"], case["dx"], strict=True):
        assert_close(lddn.run(x, network).y, y, 1e-12)
        gradient = lddn.bptt(x, network, 2 * (y - d))
        assert_close(gradient.dF_dx["x"], dx, 1e-12)
        sums = sums + gradient.dF_dw
    pieces = []
    for k in range(n_layers):
        # Conv1d's last entry meets the present: the order of `distributed.convolution`
        pieces += [case[f"dkernel_{k}"].transpose(2, 0, 1).ravel(), case[f"dbias_{k}"]]
    assert_close(sums, np.concatenate(pieces), 1e-12)


@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_narx_of_e12_2_in_both_arrangements(rng, activation, opened):
    shapes = ((2, N, M), (3, N, K), N, (K, N), K)
    params = narx.NarxParams(*(0.4 * rng.normal(size=shape) for shape in shapes))
    x, d, x_before, y_before = (rng.normal(size=shape) for shape in ((T, M), (T, K), (2, M), (3, K)))
    options = {"activation": activation, "x_before": x_before, "y_before": y_before, "teacher": d if opened else None}
    own, expected = narx.run(x, params, **options), narx.gradient(x, d, params, **options)
    network = forms.narx(params, activation=activation, teacher=opened)
    inputs = {"x": x, "d": d} if opened else {"x": x}
    before = {"x": x_before, "d" if opened else "y": y_before}
    found = lddn.run(inputs, network, before=before)
    assert_all_close([(found.a["h"], own.net), (found.h["h"], own.h), (found.y, own.y)])
    gradient = both_gradients(inputs, network, -2 * (d - own.y), before)
    hidden, output = gradient.layers["h"], gradient.layers["y"]
    pairs = [(hidden.weights[0], expected.dU), (hidden.weights[1], expected.dW), (hidden.b, expected.db)]
    pairs += [(output.weights[0], expected.dV), (output.b, expected.db_out)]
    assert_all_close([*pairs, (gradient.dF_dh["y"], expected.dF_dy), (gradient.dF_da["h"], expected.dF_da)])
    jacobian = lddn.rtrl(inputs, network, np.zeros((T, K)), before=before, every_step=True).dh_dw["y"]
    # the own module has the weights in another order: where each stands in it
    numbered = narx_learning.from_vector(np.arange(float(jacobian.shape[2])), params)
    places = lddn.parameters(forms.narx(numbered)).astype(int)
    assert_close(jacobian, narx.jacobian(x, params, **options)[:, :, places], 1e-12)
