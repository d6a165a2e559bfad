"""Train the networks of `engine.trained` anew and write their files: `python -m engine.trained [name ...]`."""

import sys
import time
from pathlib import Path

import numpy as np

from engine import weights
from engine.trained import NAMES, path, recipes

# so that a test can see in a second whether a recipe still leads to its file
FIRST_LOSSES = Path(__file__).with_name("first_losses.npz")
N_FIRST = 20


def main(names):
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        sys.exit(f"unknown network {unknown[0]!r}: choose from {', '.join(NAMES)}, or give none for all")
    kept = dict(np.load(FIRST_LOSSES)) if FIRST_LOSSES.exists() else {}
    for name in names or NAMES:
        start = time.perf_counter()
        result = recipes.train(recipes.RECIPES[name])
        weights.save(path(name), result.network)
        kept[name] = result.losses[:N_FIRST]
        np.savez(FIRST_LOSSES, **kept)
        seconds = time.perf_counter() - start
        n_updates, last = len(result.losses), result.losses[-50:].mean()
        print(f"{name}: {n_updates} updates in {seconds:.0f} s, mean loss of the last 50: {last:.2g}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
