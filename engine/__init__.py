"""The mathematics of the course, one module per kind of network: NumPy and Numba, nothing of browsers or lessons.

`engine.parity`, `engine.cec`, `engine.gamma`, `engine.linear`, `engine.rnn`: networks.
`engine.delay_line`, `engine.focused`, `engine.distributed`: a window instead of a state; `engine.fitting` trains it.
`engine.lstm`, `engine.gru`: networks whose gates decide what is kept.
`engine.lddn`: one form for all of them, a package of its own: layers, delays, gates.
`engine.reservoir`: networks whose recurrent weights are drawn and kept, a package of its own.
`engine.deep`, `engine.network`: layers on layers, readout and loss. `engine.hand_set`: networks with reasons.
`engine.weights`: networks in files.
`engine.series`, `engine.signals`: signals to feed them.
`engine.narx`, `engine.narx_loop`: outputs fed back, in both arrangements. `engine.levitation`: a plant to identify.
`engine.gradients`: gradients through time and how far they reach. `engine.costs`: what they cost.
`engine.remedies`, `engine.cliff`: what helps against bad ones.
`engine.matrices`, `engine.chaos`: recurrent weights.
`engine.tasks`, `engine.delay_tasks`, `engine.training`, `engine.trained`, `engine.parity_learning`,
`engine.narx_learning`: learning. `engine.levenberg_marquardt`: least squares for small networks.
`engine.warm`, `engine.kernels`, `engine.kernel_cache`: fill Numba's cache, on all cores, and keep it.
Time is the first axis; index 0 is step 1 and everything before it is zero.
A module is imported when it is first used, and a kernel is compiled when it is first called.
"""

import importlib


def __getattr__(name):
    """Import `engine.<name>` on first use, so that `import engine` stays light and no list of modules is needed."""
    module = f"{__name__}.{name}"
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
