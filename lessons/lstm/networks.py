"""The networks that come with the LSTM page, set by hand or trained beforehand."""

from functools import lru_cache

import numpy as np

from engine import deep, hand_set, network, trained

HAND_SET = {"latch": "latch", "marked sum": "marked sum", "count ab": "aⁿbⁿ", "parity": "parity"}  # engine's names
TRAINED = ["recall 50", "recall 200", "adding", "characters"]


@lru_cache(maxsize=16)
def shipped(name: str) -> network.Network:
    """A hand-set or trained network; shared by all sessions, so never written to."""
    return hand_set.make(HAND_SET[name]).network if name in HAND_SET else trained.load(name)


def described(net: network.Network) -> str:
    """Kind and sizes for a reader: "an LSTM with 2 layers of 3 units, 2 inputs, 1 output and 148 numbers"."""
    cells = [cell for layer in net.layers for _, cell in deep.cells(layer, "")]
    sizes = list(dict.fromkeys(cell.params.W.shape[1] for cell in cells))
    units = f"{' and '.join(map(str, sizes))} unit{'s' * (sizes != [1])}"
    layers = units if len(net.layers) == 1 else f"{len(net.layers)} layers of {units}"
    count = sum(array.size for cell in cells for array in cell.params if array is not None)
    n_inputs, outputs = cells[0].params.U.shape[1], "no readout"
    if has_readout(net):
        outputs = f"{len(net.V)} output{'s' * (len(net.V) > 1)}"
        count += net.V.size + net.b_out.size
    return f"{_kind(net, cells)} with {layers}, {n_inputs} input{'s' * (n_inputs > 1)}, {outputs} and {count} numbers"


def has_readout(net: network.Network) -> bool:
    """Whether outputs are anything else than the states, as they are where a file holds no readout."""
    return not np.array_equal(net.V, np.eye(*net.V.shape)) or bool(net.b_out.any())


def _kind(net: network.Network, cells: list[deep.Layer]) -> str:
    name = " and ".join(dict.fromkeys(cell.kind.upper() for cell in cells))
    peepholes = " with peepholes" if any(getattr(cell.params, "P", None) is not None for cell in cells) else ""
    if any(isinstance(layer, deep.Bidirectional) for layer in net.layers):
        return f"a bidirectional {name}{peepholes}"
    return f"a{'n' * (name[0] in 'LR')} {name}{peepholes}"
