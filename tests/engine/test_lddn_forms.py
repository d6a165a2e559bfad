"""Each network of the course as one LDDN gives what its own module gives; E12.1, E12.2, E12.4, P12.1, P12.3 i."""

import numpy as np
import pytest

from engine import cec, gamma, gradients, gru, lddn, lstm, parity, rnn
from engine.lddn import forms
from tests import naive
from tests.closeness import assert_close

pytestmark = pytest.mark.filterwarnings("error")

N, M, K, T = 4, 2, 3, 25


@pytest.fixture
def rng():
    return np.random.default_rng(12)


def both_gradients(x, network, explicit, before=None):
    """The derivatives of each layer, which must be the same backward and forward in time, and all of backward."""
    found = lddn.bptt(x, network, explicit, before=before)
    forward = lddn.rtrl(x, network, explicit, before=before)
    assert_close(forward.dF_dw, found.dF_dw, 1e-12)
    return found.layers, found


@pytest.mark.parametrize("activation", rnn.ACTIVATIONS)
def test_recurrent_network_with_an_output_layer(rng, activation):
    params, V, b_out = rnn.initial(N, M, rng), rng.normal(size=(K, N)), rng.normal(size=K)
    x, h0, d = rng.normal(size=(T, M)), rng.normal(size=N), rng.normal(size=(T, K))
    network, before = forms.rnn(params, V, b_out, activation=activation), {"h": [h0]}
    own = rnn.run(x, params, h0=h0, activation=activation)
    output = gradients.output_layer(own.h, V, b_out, d)
    found = lddn.run(x, network, before=before)
    for one, other in ((found.a["h"], own.a), (found.h["h"], own.h), (found.y, output.y)):
        assert_close(one, other, 1e-12)
    layers, total = both_gradients(x, network, -2 * output.error, before)
    expected = gradients.bptt(x, params, output.explicit, h0=h0, activation=activation)
    pairs = [(layers["h"].weights[0], expected.dU), (layers["h"].weights[1], expected.dW), (layers["h"].b, expected.db)]
    pairs += [(layers["y"].weights[0], output.dV), (layers["y"].b, output.db_out)]
    pairs += [(total.dF_dh["h"], expected.dF_dh), (total.dF_dbefore["h"][0], expected.dh0)]
    for one, other in pairs:
        assert_close(one, other, 1e-12)
    alone = forms.rnn(params, activation=activation)
    assert_close(lddn.run(x, alone, before=before).y, own.h, 1e-12)


def test_parity_network(rng):
    bits = rng.integers(0, 2, 60)
    own, found = parity.run(bits), lddn.run(bits, forms.parity_network())
    assert_close(found.a["h"], own.net, 1e-12)
    np.testing.assert_array_equal(found.h["h"], own.hidden)
    np.testing.assert_array_equal(found.y[:, 0], own.output)
    np.testing.assert_array_equal(found.y[:, 0], naive.parity(bits.tolist()))
    weights = parity.perturb(parity.EXACT, 0.3, rng)
    own = parity.run(bits, weights=weights, activation="logistic", steepness=7)
    found = lddn.run(bits, forms.parity_network(weights, activation="logistic", steepness=7))
    assert_close(found.a["h"], 7 * own.net, 1e-12)
    assert_close(found.y[:, 0], own.output, 1e-12)


def test_gated_carousel(rng):
    x, *gates = rng.random((4, T))
    own = cec.run(x, gates[0], gates[1], output_gate=gates[2], w=0.9, c0=2)
    inputs, network = dict(zip("xifo", (x, *gates), strict=True)), forms.carousel(0.9)
    found = lddn.run(inputs, network, before={"c": [2]})
    assert_close(found.h["c"][:, 0], own.c, 1e-12)
    assert_close(found.y[:, 0], own.y, 1e-12)
    at_the_end = np.eye(T)[-1]
    dF_dx = lddn.bptt(inputs, network, {"c": at_the_end}).dF_dx
    assert_close(dF_dx["x"][:, 0], cec.sensitivity(gates[0], gates[1], w=0.9)[-1], 1e-12)


