import functools
import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest
from numba import config

from engine import deep, lstm, network, rnn, tasks, training

pytestmark = pytest.mark.filterwarnings("error")

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "training.npz")


def rng(seed=0):
    return np.random.default_rng(seed)


def fixed(batch):
    """A draw that gives the same batch every time."""
    return lambda rng, count: batch


def entries(net):
    """Copies of all weight arrays, lowest layer first, the readout last."""
    cells = [cell for layer in net.layers for cell in (layer if isinstance(layer, deep.Bidirectional) else (layer,))]
    arrays = [np.array(weights) for cell in cells for weights in cell.params if weights is not None]
    return [*arrays, np.array(net.V), np.array(net.b_out)]


def rebuilt(net, arrays):
    """The network with these arrays, in the order of `entries`."""
    arrays = iter(arrays)

    def cell(layer):
        weights = (None if weights is None else next(arrays) for weights in layer.params)
        return layer._replace(params=type(layer.params)(*weights))

    layers = []
    for layer in net.layers:
        pair = isinstance(layer, deep.Bidirectional)
        layers.append(deep.Bidirectional(cell(layer.forward), cell(layer.backward)) if pair else cell(layer))
    return network.Network(tuple(layers), next(arrays), next(arrays))


def change(net, batch, *, loss, learning_rate=1.0, n_updates=1, **options):
    """Arrays before, arrays after, and the Updates between."""
    trainer = training.Trainer(
        net, fixed(batch), loss=loss, learning_rate=learning_rate, batch_size=len(batch.x), rng=rng(), **options
    )
    updates = [trainer.step() for _ in range(n_updates)]
    return entries(net), entries(trainer.network), updates


def small_networks():
    """One for every way a network is taken apart and put together: kinds, peepholes, stacks, both directions."""
    draw = rng(5)
    peepholes = lstm.initial(2, 3, draw, peepholes=True)._replace(P=draw.normal(size=(3, 2)))
    both = deep.Bidirectional(*(deep.Layer("rnn", rnn.initial(n_units, 3, draw), {}) for n_units in (2, 1)))
    stacked = deep.Layer("lstm", lstm.initial(2, 2, draw), {"variant": "coupled gates"})
    readout = {"V": draw.normal(size=(2, 2)), "b_out": draw.normal(size=2)}
    return {
        **{kind: training.initial(kind, 2, 3, 2, draw, forget_bias=0.5) for kind in training.KINDS},
        "peepholes": network.Network((deep.Layer("lstm", peepholes, {}),), **readout),
        "stacked": network.Network((deep.Layer("rnn", rnn.initial(2, 3, draw), {}), stacked), **readout),
        "both directions": network.Network((both,), rng(6).normal(size=(2, 3)), np.ones(2)),
    }


def random_batch(loss, *, count=3, n_steps=4):
    draw = rng(7)
    d = draw.integers(2, size=(count, n_steps)) if loss == "cross entropy" else draw.normal(size=(count, n_steps, 2))
    return tasks.Batch(draw.normal(size=(count, n_steps, 3)), d, np.array([False, True, False, True]))


def literal_loss(net, batch, loss):
    """Means written out: of sequences, of counted steps, and of outputs or -log of the softmax."""
    total = 0.0
    for x, d in zip(batch.x, batch.d, strict=True):
        y = network.run(x, net).y
        for t in (1, 3):
            if loss == "cross entropy":
                total += math.log(sum(math.exp(value) for value in y[t])) - y[t, d[t]]
            else:
                total += sum((d[t, k] - y[t, k]) ** 2 for k in range(2)) / 2
    return total / (2 * len(batch.x))


@pytest.mark.parametrize("loss", ["squared error", "cross entropy"])
@pytest.mark.parametrize("name", small_networks())
def test_plain_descent_follows_the_slope_of_the_loss(name, loss):
    net, batch = small_networks()[name], random_batch(loss)
    before, after, (update,) = change(net, batch, loss=loss, method="descent")
    assert update.loss == pytest.approx(literal_loss(net, batch, loss), rel=1e-13)
    step, squares = 1e-6, 0.0
    for number, weights in enumerate(before):
        for index in np.ndindex(weights.shape):
            ends = []
            for sign in (1, -1):
                moved = [array.copy() for array in before]
                moved[number][index] += sign * step
                ends.append(literal_loss(rebuilt(net, moved), batch, loss))
            slope = (ends[0] - ends[1]) / (2 * step)
            squares += slope**2
            assert weights[index] - after[number][index] == pytest.approx(slope, rel=1e-6, abs=1e-9)
    assert update.gradient_norm == pytest.approx(math.sqrt(squares), rel=1e-7)
    assert update.number == 1


