"""Trains the three networks of the preset “Train with forget bias 0” with twenty seeds, and writes what they got right.

Takes some minutes: python -m tests.lessons.lstm.record > tests/lessons/lstm/recall_closed.json
"""

import json
import sys

import numpy as np

from app.shell import lessons
from engine.training import KINDS, recall_trainer

LAST = 100  # updates that the share of right answers is taken over


def main() -> None:
    preset = lessons.load("lstm").preset_values["training-closed"]
    settings = {name: preset[name] for name in ("lag", "learning_rate", "forget_bias", "n_updates")}
    given = {name: value for name, value in settings.items() if name != "n_updates"}
    right: dict[str, dict[str, float]] = {}
    for seed in range(1, 21):
        right[str(seed)] = {}
        for kind in KINDS:
            trainer = recall_trainer(kind, n_units=8, clip=1.0, seed=seed, **given)
            shares = [trainer.step().accuracy for _ in range(int(settings["n_updates"]))]
            right[str(seed)][kind] = round(float(np.mean(shares[-LAST:])), 5)
        print(f"seed {seed}: {right[str(seed)]}", file=sys.stderr)
    print(json.dumps({"settings": settings, "right": right}, indent=1))


if __name__ == "__main__":
    main()
