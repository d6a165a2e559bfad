"""Stylesheet and browser modules of the shell, and the list by which Panel's own component route finds them."""

from typing import ClassVar


class Assets:
    """Panel serves exactly the files listed here, at components/app.static/Assets/<attribute>/<file>."""

    _css: ClassVar[list[str]] = [
        f"{name}.css"
        for name in ("shell", "diagram", "cards", "present", "phone", "touch")  # a later one may overrule
    ]
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
                "history",
                "keys",
                "live",
                "mathematics",
                "page",
            ),
            *("panels", "prediction", "reach", "shell", "strips", "style", "tasks", "voice", "wire"),
        )
    ]
