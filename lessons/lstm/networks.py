"""The networks that come with the LSTM page, set by hand or trained beforehand."""

from functools import lru_cache

from engine import hand_set, network, trained

HAND_SET = {"latch": "latch", "marked sum": "marked sum", "count ab": "aⁿbⁿ", "parity": "parity"}  # engine's names
TRAINED = ["recall 50", "recall 200", "adding", "characters"]


@lru_cache(maxsize=16)
def shipped(name: str) -> network.Network:
    """A hand-set or trained network; shared by all sessions, so never written to."""
    return hand_set.make(HAND_SET[name]).network if name in HAND_SET else trained.load(name)
