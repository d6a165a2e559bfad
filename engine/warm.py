"""Fill Numba's cache: each kernel is compiled once, so that no reader waits for a compiler.

`python -m engine.warm` does so in one process, `python -m engine.kernels` on all cores.
"""

import io
import time

import numpy as np

from engine import (
    _warm_delays,
    cec,
    chaos,
    cliff,
    costs,
    deep,
    differences,
    gamma,
    gradients,
    gru,
    hand_set,
    linear,
    lstm,
    matrices,
    network,
    parity,
    parity_learning,
    pieces,
    remedies,
    reservoir,
    rnn,
    series,
    signals,
    tasks,
    trained,
    training,
    weights,
)


def compile_kernels():
    """Call every public function once, with the kinds of argument that the pages pass."""
    for part in PARTS.values():
        part()


def _parity():
    bits = "0011"
    weights = parity.perturb(parity.EXACT, 0.1, np.random.default_rng(0))
    for activation in parity.ACTIVATIONS:
        result = parity.run(bits, weights=weights, activation=activation, steepness=5.0)
    parity.running_xor(bits)
    parity.first_error(result.output, bits)
    parity.jacobian_norms(bits, weights=weights, steepness=5.0)
    numbers = parity_learning.start(np.random.default_rng(0))
    parity_learning.gradient(numbers, n_bits=1)
    learned = parity_learning.learn(numbers, n_bits=1, n_updates=1)
    parity.shortest_failure(parity_learning.unpacked(learned.weights[-1]))


def _cec():
    x = series.step(4)
    cec.gate(x, x)
    cec.run(x, x, x, output_gate=x, w=1.0, c0=0.0)
    cec.sensitivity(x, x, w=1.0)
    cec.factors(x, w=1.0)
    cec.log10_products(x, w=1.0)


def _gamma():
    x, d = series.impulse(4), series.sine(4, 4)
    gamma.run(x, 0.5, taps=2)
    gamma.impulse_response(0.5, 4, taps=2)
    gamma.impulse_response_closed_form(0.5, 4, taps=2)
    gamma.delay_line(x, 2)
    gamma.frequency_response(0.5, [0.0, 1.0], taps=2)
    gamma.mean_lag(0.5, 2)
    gamma.half_life(0.5)
    gamma.gradient(x, d, 0.5)
    gamma.loss_curve(x, d, [0.5, 1.0])
    gamma.descend(x, d, 0.5, learning_rate=0.1, n_steps=2)
    series.square(4, 4)
    series.noise(4, np.random.default_rng(0))
    series.scaled(series.sunspots()[1])


def _matrices():
    for kind in matrices.KINDS:
        W = matrices.make(kind, 2, np.random.default_rng(0))
    matrices.eigenvalues(W)
    matrices.singular_values(W)
    matrices.scale_spectral_radius(W, 0.5)
    matrices.scale_largest_singular_value(W, 0.5)
    matrices.modes(W, [1.0, 0.0], 2)


def _linear():
    linear.response([1.0, 0.0], 0.5, U=1.0, h0=0.0)
    linear.impulse_response(0.5, 2)
    linear.poles(0.5)
    linear.is_stable(0.5)
    linear.half_life(0.5)
    linear.time_constant(0.5)
    linear.gradient_decay(0.5, 2)
    linear.log10_gradient_decay(0.5, 2)


def _remedies():
    remedies.clip_by_norm([3.0, 4.0], 1.0)
    remedies.rescale([1.0, 0.1])
    remedies.omega([[1.0], [1.0]], [[[1.0]], [[1.0]]])
    remedies.omega_from_last([1.0], [[[1.0]], [[1.0]]])
    cliff.surface([5.0], [-2.0])
    cliff.loss(5.0, -2.0)
    cliff.gradient(5.0, -2.0)
    cliff.descend(5.0, -2.0, learning_rate=0.1, n_updates=1, threshold=1.0)


def _chaos():
    W, b, h0 = np.eye(2), [0.0, 0.0], [0.5, 0.5]
    chaos.trajectory(W, b, h0, 2, gain=1.0)
    chaos.distance(W, b, h0, [0.5, 0.4], 2, gain=1.0)
    chaos.lyapunov(W, b, h0, 2, gain=1.0, skip=1)
    chaos.basins(W, b, gain=1.0, resolution=2, n_steps=8)


def _costs():
    for count in (costs.bptt, costs.unrolled, costs.rtrl):
        count(2, 2, 1)


def _gradients():
    params, x, explicit = rnn.RnnParams(np.ones((2, 1)), np.eye(2), np.zeros(2)), [1.0] * 4, np.ones((4, 2))
    h = rnn.run(x, params).h
    rnn.run_cell(x, params)
    rnn.derivative(h, "tanh")
    gradients.bptt(x, params, gradients.sum_squared_error(h, explicit).explicit)
    gradients.bptt(x, params, gradients.output_layer(h, [[1.0, 1.0]], [0.0], [[0.0]] * 4).explicit, window=2)
    gradients.windows(x, params, explicit)
    gradients.rtrl(x, params, explicit)
    differences.of_loss(x, params, explicit)
    gradients.unrolled(x, params, explicit)
    gradients.factors(x, params)
    gradients.lag_norms(x, params)
    gradients.power_norm(params, 3)
    gradients.lag_norm_matrix(x, params, every=2)
    gradients.bound(params, "tanh", 4)
    gradients.linear_prediction(params, 4)


