"""The script as a Jupyter notebook (nbformat 4): its words as Markdown, its code in cells."""

import json
import re

from app.shell import export
from app.shell.model import PageModel

LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def notebook(model: PageModel, title: str, address: str) -> str:
    """The JSON of a notebook with the code of `export.script`; arguments as there."""
    first, *rest = (re.sub(r"([*_`])", r"\\\1", line) for line in export.about(model, title, address))
    cells = [_cell(0, "markdown", "\n\n".join([f"# {first}", *rest]))]
    cells += [_cell(i, "code", text) for i, text in enumerate(paragraphs(export.code(model)), 1)]
    metadata = {"kernelspec": KERNEL, "language_info": LANGUAGE}
    content = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def paragraphs(code: str) -> list[str]:
    """The code in parts: one begins wherever a comment stands at the margin after an empty line."""
    return [part.strip("\n") for part in re.split(r"\n\n+(?=# )", code.strip("\n"))]


def _cell(number: int, kind: str, text: str) -> dict[str, object]:
    cell: dict[str, object] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell | {"source": text.splitlines(keepends=True)}
