"""What a gradient costs: multiply-adds and stored numbers of three ways to get the same one, counted exactly.

The network is h(t) = f(U x(t) + W h(t-1) + b) with T steps, n units and m inputs; p = n m + n^2 + n is the number of
weights. Each count is for the states and the whole gradient dU, dW, db of one sequence.

    backpropagation through time    about 3 T n^2 multiply-adds    T n numbers, growing with the sequence
    unrolled network                as many                        T p more: each copy keeps its own gradient
    real-time recurrent learning    about T n^4                    about n^3, however long the sequence is

A multiply-add is one product and the addition that follows it. Not counted: additions alone (biases, explicit
derivatives, the sum over copies), and evaluations of f and f'. No product is left out because a factor happens to be 0.

Stored is what has to be kept from one step to the next, at the moment when that is most: states, derivatives under way
and the gradient itself. Not counted: what is given (x, the weights, h(0), the explicit derivatives) and working space
inside one step. f' is computed from the stored state, as tanh and the logistic function allow.

Sources: Neural Network Design, Deep Learning, chapter 12: Eqs 12.6 to 12.9 and 12.21 to 12.31 for the algorithms;
R. Williams, D. Zipser, "A learning algorithm for continually running fully recurrent neural networks", Neural
Computation 1 (1989), for the fourth power of n.
"""

from typing import NamedTuple

from engine import _validate


class Cost(NamedTuple):
    multiply_adds: int
    stored_numbers: int


def _sizes(n_steps, n_units, n_inputs):
    """T, n, m as Python integers, which have no largest value, and the number of weights p."""
    T = _validate.integer("n_steps", n_steps, low=1)
    n = _validate.integer("n_units", n_units, low=1)
    m = _validate.integer("n_inputs", n_inputs, low=1)
    return T, n, m, n * m + n * n + n


def _forward_and_backward(T, n, m):
    forward = T * (n * m + n * n)  # U x, W h
    slopes = T * n  # dF/da = f' dF/dh
    backward = (T - 1) * n * n  # W^T dF/da, not needed before step 1
    gradient = T * (n * m + n * n)  # dF/da x^T, dF/da h(t-1)^T
    return forward + slopes + backward + gradient


def bptt(n_steps, n_units, n_inputs):
    """Cost of backpropagation through time: all states are kept, then one dF/dh(t) travels back.

        multiply-adds  T (2 n m + 3 n^2 + n) - n^2        stored  T n + n + p

    n_steps, n_units, n_inputs: T, n, m >= 1. Returns Cost with .multiply_adds and .stored_numbers (see the module for
    what counts). Raises ValueError for anything else. Source: Eqs 12.9 and 12.21.
    """
    T, n, m, p = _sizes(n_steps, n_units, n_inputs)
    return Cost(_forward_and_backward(T, n, m), T * n + n + p)


def unrolled(n_steps, n_units, n_inputs):
    """Cost of the unrolled network: backpropagation with a gradient for each of the T copies, added up in the end.

        multiply-adds  as for `bptt`                      stored  T n + n + (T + 1) p

    Arguments and errors as in `bptt`. Source: Eqs 12.22 to 12.31.
    """
    T, n, m, p = _sizes(n_steps, n_units, n_inputs)
    return Cost(_forward_and_backward(T, n, m), T * n + n + (T + 1) * p)


def rtrl(n_steps, n_units, n_inputs):
    """Cost of real-time recurrent learning: a table dh(t)/dweight of n p numbers goes along with the state.

        multiply-adds  T (n m + n^2 + n^2 p + 2 n p)      stored  n + n p + p

    n^2 p for W dh(t-1)/dweight, n p for the slopes f', n p for the gradient. Arguments and errors as in `bptt`.
    Source: Eqs 12.6 and 12.7.
    """
    T, n, m, p = _sizes(n_steps, n_units, n_inputs)
    return Cost(T * (n * m + n * n + n * n * p + 2 * n * p), n + n * p + p)