@pytest.mark.parametrize("peepholes", [False, True])
def test_lstm_of_the_figure(rng, peepholes):
    params = lstm.initial(N, M, rng, forget_bias=1.0, peepholes=peepholes)
    x, h0, c0 = rng.normal(size=(T, M)), rng.normal(size=N), rng.normal(size=N)
    by_h, by_c = rng.normal(size=(2, T, N))
    network, before = forms.lstm(params), {"h": [h0], "c": [c0]}
    assert [layer.name for layer in network.layers] == ["g", "i", "f", "o", "c", "tanh c", "h"]
    own, found = lstm.run(x, params, h0=h0, c0=c0), lddn.run(x, network, before=before)
    for name in "ifgoch":
        assert_close(found.h[name], getattr(own, name), 1e-12, name)
    layers, total = both_gradients(x, network, {"h": by_h, "c": by_c}, before)
    expected = lstm.bptt(x, params, by_h, h0=h0, c0=c0, explicit_c=by_c)
    blocks = [np.split(values, 4) for values in (expected.dU, expected.dW, expected.db, expected.dF_da.T)]
    for name, dU, dW, db, dF_da in zip("ifgo", *blocks, strict=True):
        assert_close(layers[name].weights[0], dU, 1e-12, name)
        assert_close(layers[name].weights[1], dW, 1e-12, name)
        assert_close(layers[name].b, db, 1e-12, name)
        assert_close(total.dF_da[name].T, dF_da, 1e-12, name)
    for name, dP in zip("ifo", expected.dP if peepholes else (), strict=peepholes):
        assert_close(np.diag(layers[name].weights[2]), dP, 1e-12, name)
    pairs = [(total.dF_dh["h"], expected.dF_dh), (total.dF_dh["c"], expected.dF_dc), (total.dF_dx["x"], expected.dF_dx)]
    pairs += [(total.dF_dbefore["h"][0], expected.dh0), (total.dF_dbefore["c"][0], expected.dc0)]
    for one, other in pairs:
        assert_close(one, other, 1e-12)


def test_gru_of_the_figure(rng):
    params, x, h0, explicit = gru.initial(N, M, rng), *map(rng.normal, (0, 0, 0), (1, 1, 1), ((T, M), N, (T, N)))
    network, before = forms.gru(params), {"h": [h0]}
    own, found = gru.run(x, params, h0=h0), lddn.run(x, network, before=before)
    for name, values in (("r", own.r), ("u", 1 - own.z), ("n", own.n), ("h", own.h)):
        assert_close(found.h[name], values, 1e-12, name)
    layers, total = both_gradients(x, network, explicit, before)
    expected = gru.bptt(x, params, explicit, h0=h0)
    blocks = [np.split(values, 3) for values in (expected.dU, expected.dW, expected.db)]
    for name, sign, dU, dW, db in zip("run", (1, -1, 1), *blocks, strict=True):
        assert_close(sign * layers[name].weights[0], dU, 1e-12, name)
        assert_close(sign * layers[name].weights[1], dW, 1e-12, name)
        assert_close(sign * layers[name].b, db, 1e-12, name)
    assert_close(total.dF_dbefore["h"][0], expected.dh0, 1e-12)
    assert_close(total.dF_dx["x"], expected.dF_dx, 1e-12)


@pytest.mark.parametrize("taps", [1, 3])
def test_gamma_line_and_its_slope_of_p12_3(rng, taps):
    x, d = rng.normal(size=(2, T))
    network = forms.gamma(0.3, taps=taps)
    found = lddn.run(x, network)
    assert_close(np.hstack([found.h[f"a{k}"] for k in range(1, taps + 1)]), gamma.run(x, 0.3, taps=taps), 1e-12)
    first = lddn.Network(network.layers[:1])
    error = d - lddn.run(x, first).y[:, 0]
    expected = gamma.gradient(x, d, 0.3)
    backward = lddn.bptt(x, first, -2 * error)
    assert_close(backward.dF_dh["a1"][:, 0], expected.dF_da, 1e-12)
    assert forms.gamma_slope(backward, 1) == pytest.approx(expected.dF_dalpha, rel=1e-12)
    assert forms.gamma_slope(lddn.rtrl(x, first, -2 * error), 1) == pytest.approx(expected.dF_dalpha, rel=1e-12)


def test_gamma_element_of_p12_3_has_its_delay_before_the_sum():
    (layer,) = lddn.equations(forms.gamma(0.3))
    kept, fed = r"\mathbf{LW}^{1,1}(1)\,\mathbf{a}^{1}(t-1)", r"\mathbf{IW}^{1,1}(1)\,\mathbf{p}^{1}(t-1)"
    assert layer.net == rf"\mathbf{{n}}^{{1}}(t)={kept}+{fed}"
    assert layer.output == r"\mathbf{a}^{1}(t)=\mathbf{n}^{1}(t)"
    assert [w.tolist() for w in (c.weight for c in forms.gamma(0.25).layers[0].connections)] == [[[0.25]], [[0.75]]]


