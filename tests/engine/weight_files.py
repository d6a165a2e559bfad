"""Weights files for the tests: as PyTorch and NumPy write them, and a check of how one is refused."""

import io

import numpy as np
import pytest
import safetensors.numpy

from engine import gru, lstm, rnn, weights
from engine.deep import Layer
from engine.weights import WeightsError
from tests.engine.torch_files import as_pt
from tests.memory import most_bytes

BLOCKS = {"rnn": 1, "gru": 3, "lstm": 4}


def state_dict(kind="lstm", n=2, m=3, layers=1, both=False, readout=None, prefix="", seed=0):
    """The keys and shapes of PyTorch's nn.RNN, nn.GRU or nn.LSTM, and of nn.Linear with `readout` outputs."""
    rng = np.random.default_rng(seed)
    rows, arrays, width = BLOCKS[kind] * n, {}, m
    for number in range(layers):
        for end in (f"l{number}", f"l{number}_reverse")[: 1 + both]:
            arrays[f"{prefix}weight_ih_{end}"] = rng.normal(size=(rows, width))
            arrays[f"{prefix}weight_hh_{end}"] = rng.normal(size=(rows, n))
            arrays[f"{prefix}bias_ih_{end}"] = rng.normal(size=rows)
            arrays[f"{prefix}bias_hh_{end}"] = rng.normal(size=rows)
        width = n * (1 + both)
    if readout:
        arrays |= {"head.weight": rng.normal(size=(readout, width)), "head.bias": rng.normal(size=readout)}
    return arrays


def as_npz(arrays, **options):
    file = io.BytesIO()
    (np.savez_compressed if options.pop("compressed", False) else np.savez)(file, **arrays, **options)
    return file.getvalue()


def as_npy(values, **options):
    file = io.BytesIO()
    np.save(file, values, **options)
    return file.getvalue()


FORMATS = {
    "safetensors": safetensors.numpy.save,
    "pt": as_pt,
    "npz": as_npz,
    "compressed npz": lambda arrays: as_npz(arrays, compressed=True),
}


def own_cell(kind, n, m, rng, option=None, bias_blocks=None, peepholes=False):
    rows = BLOCKS[kind] * n
    values = [
        rng.normal(size=(rows, m)),
        rng.normal(size=(rows, n)),
        rng.normal(size=(bias_blocks or BLOCKS[kind]) * n),
    ]
    values += [rng.normal(size=(3, n))] if peepholes else []
    params = {"rnn": rnn.RnnParams, "gru": gru.GruParams, "lstm": lstm.LstmParams}[kind](*values)
    return Layer(kind, params, option or {})


class Counting(io.BytesIO):
    """Says how much of it was read."""

    n_read = 0

    def read(self, size=-1):
        data = super().read(size)
        self.n_read += len(data)
        return data


def assert_refused(content, message, largest=weights.MAX_BYTES):
    """One sentence, and without more memory than a few times the limit."""
    file = Counting(content)

    def refused():
        with pytest.raises(WeightsError, match=message) as caught:
            weights.load(file, largest=largest)
        refusals.append(caught.value)

    refusals = []
    peak = most_bytes(refused)
    (refusal,) = refusals
    sentence = str(refusal)
    assert sentence[0] in "'" or sentence[0].isupper(), sentence
    assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 250, sentence
    assert refusal.__cause__ is None and isinstance(refusal, ValueError)
    assert file.n_read <= largest + 1
    assert peak < 4 * weights.MAX_BYTES
