"""Stylesheet and browser modules of the shell, and the list by which Panel's own component route finds them."""

from typing import ClassVar


class Assets:
    """Panel serves exactly the files listed here, at components/app.static/Assets/<attribute>/<file>."""

    _css: ClassVar[list[str]] = ["shell.css"]
    _js: ClassVar[list[str]] = [
        f"{name}.js"
        for name in (
            *(
                "bokeh",
                "cards",
                "contract",
                "controls",
                "dom",
                "figures",
                "files",
                "keys",
                "live",
                "mathematics",
                "page",
            ),
            *("panels", "prediction", "reach", "shell", "strips", "style", "tasks", "voice", "wire"),
        )
    ]