def _lstm():
    rng = np.random.default_rng(0)
    rnn.initial(2, 1, rng)
    params, x, explicit = lstm.initial(2, 1, rng, forget_bias=1.0), [1.0] * 4, np.ones((4, 2))
    lstm.run(x, params)
    lstm.bptt(x, params, explicit)
    lstm.lag_norms(x, params)
    lstm.forget_products(explicit)


def _gru():
    params, x = gru.initial(2, 1, np.random.default_rng(0)), [1.0] * 4
    gru.run(x, params)
    gru.bptt(x, params, np.ones((4, 2)))
    gru.lag_norms(x, params)


def _tasks():
    rng = np.random.default_rng(0)
    for draw in (tasks.recall, tasks.adding, tasks.characters):
        draw(2, rng)
    tasks.one_hot(tasks.encode(tasks.decode([0])), 2)


def _networks():
    for name in hand_set.NAMES:
        made = hand_set.make(name).network
        x = np.ones((4, network.n_inputs(made)))
    network.gradients(x, made, network.mean_squared_error(network.run(x, made).y, np.ones((4, 1))).dF_dy)
    network.checked(made)
    network.cross_entropy(network.softmax(np.ones((4, 2))), [0, 1, 1, 0])
    both = deep.Bidirectional(made.layers[0], made.layers[0])
    deep.bptt(x, [both], deep.run(x, [both]).h)
    deep.cells(both, "layers[0]")
    deep.n_inputs(both)
    deep.n_outputs(both)
    file = io.BytesIO()
    weights.save(file, made)
    weights.load(file.getvalue())


def _training():
    for kind in training.KINDS:
        trainer = training.recall_trainer(kind, lag=2, n_units=2, learning_rate=0.1, batch_size=2)
        trainer.step()
    trained.load(trained.NAMES[0])
    training.evaluate(trainer.network, lambda rng, count: tasks.recall(2, rng), np.random.default_rng(0), 1)


def _signals():
    signals.mackey_glass(2, 17, discard=0)
    signals.narma10(signals.narma_input(2, np.random.default_rng(0)))
    signals.delayed([1.0, -1.0], 1)
    signals.parity_of_last([1.0, -1.0], 2)
    signals.figure_eight(2, 4)


def _reservoir():
    with pieces.between(lambda: None):
        rng, x, d, starts = np.random.default_rng(0), np.linspace(-1, 1, 16), np.linspace(1, 2, 16), [[0] * 4, [1] * 4]
        for feedback, density, late in ((0.0, 0.2, 0.0), (1.0, 1.0, 0.5)):
            unit = reservoir.draw(4, density=density, late=late, rng=rng, sparse=density < 1)
            made = reservoir.scaled(unit, spectral_radius=0.5, feedback_scaling=feedback)
            teacher = d if feedback else None
            states = reservoir.run(x, made, leak_rate=0.5, teacher=teacher)
            V = reservoir.fit_ridge(x, states, d, 1e-6)
            reservoir.free_run(made, V, 2, h0=states[-1], y0=d[-1], x=x[:2] if feedback else None)
            reservoir.two_starts(x, made, starts=starts, teacher=teacher)
            reservoir.lyapunov_exponent(x, made, teacher=teacher)
            reservoir.certainty(made)
            for heard in reservoir.online.FEEDBACKS:
                reservoir.learn_online(x, d, made, ridge=1e-6, feedback=heard)
        made = reservoir.make(4, density=1.0, rng=rng)
        reservoir.effective_eigenvalues(reservoir.eigenvalues(made.W), 0.5)
        # above 250 units other kernels are called
        reservoir.spectral_radius(np.diag(np.ones(299), 1) + np.eye(300, k=-299) + np.eye(300))
        reservoir.memory_capacity(made, 2, rng=rng, n_steps=20, washout=2)
        reservoir.remembered(x, states, 1, 1e-6)
        reservoir.fit_recursive(x, states, d, ridge=1e-6)
        reservoir.augmented(x, states)
        reservoir.normalised_error(reservoir.outputs(x, states, V), d)


# What is compiled by itself, in the order of the lessons that need it: processes take turns (`engine.kernels`).
PARTS = {
    "parity": _parity,
    "cec": _cec,
    "gamma": _gamma,
    "matrices": _matrices,
    "linear": _linear,
    "costs": _costs,
    "remedies": _remedies,
    "signals": _signals,
    "tasks": _tasks,
    "lines": _warm_delays.lines,
    "narx": _warm_delays.loops,
    "gradients": _gradients,
    "networks": _networks,
    "lstm": _lstm,
    "gru": _gru,
    "chaos": _chaos,
    "reservoir": _reservoir,
    "training": _training,
    "lddn": _warm_delays.general_form,
}


if __name__ == "__main__":
    start = time.perf_counter()
    compile_kernels()
    print(f"engine kernels ready in {time.perf_counter() - start:.1f} s")
