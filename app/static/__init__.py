"""Stylesheet and browser modules of the shell, and the list by which Panel's own component route finds them."""

from typing import ClassVar


class Assets:
    """Panel serves exactly the files listed here, at components/app.static/Assets/<attribute>/<file>."""

    _css: ClassVar[list[str]] = [
        f"{name}.css"
        # a later one may overrule
        for name in ("shell", "diagram", "cards", "tasks", "present", "phone", "touch", "only", "print")
    ]
    _js: ClassVar[list[str]] = [
        f"{name}.js"
        for name in (
            *(
                "bokeh",
                "cards",
                "compose",
                "contract",
                "differences",
                "controls",
                "dom",
                "drawn",
                "embed",
                "exports",
                "figures",
                "files",
                "guess",
                "hall",
                "handout",
                "history",
                "keys",
                "links",
                "live",
                "mathematics",
                "page",
            ),
            *("only", "panels", "parts", "pins", "player", "prediction", "quiz", "reach", "resume", "reveal", "share"),
            *("shell", "strips", "style", "tasks", "uploads", "voice", "wire", "zip"),
            *("bar", "fit", "measure", "screen", "stage"),  # presenter mode
        )
    ]
