"""What a reader takes home: the plotted traces as CSV, and a short script that computes them again."""

import io

import numpy as np

from app.shell.model import PageModel

HEADER = '''"""{title}: the plotted traces, computed again with the engine of Unrolled.

Run it from the project's folder, or anywhere after `pip install -e .` there. It writes {stem}.csv.
"""
'''

FOOTER = """
# Write the same columns as the page's CSV, with every digit kept.
columns = [np.asarray(column, dtype=float) for column in table.values()]
with open("{stem}.csv", "w") as file:
    print(",".join(table), file=file)
    for row in zip(*columns):
        print(",".join(repr(float(value)) for value in row), file=file)
"""


def csv(model: PageModel) -> str:
    """The model's table with a header line; floats are written so that reading them back gives the same bits."""
    table = model.table()
    text = io.StringIO()
    print(",".join(table), file=text)
    for row in zip(*(np.asarray(column, dtype=float) for column in table.values()), strict=True):
        print(",".join(repr(float(value)) for value in row), file=text)
    return text.getvalue()


def script(model: PageModel, title: str) -> str:
    """A complete Python script around the model's own lines."""
    return HEADER.format(title=title, stem=model.stem) + model.script().strip() + "\n" + FOOTER.format(stem=model.stem)


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
