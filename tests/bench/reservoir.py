"""How fast a reservoir runs, against reservoirpy: python tests/bench/reservoir.py

One thread each, the same matrices with 10 % of all connections, and T steps. Ours and the peer take turns, round after
round, and the median of the ratios per round is printed: above 1 the engine is faster. All times are CPU times, which
other programs disturb little. reservoirpy gets W as the csr array that it works best with; the engine gets it once like
that and once as a dense array, and the time includes checking it and bringing it into the order of its kernels. Without
reservoirpy (pip install reservoirpy==0.4.2) its column says that it is absent. The second table shows from which
density on the dense product wins, and the third how long it takes to draw a reservoir and to give it a spectral radius.
"""

import os
import sys
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np  # noqa: E402
import scipy.sparse  # noqa: E402

from engine import reservoir  # noqa: E402
from engine.reservoir import _layout  # noqa: E402

try:
    from reservoirpy.nodes import Reservoir as Peer
except ImportError:
    Peer = None

SIZES = (100, 300, 500, 1000, 2000)
DENSITY = 0.1
N_STEPS = 2000
LEAK_RATE = 0.7
ROUNDS = 9
SET_UPS = 5


def problem(n, density):
    rng = np.random.default_rng(0)
    W = scipy.sparse.random_array((n, n), density=density, rng=rng, format="csr", data_sampler=rng.standard_normal)
    W_in = rng.uniform(-1, 1, size=(n, 2))
    return rng.uniform(-1, 1, size=(N_STEPS, 1)), reservoir.Reservoir(W_in, W * (0.9 / np.sqrt(density * n)))


def peer_run(x, given):
    bias, weights = given.W_in[:, 0], given.W_in[:, 1:]
    return Peer(lr=LEAK_RATE, W=given.W, Win=weights, bias=bias).run(x)


def milliseconds(call):
    start = time.process_time()
    call()
    return 1e3 * (time.process_time() - start)


def interleaved(calls, rounds):
    """Times (rounds, calls); every call has run once before."""
    for call in calls:
        call()
    return np.array([[milliseconds(call) for call in calls] for _ in range(rounds)])


def compare_states():
    print(f"states, {DENSITY:.0%} density, T = {N_STEPS}: medians of {ROUNDS} rounds in ms, and of the ratios")
    print(f"{'N':>5} {'sparse W':>9} {'dense W':>9} {'peer':>9} {'ratio':>7} {'dense':>7} {'difference':>11}")
    for n in SIZES:
        x, given = problem(n, DENSITY)
        dense = given._replace(W=given.W.toarray())
        calls = [lambda pool=pool, x=x: reservoir.run(x, pool, leak_rate=LEAK_RATE) for pool in (given, dense)]
        if Peer is not None:
            calls.append(lambda x=x, given=given: peer_run(x, given))
        times = interleaved(calls, ROUNDS)
        row = f"{n:5} {np.median(times[:, 0]):9.1f} {np.median(times[:, 1]):9.1f}"
        if Peer is None:
            print(row, "reservoirpy is absent")
            continue
        ratios = np.median(times[:, 2:] / times[:, :2], axis=0)
        difference = np.abs(calls[0]() - calls[2]()).max()
        print(f"{row} {np.median(times[:, 2]):9.1f} {ratios[0]:7.2f} {ratios[1]:7.2f} {difference:11.1e}", flush=True)


def compare_products():
    """The crossover that engine/reservoir/_layout.py keeps as DENSE_FROM."""
    densities = (0.1, 0.2, 0.3, 0.4, 0.6)
    print(f"\ntime with the sparse layout over time with the dense product; the engine changes at {_layout.DENSE_FROM}")
    print(f"{'N':>5} " + " ".join(f"{density:7.0%}" for density in densities))
    chosen = _layout.DENSE_FROM
    for n in (50, *SIZES):
        ratios = []
        for density in densities:
            x, given = problem(n, density)
            x = x[: max(20, min(N_STEPS, 200_000_000 // n**2))]
            times = []
            for _ in range(4):
                for share in (2.0, 0.0):
                    _layout.DENSE_FROM = share
                    times.append(milliseconds(lambda x=x, given=given: reservoir.run(x, given)))
            # the first pair warms up; the fastest is what the others do not disturb
            ratios.append(min(times[2::2]) / min(times[3::2]))
        print(f"{n:5} " + " ".join(f"{ratio:7.2f}" for ratio in ratios), flush=True)
    _layout.DENSE_FROM = chosen


def peer_set_up(n, seed):
    made = Peer(n, sr=0.9, rc_connectivity=DENSITY, seed=seed)
    made.initialize(np.zeros((1, 1)))
    return made.W


def compare_set_up():
    """Drawing a reservoir and giving it a spectral radius of 0.9; the last column is what the peer's W really has."""
    print(f"\nset-up, {DENSITY:.0%} density: medians of {SET_UPS} seeds in ms, and of the ratios")
    print(f"{'N':>5} {'sparse W':>9} {'dense W':>9} {'peer':>9} {'ratio':>7} {'dense':>7}   peer's spectral radius")
    for n in SIZES:
        times, drawn = [], []
        for seed in range(SET_UPS + 1):
            calls = [
                lambda sparse=sparse, n=n, seed=seed: reservoir.make(
                    n, spectral_radius=0.9, density=DENSITY, rng=np.random.default_rng(seed), sparse=sparse
                )
                for sparse in (True, False)
            ]
            if Peer is not None:
                calls.append(lambda n=n, seed=seed, drawn=drawn: drawn.append(peer_set_up(n, seed)))
            times.append([milliseconds(call) for call in calls])
        # the first seed warms up
        times = np.array(times[1:])
        row = f"{n:5} {np.median(times[:, 0]):9.1f} {np.median(times[:, 1]):9.1f}"
        if Peer is None:
            print(row, "reservoirpy is absent")
            continue
        ratios = np.median(times[:, 2:] / times[:, :2], axis=0)
        radii = [reservoir.spectral_radius(W) for W in drawn]
        print(
            f"{row} {np.median(times[:, 2]):9.1f} {ratios[0]:7.2f} {ratios[1]:7.2f}   "
            f"{min(radii):.4f} to {max(radii):.4f}",
            flush=True,
        )


if __name__ == "__main__":
    compare_states()
    compare_products()
    compare_set_up()
