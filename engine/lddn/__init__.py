"""The layered digital dynamic network (LDDN): one form for all networks of the course.

    a^m(t) = sum over sources l and delays d of  LW^{m,l}(d) h^l(t-d)  or  IW^{m,l}(d) x^l(t-d),  plus b^m     (7.6)
    h^m(t) = f^m(a^m(t))                                                                                      (7.7)

Layers are fed by inputs and by layers, each through any set of delays, and squashed by any activation. The textbook
writes n(t) for a(t), a(t) for h(t) and p(t) for x(t). A network is data:

    Network(layers=(Layer("h", (Connection("x", U), Connection("h", W, delays=1)), b, "tanh"),), inputs=("x",))

Two things are added to the form, because the gated carousel, LSTM and GRU cannot be written without: a connection may
have a gate, a signal that multiplies what comes in unit by unit (Eq. 12.37), and a weight or bias may be absent, which
is the identity or zero and is not learned. Without these a connection is exactly a term of Eq. 7.6.

`run`, `bptt`, `rtrl`: signals and gradients. `prepare`: check once, run often. `parameters`, `with_parameters`: all
weights as one vector. `forms`: each network of the course as one LDDN. `equations`: what the textbook would write.
Arrays are (T, n); index 0 is step 1, and what came before step 1 is zero unless it is given.

Sources: Neural Network Design, Deep Learning, chapter 12, with Eqs. 7.6 and 7.7 as quoted in P12.1; Hagan, Demuth,
Beale and De Jesús, Neural Network Design, 2nd edition, chapter 14, for gradients of arbitrary LDDNs.
"""

from engine.lddn import forms
from engine.lddn._tables import Prepared, prepare
from engine.lddn.gradients import (
    ForwardGradients,
    Gradients,
    LayerGradient,
    Run,
    bptt,
    parameters,
    rtrl,
    run,
    with_parameters,
)
from engine.lddn.network import ACTIVATIONS, Connection, Layer, Network
from engine.lddn.order import Group
from engine.lddn.textbook import LayerEquations, equations

__all__ = [
    "ACTIVATIONS",
    "Connection",
    "ForwardGradients",
    "Gradients",
    "Group",
    "Layer",
    "LayerEquations",
    "LayerGradient",
    "Network",
    "Prepared",
    "Run",
    "bptt",
    "equations",
    "forms",
    "parameters",
    "prepare",
    "rtrl",
    "run",
    "with_parameters",
]
