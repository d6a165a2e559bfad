"""What the LSTM page says of the networks in training: how far they are, and what to change if they learn nothing."""

import numpy as np

from app.parts.numbers import plain
from lessons.lstm.parameters import LstmParameters
from lessons.lstm.phrases import per_cent
from lessons.lstm.training import NAMES, WINDOW, Snapshot

GUESSING = 0.65  # share of right answers: of 320 in a window, chance alone hardly ever gives as many
PATIENCE = 200  # updates after which it is worth saying that nothing has been learned


def sentence(m: LstmParameters, shown: Snapshot) -> str:
    if not shown.n_done:
        return (
            f"LSTM, GRU and RNN have their initial weights. Start, and each learns to say at the end which bit was "
            f"marked {m.lag} steps before. Guessing has a loss of 1."
        )
    said = ", ".join(_network(shown, kind) for kind in NAMES)
    means = f"means of the last {WINDOW}" if shown.n_done > WINDOW else "means of all"
    return f"After {shown.n_done} of {m.n_updates} updates at lag {m.lag} ({means}): {said}.{_advice(m, shown)}"


def _network(shown: Snapshot, kind: str) -> str:
    name, history = NAMES[kind], shown.histories[kind]
    if kind in shown.diverged:
        return f"{name} diverged at update {shown.diverged[kind]}"
    loss, _, right = history.recent()
    return f"{name} loss {plain(loss, 3)}, {per_cent(right)} right"


def all_guess(shown: Snapshot) -> bool:
    """Whether all networks have had their time and none is better than guessing."""
    going = [kind for kind in NAMES if kind not in shown.diverged]
    return shown.n_done >= PATIENCE and bool(going) and all(
        shown.histories[kind].recent()[2] < GUESSING for kind in going
    )  # fmt: skip


def _advice(m: LstmParameters, shown: Snapshot) -> str:
    """What to change where all of them still guess."""
    if not all_guess(shown):
        return ""
    every = "All of them" if not shown.diverged else "The others"
    # C. Tallec, Y. Ollivier, "Can recurrent neural networks warp time?", ICLR 2018: a memory about as long as the lag
    open_gate = float(np.round(np.log(m.lag), 1))
    bias = f"open the forget gates with a forget bias of about {open_gate:g} (now {m.forget_bias:g}), or "
    bias = bias if m.forget_bias < open_gate - 0.3 else ""
    return f" {every} still guess: {bias}try more updates or another η."