def test_clipping_shortens_the_step_and_keeps_its_direction():
    net, batch = small_networks()["lstm"], random_batch("squared error")
    before, free, (update,) = change(net, batch, loss="squared error", method="descent")
    clip = update.gradient_norm / 3
    _, after, (clipped,) = change(net, batch, loss="squared error", method="descent", clip=clip)
    assert clipped.gradient_norm == pytest.approx(update.gradient_norm, rel=1e-13)
    for old, far, near in zip(before, free, after, strict=True):
        np.testing.assert_allclose(near - old, (far - old) / 3, rtol=1e-12, atol=1e-15)
    _, loose, _ = change(net, batch, loss="squared error", method="descent", clip=clip * 4)
    assert all((far == near).all() for far, near in zip(free, loose, strict=True))


def test_adam_against_the_formulas_written_out():
    net, batch = small_networks()["gru"], random_batch("squared error")
    _, after, _ = change(net, batch, loss="squared error", learning_rate=0.02, n_updates=5)
    arrays = entries(net)
    means, squares = [0.0] * len(arrays), [0.0] * len(arrays)
    for k in range(1, 6):
        # one plain update of length 1 gives the gradient
        before, moved, _ = change(rebuilt(net, arrays), batch, loss="squared error", method="descent")
        for i, (old, new) in enumerate(zip(before, moved, strict=True)):
            gradient = old - new
            means[i] = 0.9 * means[i] + 0.1 * gradient
            squares[i] = 0.999 * squares[i] + 0.001 * gradient**2
            unbiased = means[i] / (1 - 0.9**k), squares[i] / (1 - 0.999**k)
            arrays[i] = old - 0.02 * unbiased[0] / (np.sqrt(unbiased[1]) + 1e-8)
    for expected, weights in zip(arrays, after, strict=True):
        np.testing.assert_allclose(weights, expected, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("method", training.METHODS)
def test_the_trajectory_is_that_of_pytorch(method):
    case = {key.split("/")[1]: values for key, values in GOLDEN.items() if key.startswith(f"{method}/")}
    params = lstm.LstmParams(case["U"], case["W"], case["b"])
    net = network.Network((deep.Layer("lstm", params, {}),), case["V"], case["b_out"])
    batches = itertools.cycle(tasks.Batch(x, d, case["counted"]) for x, d in zip(case["x"], case["d"], strict=True))
    clip = float(case["clip"])
    trainer = training.Trainer(
        net,
        lambda rng, count: next(batches),
        loss="squared error",
        method=method,
        learning_rate=float(case["learning_rate"]),
        clip=clip if clip else None,
        batch_size=case["x"].shape[1],
        rng=rng(),
    )
    assert len(case["losses"]) == 10
    for k, (loss, norm) in enumerate(zip(case["losses"], case["gradient_norms"], strict=True)):
        update = trainer.step()
        assert update.loss == pytest.approx(loss, rel=1e-10)
        assert update.gradient_norm == pytest.approx(norm, rel=1e-9)
        found = trainer.network.layers[0].params._asdict() | trainer.network._asdict()
        for name in ("U", "W", "b", "V", "b_out"):
            np.testing.assert_allclose(found[name], case[f"{name}_after"][k], rtol=0, atol=1e-9)


def test_the_given_network_stays_as_it_is():
    net = small_networks()["lstm"]
    kept = entries(net)
    _, after, _ = change(net, random_batch("squared error"), loss="squared error", n_updates=2)
    assert all((old == new).all() for old, new in zip(kept, entries(net), strict=True))
    assert any((old != new).any() for old, new in zip(kept, after, strict=True))


@pytest.mark.parametrize("kind", training.KINDS)
def test_training_recalls_over_a_short_lag(kind):
    trainer = training.recall_trainer(kind, lag=5, n_units=4, learning_rate=0.02, seed=2, forget_bias=1.0, batch_size=8)
    n_updates = 60 if config.DISABLE_JIT else 200
    losses = [trainer.step().loss for _ in range(n_updates)]
    assert trainer.n_updates == n_updates
    assert trainer.diverged is None
    assert np.mean(losses[-10:]) < (0.5 if config.DISABLE_JIT else 0.1) * np.mean(losses[:10])


def test_the_seed_decides_everything():
    def losses(seed):
        trainer = training.recall_trainer("lstm", lag=5, n_units=3, learning_rate=0.01, seed=seed)
        return [trainer.step() for _ in range(3)]

    assert losses(1) == losses(1)
    assert losses(1) != losses(2)


def test_all_kinds_hear_the_same_batches(monkeypatch):
    heard = {kind: [] for kind in training.KINDS}
    recall = tasks.recall
    for kind in training.KINDS:

        def listen(lag, rng, *, count, kind=kind):
            heard[kind].append(recall(lag, rng, count=count).x)
            return recall(lag, rng, count=count)

        monkeypatch.setattr(training.tasks, "recall", listen)
        trainer = training.recall_trainer(kind, lag=5, n_units=3, learning_rate=0.01, seed=4, batch_size=2)
        trainer.step(), trainer.step()
    rnn, gru, lstm = (np.array(heard[kind]) for kind in training.KINDS)
    assert (rnn == gru).all() and (gru == lstm).all() and (rnn[0] != rnn[1]).any()


@pytest.mark.parametrize("method", training.METHODS)
def test_divergence_is_reported_once_and_then_refused(method):
    net, batch = small_networks()["rnn"], random_batch("squared error")
    trainer = training.Trainer(
        net, fixed(batch), loss="squared error", method=method, learning_rate=1e200, batch_size=3, rng=rng()
    )
    updates = []
    while trainer.diverged is None:
        updates.append(trainer.step())
    assert len(updates) == trainer.n_updates == trainer.diverged == updates[-1].number < 20
    assert not math.isfinite(updates[-1].loss)
    assert all(math.isfinite(update.loss) for update in updates[:-1])
    assert all(np.isfinite(weights).all() for weights in entries(trainer.network))
    for _ in range(2):
        with pytest.raises(ValueError, match=f"diverged at update {trainer.diverged}"):
            trainer.step()
    assert trainer.n_updates == len(updates)


def test_weights_that_overflow_end_the_training_too():
    batch = random_batch("squared error")
    batch = batch._replace(d=1e6 * batch.d)
    net = small_networks()["rnn"]
    trainer = training.Trainer(
        net, fixed(batch), loss="squared error", method="descent", learning_rate=1e305, batch_size=3, rng=rng()
    )
    update = trainer.step()
    assert math.isfinite(update.loss) and math.isfinite(update.gradient_norm)
    assert trainer.diverged == 1
    assert all((old == new).all() for old, new in zip(entries(net), entries(trainer.network), strict=True))


def test_squares_that_overflow_are_no_rest():
    batch = random_batch("squared error")
    batch = batch._replace(d=1e153 * batch.d)
    # the loss is still a number, the squares of the gradient times 0.001 are not all
    net = small_networks()["rnn"]
    net = net._replace(V=1e30 * net.V)
    trainer = training.Trainer(net, fixed(batch), loss="squared error", learning_rate=0.1, batch_size=3, rng=rng())
    assert math.isfinite(trainer.step().loss)
    assert trainer.diverged == 1


def test_overflow_in_a_lower_layer_is_divergence_too():
    params = rnn.RnnParams(np.full((1, 3), 1e200), np.full((1, 1), 1e200), np.zeros(1))
    layers = deep.Layer("rnn", params, {"activation": "relu"}), deep.Layer("rnn", rnn.initial(2, 1, rng()), {})
    net = network.Network(layers, np.ones((2, 2)), np.zeros(2))
    batch = random_batch("squared error")
    batch = batch._replace(x=np.abs(batch.x))
    trainer = training.Trainer(net, fixed(batch), loss="squared error", learning_rate=0.1, batch_size=3, rng=rng())
    # tanh makes 1 of an infinite input, so the loss looks sound: the gradient does not
    assert not math.isfinite(trainer.step().gradient_norm)
    assert trainer.diverged == 1


def readout_of_inputs(V, b_out):
    """y(t) = V x(t) + b_out: units that pass their inputs on."""
    n_inputs = len(V[0])
    params = rnn.RnnParams(np.eye(n_inputs), np.zeros((n_inputs, n_inputs)), np.zeros(n_inputs))
    return network.Network((deep.Layer("rnn", params, {"activation": "identity"}),), np.array(V), np.array(b_out))


def test_scores_by_hand():
    net = readout_of_inputs([[2.0, 0.0]], [0.5])
    x = np.array([[[3.0, 0], [-1.0, 0]], [[0.0, 0], [1.0, 0]]])
    # y = 6.5, -1.5 and 0.5, 2.5; only the second step counts
    counted = np.array([False, True])
    signs = tasks.Batch(x, np.array([[[9.0], [1.0]], [[9.0], [1.0]]]), counted)
    score = training.evaluate(net, fixed(signs), rng(), 2)
    assert score == (pytest.approx((2.5**2 + 1.5**2) / 2), 0.5)
    numbers = signs._replace(d=np.array([[[9.0], [0.5]], [[9.0], [1.0]]]))
    assert math.isnan(training.evaluate(net, fixed(numbers), rng(), 2).accuracy)


def test_scores_of_symbols_by_hand():
    net = readout_of_inputs([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], [0.0, 0.0, 0.5])
    x = np.log([[[2.0, 1.0], [1.0, 1.0], [4.0, 1.0], [1.0, 8.0]]])
    third = math.exp(0.5)
    batch = tasks.Batch(x, np.array([[0, 2, 1, 0]]), np.array([True, True, True, False]))
    score = training.evaluate(net, fixed(batch), rng(), 1, loss="cross entropy")
    expected = -np.mean(np.log([2 / (3 + third), third / (2 + third), 1 / (5 + third)]))
    assert score == (pytest.approx(expected), pytest.approx(2 / 3))


def test_evaluation_draws_as_many_as_are_asked_for():
    net = training.recall_trainer("gru", lag=3, n_units=2, learning_rate=0.1).network
    draw = functools.partial(tasks.recall, 3)
    batch = draw(rng(4), count=5)
    assert training.evaluate(net, draw, rng(4), 5) == training.evaluate(net, fixed(batch), rng(), 5)


@pytest.mark.parametrize("kind", training.KINDS)
def test_initial_weights_follow_the_law(kind):
    net = training.initial(kind, 25, 4, 3, rng(1), forget_bias=2.5)
    (layer,) = net.layers
    rows = {"rnn": 1, "gru": 3, "lstm": 4}[kind] * 25
    assert layer.kind == kind
    assert layer.params.U.shape == (rows, 4) and layer.params.W.shape == (rows, 25)
    for weights in (layer.params.U, layer.params.W, net.V):
        assert 0.15 < np.abs(weights).max() <= 0.2
        assert weights.min() < -0.15
    assert net.V.shape == (3, 25) and net.b_out.tolist() == [0, 0, 0]
    gate = np.zeros(rows)
    if kind != "rnn":
        gate[25:50] = 2.5
    assert layer.params.b.tolist() == gate.tolist()


def make(net=None, **changed):
    options = {"loss": "squared error", "learning_rate": 0.1, "batch_size": 2, "rng": rng()} | changed
    return training.Trainer(net or small_networks()["rnn"], fixed(random_batch("squared error")), **options)


def recall(kind="lstm", **changed):
    return training.recall_trainer(kind, **({"lag": 3, "n_units": 2, "learning_rate": 0.1} | changed))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: make(loss="error"), "loss must be one of squared error, cross entropy, got 'error'"),
        (lambda: make(method="newton"), "method must be one of adam, descent, got 'newton'"),
        (lambda: make(learning_rate=0), "learning_rate must be a finite number greater than 0, got 0"),
        (lambda: make(clip=0), "clip must be a finite number greater than 0, got 0"),
        (lambda: make(batch_size=0), "batch_size must be a whole number of at least 1, got 0"),
        (lambda: make(rng=3), "rng must be a numpy.random.Generator, got 3"),
        (lambda: make(net=5), "network must be Network(layers, V, b_out), got 5"),
        (lambda: make(net=readout_of_inputs([[1]], [0])).step(), "batch.x must have shape (None, None, 1), got shape"),
        (lambda: recall("esn"), "kind must be one of rnn, gru, lstm, got 'esn'"),
        (lambda: recall(lag=0), "lag must be a whole number of at least 1, got 0"),
        (lambda: recall(n_units=0), "n_units must be a whole number of at least 1, got 0"),
        (lambda: recall(seed=-1), "seed must be a whole number of at least 0, got -1"),
        (lambda: recall(forget_bias=math.inf), "forget_bias must be a finite number, got inf"),
        (lambda: training.initial("rnn", 2, 1, 0, rng()), "n_outputs must be a whole number of at least 1, got 0"),
        (lambda: training.initial("rnn", 2, 1, 1, 8), "rng must be a numpy.random.Generator, got 8"),
        (lambda: training.evaluate(small_networks()["rnn"], None, rng(), 0), "count must be a whole number"),
        (lambda: training.evaluate(small_networks()["rnn"], None, 1, 1), "rng must be a numpy.random.Generator"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
