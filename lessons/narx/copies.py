"""The unfolded network: one copy for each step, and an arc for every delay with which an output comes back (E12.8)."""

from app.parts.diagram import Diagram
from app.parts.numbers import short
from engine import narx_loop
from lessons.narx.parameters import NarxParameters
from lessons.narx.results import Unfolded

WIDTH, HEIGHT = 640, 206
ROW, LEFT, RIGHT = 130, 66, 612
SPARE = 58, 36, 16, 0  # of the height, by the number of delays: arcs that are not there need no room
MOST_NAMED = 8  # beyond so many copies their values would run into each other
MOST_CIRCLES = 11  # with the outputs before the first copy; beyond it these are left out


def _first(n_steps: int, delays: int) -> int:
    """The first step that is drawn: down from 0 stand outputs before the first copy."""
    return 1 - delays if n_steps + delays <= MOST_CIRCLES else 1


def draw(n_steps: int, delays: int) -> Diagram:
    """Copies from left to right; delays of more than one step are arcs above them."""
    many, spare = "" if delays == 1 else f" to {delays}", SPARE[delays - 1]
    d = Diagram(
        WIDTH,
        HEIGHT - spare,
        f"The network unfolded into {n_steps} copies from left to right. The output of each copy is fed to the copies "
        f"1{many} steps later; arcs are the longer delays.",
    )
    row = ROW - spare
    first = _first(n_steps, delays)
    spacing = (RIGHT - LEFT) / (n_steps - first)
    radius = min(20.0, spacing / 2 - 9)
    place = {t: LEFT + (t - first) * spacing for t in range(first, n_steps + 1)}
    for start, end, delay in narx_loop.edges(n_steps, range(1, delays + 1)).tolist():
        if start >= first:
            _edge(d, (place[start], place[end]), row, delay, radius, f"edge{start}.{end}")
    for t, x in place.items():
        if t < 1:  # what must be known before the first copy
            d.unit("", x, row, "target", label=str(t).replace("-", "−"), radius=0.75 * radius, value="")
            continue
        d.arrow((x, row + 44), (x, row + radius + 2), role="input", name=f"in{t}")
        d.unit(f"copy{t}", x, row, label=str(t), radius=radius, value="")
        if n_steps <= MOST_NAMED:
            d.label(x, row + 62, "", "value state", live=f"y{t}")
    d.label(8, 18, "", "note", live="ways", anchor="start")
    d.label(WIDTH - 6, 18, "", "value gradient", live="back", anchor="end")
    return d


def _edge(d: Diagram, ends: tuple[float, float], row: float, delay: int, radius: float, name: str) -> None:
    """Straight to the next copy, else an arc that leaves and enters from above."""
    start, end = ends
    if delay == 1:
        d.arrow((start + radius, row), (end - radius - 1, row), name=name)
        return
    height, lean = row - radius - (30, 55, 78)[delay - 2], radius * 0.5
    path = f"M{start + lean:.1f},{row - radius:.1f}C{start + lean:.1f},{height:.1f} {end - lean:.1f},{height:.1f} "
    path += f"{end - lean:.1f},{row - radius - 1:.1f}"
    d.parts.append(f'<path class="edge muted" d="{path}" marker-end=url(#head) data-on="{name}" />')


def live(m: NarxParameters, r: Unfolded, t: int) -> dict[str, dict]:
    """What copy t hears is lit; every copy is filled by the size of its output."""
    n, delays = r.x.size, r.through.shape[1]
    largest = max(1.0, float(abs(r.y).max()))
    on = {f"edge{end - j}.{end}": end == t and not r.opened for end in range(1, n + 1) for j in range(1, delays + 1)
          if end - j >= _first(n, delays)}  # fmt: skip
    on |= {f"in{end}": end == t for end in range(1, n + 1)}
    hidden = m.hides(t)
    text = {} if n > MOST_NAMED else {f"y{k + 1}": short(value) for k, value in enumerate(r.y)}
    ways = "no way" if r.opened and t > 1 else f"{r.ways[t - 1]} way{'' if r.ways[t - 1] == 1 else 's'}"
    text |= {
        "ways": f"from copy 1 to copy {t}: {ways}",
        "back": "" if m.concealed else f"∂y({n})/∂y({t}) = {short(r.back[t - 1])}",
    }
    level = {} if hidden else {f"copy{k + 1}": float(abs(value) / largest) for k, value in enumerate(r.y)}
    return {"text": text, "level": {name: round(value, 4) for name, value in level.items()}, "on": on}
