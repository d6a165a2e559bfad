"""How exact spectral_radius is, and how long it takes, against all eigenvalues by LAPACK.

python tests/bench/spectral_radius.py [seeds per case, 20 unless given] [largest size, 2000 unless given]

One thread. For each size, density and topology: the largest relative error over all seeds, which rotate through the
kinds of weights, and the median times. The last line says whether every error is below 1e-8. Rings have no density and
are checked against |product of weights|^(1/n), since LAPACK is not that exact on them. All of it takes half an hour.
"""

import os
import sys
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np  # noqa: E402

from engine.reservoir import connections, spectrum  # noqa: E402

SIZES = (10, 50, 100, 300, 1000, 2000)
DENSITIES = (0.02, 0.1, 0.3, 1.0)
ALLOWED = 1e-8


def matrix(n_units, density, topology, seed):
    """Weights as they were before scaling do not matter: the error is relative, and so is this factor."""
    weights = connections.WEIGHTS[seed % 3]
    rng = np.random.default_rng([n_units, round(100 * density), seed])
    return (
        rng.uniform(0.1, 10) * connections.draw(n_units, density=density, topology=topology, weights=weights, rng=rng).W
    )


def expected(W, topology):
    if topology == "ring":
        return np.exp(np.log(np.abs(W[W != 0])).mean())
    return np.abs(np.linalg.eigvals(W)).max()


def timed(function, *arguments):
    start = time.perf_counter()
    result = function(*arguments)
    return result, 1000 * (time.perf_counter() - start)


def check(n_units, density, topology, n_seeds):
    """The largest error of the case, and its line in the table."""
    rows = []
    for seed in range(n_seeds):
        W = matrix(n_units, density, topology, seed)
        right, lapack_time = timed(expected, W, topology)
        found, own_time = timed(spectrum.spectral_radius, W)
        # no loop: LAPACK's noise is far below any weight, and 0 is right
        error = abs(found / right - 1) if found > 0 else float(right > 1e-3)
        rows.append((error, own_time, lapack_time))
    errors, own_times, lapack_times = np.array(rows).T
    print(
        f"{n_units:5d} {topology:16s} {100 * density:4.0f} %   error {errors.max():7.1e}   "
        f"{np.median(own_times):7.1f} ms   LAPACK {np.median(lapack_times):7.1f} ms",
        flush=True,
    )
    return errors.max()


if __name__ == "__main__":
    n_seeds, largest = (int(given) for given in (sys.argv[1:] + ["20", "2000"][len(sys.argv) - 1 :]))
    worst = 0.0
    for n_units in (size for size in SIZES if size <= largest):
        cases = [("random", density) for density in DENSITIES]
        cases += [("fixed in-degree", 0.1), ("small world", 0.1), ("ring", 1.0)]
        worst = max([worst, *(check(n_units, density, topology, n_seeds) for topology, density in cases)])
    print(f"largest error {worst:.1e}: {'all' if worst < ALLOWED else 'NOT all'} right to {ALLOWED:g}")