def test_equations_of_the_ftdnn_are_those_of_p12_1():
    params = np.ones((2, 3)), [1, 1], np.ones((1, 2)), [1]
    hidden, output = lddn.equations(forms.ftdnn(params, (1, 2, 3)))
    assert (hidden.inputs, hidden.layers, hidden.input_delays) == ((1,), (), {1: (1, 2, 3)})
    assert (output.inputs, output.layers, output.layer_delays) == ((), (1,), {1: (0,)})
    assert hidden.sets == r"I_{1}=\{1\},\;DI_{1,1}=\{1,2,3\}"
    stacked = r"\sum_{d=1}^{3}\mathbf{IW}^{1,1}(d)\,\mathbf{p}^{1}(t-d)"
    assert hidden.net == rf"\mathbf{{n}}^{{1}}(t)={stacked}+\mathbf{{b}}^{{1}}"
    assert hidden.output == r"\mathbf{a}^{1}(t)=\mathbf{tanh}\left(\mathbf{n}^{1}(t)\right)"
    assert output.net == r"\mathbf{n}^{2}(t)=\mathbf{LW}^{2,1}\,\mathbf{a}^{1}(t)+\mathbf{b}^{2}"
    assert output.output == r"\mathbf{a}^{2}(t)=\mathbf{n}^{2}(t)"


def test_equations_of_the_dtdnn_answer_e12_1():
    layers = (np.ones((3, 2, 1)), [0, 0], (0, 1, 2), "tanh"), (np.ones((2, 1, 2)), [0], (0, 4), "identity")
    hidden, output = lddn.equations(forms.dtdnn(layers))
    assert (hidden.input_delays, output.layer_delays) == ({1: (0, 1, 2)}, {1: (0, 4)})
    assert output.sets == r"L_{2}^{f}=\{1\},\;DL_{2,1}=\{0,4\}"
    stacked = r"\sum_{d\in\{0,4\}}\mathbf{LW}^{2,1}(d)\,\mathbf{a}^{1}(t-d)"
    assert output.net == rf"\mathbf{{n}}^{{2}}(t)={stacked}+\mathbf{{b}}^{{2}}"


def test_equations_of_the_narx_answer_e12_2():
    params = np.ones((2, 2, 1)), np.ones((3, 2, 1)), [0, 0], np.ones((1, 2)), [0]
    hidden, output = lddn.equations(forms.narx(params))
    assert (hidden.inputs, hidden.layers, output.layers) == ((1,), (2,), (1,))
    assert (hidden.input_delays, hidden.layer_delays) == ({1: (1, 2)}, {2: (1, 2, 3)})
    back = r"\sum_{d=1}^{3}\mathbf{LW}^{1,2}(d)\,\mathbf{a}^{2}(t-d)"
    came = r"\sum_{d=1}^{2}\mathbf{IW}^{1,1}(d)\,\mathbf{p}^{1}(t-d)"
    assert hidden.net == rf"\mathbf{{n}}^{{1}}(t)={back}+{came}+\mathbf{{b}}^{{1}}"
    opened = lddn.equations(forms.narx(params, teacher=True))[0]
    assert (opened.inputs, opened.layers, opened.input_delays) == ((1, 2), (), {1: (1, 2), 2: (1, 2, 3)})


def test_the_fgmn_of_e12_4_has_a_layer_for_each_gamma_element():
    params = np.ones((2, 2)), [0, 0], np.ones((1, 2)), [0]
    network = forms.fgmn(params, 0.4, 2, activation="relu")
    first, second, hidden, output = lddn.equations(network)
    assert (first.input_delays, first.layer_delays) == ({1: (1,)}, {1: (1,)})
    assert (second.inputs, second.layer_delays) == ((), {1: (1,), 2: (1,)})
    assert (hidden.layer_delays, output.layer_delays) == ({1: (0,), 2: (0,)}, {3: (0,)})
    assert [layer.activation for layer in network.layers] == ["identity", "identity", "relu", "identity"]


def test_equations_of_gates_are_products():
    *_, cell, _, out = lddn.equations(forms.lstm(lstm.initial(1, 1, np.random.default_rng(0))))
    let_in, kept = r"\mathbf{a}^{2}(t)\circ \mathbf{a}^{1}(t)", r"\mathbf{a}^{3}(t)\circ \mathbf{a}^{5}(t-1)"
    assert cell.net == rf"\mathbf{{n}}^{{5}}(t)={let_in}+{kept}"
    assert (cell.gates, out.net) == (("i", "f"), r"\mathbf{n}^{7}(t)=\mathbf{a}^{4}(t)\circ \mathbf{a}^{6}(t)")
    cell, _ = lddn.equations(forms.carousel())
    assert cell.net.startswith(
        r"\mathbf{n}^{1}(t)=\mathbf{p}^{3}(t)\circ \left[\mathbf{LW}^{1,1}(1)\,\mathbf{a}^{1}(t-1)"
    )
