"""Stylesheet and browser modules of the shell, and the list by which Panel's own component route finds them."""

from typing import ClassVar


class Assets:
    """Panel serves exactly the files listed here, at components/app.static/Assets/<attribute>/<file>."""

    _css: ClassVar[list[str]] = [
        f"{name}.css"
        for name in ("shell", "diagram", "cards", "tasks", "present", "phone", "touch")  # a later one may overrule
    ]
    _js: ClassVar[list[str]] = [
        f"{name}.js"
        for name in (
            *(
                "bokeh",
                "cards",
                "contract",
                "differences",
                "controls",
                "dom",
                "figures",
                "files",
                "hall",
                "history",
                "keys",
                "links",
                "live",
                "mathematics",
                "page",
            ),
            *("panels", "pins", "player", "prediction", "quiz", "reach", "resume", "reveal", "share", "shell"),
            *("strips", "style", "tasks", "uploads", "voice", "wire"),
            *("bar", "fit", "measure", "screen", "stage"),  # presenter mode
        )
    ]
