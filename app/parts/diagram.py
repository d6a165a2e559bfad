"""Network diagrams as SVG: drawn once, then brought to life by a small dictionary of live values.

Live values by kind, each keyed by the name given when the part was drawn:
`text` replaces a label, `level` (0…1) fills a unit, `open` (0…1) raises a gate's plate, `on` lights or shows a part,
and `transform` moves and scales a part (`data-transform=name`; a CSS transform).
"""

from html import escape

from app.parts.numbers import css


class Diagram:
    """Collects shapes in drawing order; `svg()` is the finished picture, scaled to the width it gets."""

    def __init__(self, width: int, height: int, description: str):
        self.width, self.height, self.description = width, height, description
        self.parts: list[str] = []

    def unit(
        self,
        name: str,
        x: float,
        y: float,
        role: str = "state",
        *,
        label: str = "",
        radius: float = 22,
        value: str = "below",
    ) -> None:
        """A round unit; with a `name` it fills with its activation and shows its value `below`, `above` or nowhere.

        value: where, "" for nowhere.
        """
        offset = {"below": radius + 18, "above": -radius - 8}.get(value)
        live = "" if offset is None else self._text(x, y + offset, "", f"value {css(role)}", live=f"{name}.value")
        fill = f'<circle class=unit-fill cx={x} cy={y} r={radius} data-level="{name}" />' if name else ""
        self.parts.append(
            f'<g class="unit {css(role)}"><circle class=unit-back cx={x} cy={y} r={radius} />'
            f"{fill}<circle class=unit-ring cx={x} cy={y} r={radius} />"
            f"{self._text(x, y + 5, label, 'unit-label', live=name and f'{name}.label')}</g>{live}"
        )

    def valve(self, name: str, x: float, y: float, role: str, *, width: int = 20, height: int = 36) -> None:
        """A gate as a sluice across the line: shut, a grey plate fills it; as it opens, the coloured passage grows."""
        left, top = x - width / 2, y - height / 2
        inside = f"x={left + 2:g} y={top + 2:g} width={width - 4} height={height - 4}"
        self.parts.append(
            f'<g class="valve {css(role)}"><rect x={left:g} y={top:g} width={width} height={height} rx=3 />'
            f'<rect class=plate {inside} /><rect class=passage {inside} data-open="{name}" /></g>'
        )

    def gate(self, name: str, x: float, y: float, role: str, *, label: str) -> None:
        """A large valve with its name above and a note below."""
        self.valve(name, x, y, role, width=28, height=48)
        self._push(self._text(x, y - 33, label, f"gate-label {css(role)}", live=f"{name}.label"))
        self._push(self._text(x, y + 42, "", "note", live=f"{name}.note"))

    def operator(self, x: float, y: float, sign: str = "+", *, radius: float = 20) -> None:
        """A sum or product node."""
        self.parts.append(
            f"<g class=operator><circle cx={x} cy={y} r={radius} />{self._text(x, y + 7, sign, 'sign')}</g>"
        )

    def delay(self, x: float, y: float) -> None:
        """A one-step delay z⁻¹."""
        self.parts.append(
            f"<g class=delay><rect x={x - 19} y={y - 12} width=38 height=24 rx=4 />"
            f"{self._text(x, y + 5, 'z⁻¹', 'delay-label')}</g>"
        )

    def arrow(self, *points: tuple[float, float], role: str = "muted", head: bool = True, name: str = "") -> None:
        """A line through `points`, with an arrow head at its end; with a `name` it can be lit through `on`."""
        path = "M" + "L".join(f"{x},{y}" for x, y in points)
        shown = f' data-on="{name}"' if name else ""
        marker = " marker-end=url(#head)" if head else ""
        self.parts.append(f'<path class="edge {css(role)}" d="{path}"{marker}{shown} />')

    def label(
        self, x: float, y: float, text: str = "", kind: str = "note", *, live: str = "", anchor: str = "middle"
    ) -> None:
        """A piece of text; with `live` its content follows the cursor."""
        self._push(self._text(x, y, text, kind, live=live, anchor=anchor))

    def box(self, name: str, x: float, y: float, width: float, height: float, label: str, kind: str = "box") -> None:
        """A rounded box; with a `name` it can be lit."""
        lit = f' data-on="{name}"' if name else ""
        self.parts.append(
            f'<g class="{kind}"{lit}><rect x={x} y={y} width={width} height={height} rx=10 />'
            f"{self._text(x + width / 2, y + height / 2 + 5, label, 'box-label')}</g>"
        )

    def svg(self) -> str:
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" role=img aria-label="{escape(self.description)}">'
            '<defs><marker id=head viewBox="0 0 10 10" refX=9 refY=5 markerWidth=7 markerHeight=7 '
            "orient=auto-start-reverse>"
            f'<path d="M0,0L10,5L0,10z" class=arrow-head /></marker></defs>{"".join(self.parts)}</svg>'
        )

    def _push(self, text: str) -> None:
        self.parts.append(text)

    @staticmethod
    def _text(x: float, y: float, text: str, kind: str, *, live: str = "", anchor: str = "middle") -> str:
        attribute = f' data-text="{live}"' if live else ""
        return f'<text x={x:g} y={y:g} class="{kind}" text-anchor={anchor}{attribute}>{escape(text)}</text>'
