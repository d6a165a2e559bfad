"""Reservoirs: recurrent networks whose weights are drawn once and kept; only the readout learns (echo state networks).

    h̃(t) = tanh(W_in [1; x(t)] + W h(t-1) + W_late h(t-delay) + W_fb y(t-1))      (n,)
    h(t) = (1 - leak) h(t-1) + leak h̃(t)                                          (n,)   state
    y(t) = V [1; h(t); x(t)]                                                      (k,)   output

`states` runs them, `connections` draws them, and `spectrum` measures how large W is. `readout` fits V in one shot and
`online` step by step. `echo` asks whether the start is forgotten, and `memory` how much of the input is not. Everything
public is reached from here: `reservoir.run`, `reservoir.make`. Row t of an array is step t + 1; what comes before
step 1 is zero unless it is given.

Sources: H. Jaeger, "The echo state approach to analysing and training recurrent neural networks", GMD report 148
(2001); M. Lukoševičius, "A practical guide to applying echo state networks" (2012).
"""

from engine.reservoir._layout import DENSE_FROM
from engine.reservoir.connections import TOPOLOGIES, WEIGHTS, draw, make, scaled
from engine.reservoir.echo import Certainty, LyapunovRun, TwoStarts, certainty, lyapunov_exponent, two_starts
from engine.reservoir.memory import MemoryCapacity, memory_capacity, remembered
from engine.reservoir.online import Online, OnlineRun, fit_recursive, learn_online
from engine.reservoir.readout import augmented, fit_ridge, normalised_error, outputs
from engine.reservoir.spectrum import Unsettled, effective_eigenvalues, eigenvalues, spectral_radius
from engine.reservoir.states import ACTIVATIONS, FreeRun, Reservoir, free_run, run

__all__ = [
    "ACTIVATIONS",
    "DENSE_FROM",
    "TOPOLOGIES",
    "WEIGHTS",
    "Certainty",
    "FreeRun",
    "LyapunovRun",
    "MemoryCapacity",
    "Online",
    "OnlineRun",
    "Reservoir",
    "TwoStarts",
    "Unsettled",
    "augmented",
    "certainty",
    "draw",
    "effective_eigenvalues",
    "eigenvalues",
    "fit_recursive",
    "fit_ridge",
    "free_run",
    "learn_online",
    "lyapunov_exponent",
    "make",
    "memory_capacity",
    "normalised_error",
    "outputs",
    "remembered",
    "run",
    "scaled",
    "spectral_radius",
    "two_starts",
]
