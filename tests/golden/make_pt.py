"""Make torch_files/: what torch.save writes, and what PyTorch computes with it. Needs torch; no test runs this.

    pip install torch==2.13.0
    python tests/golden/make_pt.py

expected.npz has for each file that can be read "file/x" (T, m) and "file/y" (T, k), in double precision. One more file
is of the format before PyTorch 1.6.
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn

FOLDER = Path(__file__).parent / "torch_files"
EXPECTED: dict[str, np.ndarray] = {}


class Net(nn.Module):
    def __init__(self, kind, m, n, k, **options):
        super().__init__()
        self.rnn, self.head = kind(m, n, batch_first=True, **options), nn.Linear(n * (1 + self.both(options)), k)

    @staticmethod
    def both(options):
        return options.get("bidirectional", False)

    def forward(self, x):
        return self.head(self.rnn(x)[0])


def keep(name, net, saved, **options):
    """Save what stands for the network, and what it computes."""
    torch.save(saved, FOLDER / f"{name}.pt", **options)
    m = net.rnn.input_size
    x = torch.randn(5, m, dtype=torch.float64)
    net = net.double()
    EXPECTED.update({f"{name}/x": x.numpy(), f"{name}/y": net(x[None])[0].detach().numpy()})


def main():
    torch.manual_seed(1)
    FOLDER.mkdir(exist_ok=True)
    lstm = Net(nn.LSTM, 2, 3, 1)
    keep("lstm", lstm, lstm.state_dict())
    gru = Net(nn.GRU, 1, 2, 1, bidirectional=True)
    keep("gru_bidirectional", gru, gru.state_dict(), pickle_protocol=4)
    parameters = Net(nn.RNN, 1, 2, 1)
    keep("parameters", parameters, dict(parameters.named_parameters()))
    half = Net(nn.LSTM, 2, 2, 1).to(torch.bfloat16)
    state = half.state_dict()
    state["rnn.weight_ih_l0"] = state["rnn.weight_ih_l0"].t().contiguous().t()  # same numbers, column by column
    keep("bfloat16_views", half, state)
    small = Net(nn.RNN, 1, 1, 1).state_dict()
    torch.save(small, FOLDER / "before_1_6.pt", _use_new_zipfile_serialization=False)
    np.savez_compressed(FOLDER / "expected.npz", **EXPECTED)


if __name__ == "__main__":
    main()
