"""Calls of every public function of networks with delays, for `engine.warm`."""

import numpy as np

from engine import (
    delay_line,
    delay_tasks,
    distributed,
    fitting,
    focused,
    lddn,
    levenberg_marquardt,
    levitation,
    lstm,
    narx,
    narx_learning,
    narx_loop,
    series,
)


def lines():
    x, rng = series.sine(6, 4), np.random.default_rng(0)
    delay_line.tapped(x, [1, 2])
    for kind in delay_line.KERNELS:
        kernels = delay_line.kernels(kind, 6, taps=2, alpha=0.5)
    delay_line.generalised(x, kernels)
    delay_line.profile(kernels)
    delay_line.recall(kernels)
    params = focused.initial(2, 2, 1, rng)
    focused.ftdnn(x, params, [1, 2])
    focused.ftdnn_gradient(x, x, params, [1, 2])
    focused.fgmn(x, params, 0.5, taps=2)
    focused.fgmn_gradient(x, x, params, 0.5, taps=2)
    layers = distributed.initial([1, 2, 1], [(0, 1), (0, 2)], rng)
    distributed.gradients(x, layers, distributed.run(x, layers).h[-1])
    distributed.convolution(np.ones((1, 1, 2)), [0.0])
    distributed.receptive_field([(0, 1), (0, 2)])
    for objective, start in (
        (fitting.ftdnn(x, x, [1, 2], n_units=2), params),
        (fitting.fgmn(x, x, taps=2, n_units=2), [*params, 0.5]),
    ):
        fitting.learn(objective, fitting.vector(start), learning_rate=0.1, n_updates=1)
    drawn = delay_tasks.pattern(6, [1, 2], rng, count=2)
    weights_of = fitting.vector([part for layer in layers for part in (layer.W, layer.b)])
    fitting.learn(fitting.summed(drawn.x, drawn.d, layers), weights_of, learning_rate=0.1, n_updates=1)
    fitting.static(drawn.x, drawn.d, n_units=2).evaluate(fitting.vector(focused.initial(2, 6, 1, rng)))
    delay_tasks.lag(1, order=2)


def general_form():
    rng = np.random.default_rng(0)
    prepared = lddn.prepare(lddn.forms.lstm(lstm.initial(2, 1, rng)))
    prepared = lddn.with_parameters(prepared, 2 * lddn.parameters(prepared))
    x, explicit = [1.0] * 4, np.ones((4, 2))
    lddn.equations(prepared)
    lddn.run(x, prepared)
    lddn.bptt(x, prepared, explicit)
    lddn.rtrl(x, prepared, explicit)


def loops():
    rng = np.random.default_rng(0)
    current = levitation.random_current(8, rng)
    position = levitation.run(current).position
    levitation.resting_position(1.0)
    params = narx_learning.initial(2, 1, 1, rng)
    narx_learning.from_vector(narx_learning.vector(params), params)
    narx_learning.in_units(params, x_shift=0.0, x_scale=1.0, y_shift=0.0, y_scale=1.0)
    for method in narx_learning.METHODS:
        trainer = narx_learning.Trainer(narx_learning.Record(current, position), params, method=method)
        trainer.step()
    narx_learning.parted(narx_learning.Record(current, position), params)
    levenberg_marquardt.minimise(lambda w: (w, np.eye(1)), [1.0], n_updates=1)
    narx.heard(current, params)
    narx.table(current, position, [1], [1])
    narx.ahead(current, position, params, 2)
    narx_loop.factors(current, params)
    narx_loop.edges(2, [1])
    narx_loop.n_ways(2, [1])
    narx_loop.fewest_steps(2, [1])
