"""What a reader takes home: the plotted traces as CSV, and a short script that computes and draws them again.

The script needs NumPy, and Matplotlib for its figure. It needs nothing of this project: the mathematics stands in it.
"""

import base64
import io
import re
import textwrap
from itertools import pairwise

import numpy as np

from app.shell import source
from app.shell.model import PageModel

WRITE = """
# The same columns as the page's CSV, with every digit kept.
with open("STEM.csv", "w") as file:
    print(",".join(table), file=file)
    for row in zip(*table.values()):
        print(",".join(repr(float(value)) for value in row), file=file)
"""

DRAW = """
# One small plot for each column, all on one time axis.
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("For the figure: pip install matplotlib")
else:
    (_, time), *columns = table.items()
    figure, axes = plt.subplots(len(columns), sharex=True, squeeze=False, figsize=(8, 1 + 1.1 * len(columns)))
    for axis, (name, values) in zip(axes[:, 0], columns):
        axis.plot(time, values, ".-", color="black", linewidth=1, markersize=4)
        axis.set_ylabel(name, rotation=0, horizontalalignment="right")
    axis.set_xlabel("t (steps)")
    figure.savefig("STEM.png", dpi=200, bbox_inches="tight")
    plt.show()
"""


def csv(model: PageModel) -> str:
    """The model's table with a header line; floats are written so that reading them back gives the same bits."""
    table = model.table()
    text = io.StringIO()
    print(",".join(table), file=text)
    for row in zip(*(np.asarray(column, dtype=float) for column in table.values()), strict=True):
        print(",".join(repr(float(value)) for value in row), file=text)
    return text.getvalue()


def about(model: PageModel, title: str, address: str) -> list[str]:
    """What the script says about itself, line by line. address: page and query of the present state."""
    return [
        f"{title}: the plotted traces, computed and drawn again.",
        f"Settings: {address}",
        f"From Unrolled {source.version()}, BSD-3-Clause licence. Needs: pip install numpy matplotlib",
        f"Writes {model.stem}.csv with the page's columns, and {model.stem}.png.",
    ]


def script(model: PageModel, title: str, address: str) -> str:
    """A complete Python script around the model's own lines. Arguments as for `about`."""
    first, *rest = about(model, title, address)
    return "\n".join([f'"""{first}', "", *rest, '"""', "", code(model)])


def code(model: PageModel) -> str:
    """The script without what it says about itself: compute, write, draw."""
    return lines(model) + (WRITE + DRAW).replace("STEM", model.stem)


def lines(model: PageModel) -> str:
    """The model's own lines after the imports that they need. They leave `table`."""
    own = model.script().strip()
    imports = [f"import {name}\n" for name in ("base64", "math", "random") if re.search(rf"(?<![\w.]){name}\.", own)]
    return "".join([*imports, "\n" if imports else "", f"import numpy as np\n\n{own}\n"])


def literal(values) -> str:
    """A sequence as Python source, with runs of equal values written as repeats."""
    values = [float(value) for value in values]
    parts, start = [], 0
    for i in range(1, len(values) + 1):
        if i == len(values) or values[i] != values[start]:
            number = f"{values[start]!r}"
            parts.append(f"[{number}] * {i - start}" if i - start > 3 else f"[{', '.join([number] * (i - start))}]")
            start = i
    return " + ".join(parts).replace("] + [", ", ") if all("*" not in part for part in parts) else " + ".join(parts)


WRITTEN = 24  # numbers of an array that stand in a script as such; more are packed
PACKED = "# many numbers: float64 in base64, every digit kept"


def array(values) -> str:
    """An array of any shape as Python source that gives the same bits: as numbers, or packed where they are many."""
    values = np.asarray(values, dtype="<f8")
    if values.size <= WRITTEN or (values.size <= 2 * WRITTEN and (values % 1 == 0).all()):
        return f"np.array({values.tolist()})"
    packed = base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")
    shape = f".reshape{values.shape}" if values.ndim > 1 else ""
    return f'np.frombuffer(base64.b64decode("{packed}"), "<f8"){shape}'


def wrapped(line: str) -> str:
    """A line of Python with an open bracket, broken at spaces where it is long."""
    indent = " " * (line.index("(") + 1)
    return textwrap.fill(line, 110, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def joined(blocks) -> str:
    """Blocks of Python lines with one empty line between them, and two around functions."""
    blocks = [block.strip("\n") for block in blocks]
    text = blocks[0]
    for before, block in pairwise(blocks):
        text += ("\n\n\n" if "def " in (before[:4], block[:4]) else "\n\n") + block
    return text + "\n"
