import importlib
import os
import pkgutil
import subprocess
import sys
import types
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numba import config

import engine
from engine import gamma, gradients, rnn, series, warm

compiled_only = pytest.mark.skipif(config.DISABLE_JIT, reason="nothing is compiled with NUMBA_DISABLE_JIT=1")

KEEPERS = {"warm", "_warm_delays", "kernels", "kernel_cache"}  # they call or keep kernels, and have none

COUNT_SIGNATURES = """
import importlib, pkgutil
import engine
modules = [importlib.import_module(m.name) for m in pkgutil.walk_packages(engine.__path__, "engine.")]
kernels = {f"{m.__name__}.{n}": k for m in modules for n, k in vars(m).items() if hasattr(k, "signatures")}
assert len(kernels) > 5, kernels
signatures = lambda: {name: len(kernel.signatures) for name, kernel in kernels.items()}
"""


def run_python(code):
    """A fresh interpreter, because this one has called kernels already."""
    done = subprocess.run(
        [sys.executable, "-c", COUNT_SIGNATURES + code],
        cwd=os.path.dirname(os.path.dirname(engine.__file__)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@compiled_only
def test_import_compiles_nothing():
    run_python("assert not any(signatures().values()), signatures()")


@compiled_only
def test_every_kernel_is_compiled_once_and_no_other_argument_type_compiles_another():
    run_python("""
import numpy as np
import scipy.sparse
from engine import cec, chaos, cliff, gamma, gradients, parity, reservoir, rnn, warm
warm.compile_kernels()
before = signatures()
# 0 for a helper that came from the cache inside its caller
assert set(before.values()) <= {0, 1} and sum(before.values()) > 5, before
frozen = np.ones(6)[::2]
frozen.flags.writeable = False
for x in (frozen, frozen.astype(np.float32), frozen.astype(bool), [1, 1, 1], (1, 1, True)):
    parity.run(x), parity.run("011", activation="logistic", steepness=np.float32(3)), parity.jacobian_norms(x)
    cec.run(x, x, x, w=1, c0=np.int64(0)), cec.sensitivity(x, x, w=1), cec.log10_products(x, w=1)
    gamma.run(x, 1, taps=np.int64(2)), gamma.gradient(x, x, 1), gamma.loss_curve(x, x, x)
    gamma.descend(x, x, 1, learning_rate=1, n_steps=np.int32(1)), gamma.impulse_response_closed_form(1, 3)
    params = rnn.RnnParams([[1]], np.eye(1, dtype=np.float32), (0,))
    column = np.asarray(x, dtype=float)[:, None]
    for activation in rnn.ACTIVATIONS:
        rnn.run(x, params, activation=activation), rnn.run_cell(x, params, c0=[0], activation=activation)
        gradients.bptt(x, params, column, activation=activation), gradients.bptt(x, params, column, window=2)
        gradients.rtrl(x, params, column, h0=(1,)), gradients.lag_norms(x, params, form="cell")
        gradients.lag_norm_matrix(x, params, every=np.int64(2)), gradients.factors(x, params)
    cliff.descend(5, -2, learning_rate=1, n_updates=1), cliff.surface([5], [-2, 1])
    chaos.lyapunov(np.eye(2, dtype=int), (0, 0), [1, 0], 3, skip=0), chaos.basins(np.eye(2).T, [0, 0], resolution=3)
    sparse = scipy.sparse.eye_array(1, format="csr")
    sparse.data.flags.writeable = False
    for W in (np.eye(1), np.eye(1, dtype=int), [[0]], frozen[:1, None], sparse, 0 * sparse):
        pool = reservoir.Reservoir([[0, 1]], W, None, W, np.int64(2))
        reservoir.run(x, pool, h0=[1]), reservoir.two_starts(x, pool, starts=[[0], [1]])
        reservoir.lyapunov_exponent(x, pool), reservoir.free_run(pool, [[0, 1, 0]], 2, h0=(1,), y0=1)
assert signatures() == before, signatures()
""")


def test_warm_calls_every_public_function(monkeypatch):
    called = set()

    def spy(home, name, function):
        def recorded(*args, **kwargs):
            called.add(f"{home}.{name}")
            return function(*args, **kwargs)

        return recorded

    public = set()
    names = [found.name for found in pkgutil.iter_modules(engine.__path__) if found.name[0] != "_"]
    for module in (importlib.import_module(f"engine.{name}") for name in names if name not in KEEPERS):
        for name, function in list(vars(module).items()):
            home = getattr(function, "__module__", "")
            own = isinstance(function, types.FunctionType) and home.startswith("engine.") and home[7] != "_"
            if own and not name.startswith("_"):
                public.add(f"{home}.{name}")
                monkeypatch.setattr(module, name, spy(home, name, function))
    warm.compile_kernels()
    assert len(public) > 60
    assert public - called == set()


def test_modules_are_found_as_attributes_of_the_package():
    assert engine.gamma is gamma
    assert not hasattr(engine, "no_such_module")


def test_several_threads_get_the_results_of_one():
    def work(seed):
        x = series.noise(300, np.random.default_rng(seed))
        alpha = gamma.descend(x, x, 0.9, learning_rate=0.1, n_steps=5).alpha
        params = rnn.RnnParams(np.ones((8, 1)), 0.1 * np.random.default_rng(seed).normal(size=(8, 8)), np.zeros(8))
        return np.concatenate([alpha, gradients.lag_norms(x, params), gradients.bptt(x, params, np.ones((300, 8))).db])

    alone = [work(seed) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(work, range(8)))
    np.testing.assert_array_equal(together, alone)
