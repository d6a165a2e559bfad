"""Reservoirs: recurrent networks whose weights are drawn once and kept; only the readout learns (echo state networks).

    h̃(t) = tanh(W_in [1; x(t)] + W h(t-1) + W_late h(t-delay) + W_fb y(t-1))      (n,)
    h(t) = (1 - leak) h(t-1) + leak h̃(t)                                          (n,)   state
    y(t) = V [1; h(t); x(t)]                                                      (k,)   output

Everything public is reached from here: `reservoir.run`, `reservoir.make`. Row t of an array is step t + 1.
"""

from engine.reservoir.states import ACTIVATIONS, Reservoir, run

__all__ = ["ACTIVATIONS", "Reservoir", "run"]
