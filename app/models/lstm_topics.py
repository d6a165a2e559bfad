"""What lesson 6 computes for each of its topics: one engine run, and the plotted columns."""

from typing import NamedTuple

import numpy as np

from engine import lstm


class Traced(NamedTuple):
    """The layer that the page shows, on the input that reaches it. Row t of the arrays is step t + 1."""

    x: np.ndarray  # (T, m) the network's input
    inputs: np.ndarray  # (T, m_layer) the shown layer's input: x, or h of the layer below
    params: lstm.LstmParams  # of the shown layer, n units
    variant: str  # one of lstm.VARIANTS; peepholes show in params.P
    run: lstm.LstmRun  # (T, n) each
    V: np.ndarray | None  # (k, n_last) readout; None for the single cell
    b_out: np.ndarray | None  # (k,)
    y: np.ndarray | None  # (T, k)
    d: np.ndarray  # (T,) what the task asks for; NaN where it asks for nothing


class Gates(NamedTuple):
    traced: Traced


class Gradient(NamedTuple):
    """log10 of the sizes of derivatives of the last step by step k, at [k-1]."""

    traced: Traced
    cell: np.ndarray  # (T,) dc(T)/dc(k), exact
    hidden: np.ndarray  # (T,) dh(T)/dh(k), exact
    forget: np.ndarray  # (T,) f(T)...f(k+1) of the unit shown
    truncated: np.ndarray  # (T,) dh(T)/dc(k) through the cell's own delay only
    truncated_exact: np.ndarray  # (T,) dh(T)/dc(k), exact
    vanilla: np.ndarray  # (T,) dh(T)/dh(k) of a tanh RNN of the same size on the same input


class Variants(NamedTuple):
    """The same input, and where they share parameters the same weights."""

    traced: Traced
    runs: dict  # by name: "full", "no forget gate", "peephole", "coupled gates" -> LstmRun; "GRU" -> GruRun


class TrainingShown(NamedTuple):
    traced: Traced  # the LSTM in training on a probe sequence of the task
