"""How long a result takes, and what became of settings that could not be taken as they are."""

from app.parts.numbers import plain, steps
from lessons.esn.drawn import ALL_EIGENVALUES, MOST_EIGENVALUES, SPARSE_FROM, Drawn
from lessons.esn.limits import LARGE
from lessons.esn.results import Result
from lessons.esn.settings import Settings

HEAVY = 70.0  # milliseconds
OPENING = 400.0  # the same for a page that opens: a short wait is better than a picture of something else
QUICK_UNITS, QUICK_STEPS, QUICK_DELAY = 50, 150, 5
MEMORY_STEPS = 4200  # of memory capacity's own input


def is_heavy(settings: Settings, drawn: Drawn, *, opening: bool = False) -> bool:
    """Whether a slider's move, or a page that opens, should not wait for this."""
    return milliseconds(settings, drawn) > (OPENING if opening else HEAVY)


def at_once(settings: Settings) -> Settings:
    """A smaller network for fewer steps, to show until the real one is there."""
    return settings._replace(
        n_units=min(settings.n_units, QUICK_UNITS),
        max_lag=min(settings.max_lag, 20),
        n_steps=min(settings.n_steps, QUICK_STEPS),
        delay=min(settings.delay, QUICK_DELAY),
        x=settings.x[:QUICK_STEPS],
    )


def computing(settings: Settings) -> str:
    """What the page says while `at_once` stands in."""
    shown = at_once(settings)
    return (f"Computing N = {settings.n_units} units over T = {steps(settings.n_steps)}; until then a small reservoir "
            f"of {shown.n_units} units is shown.")  # fmt: skip


def waiting(settings: Settings, drawn: Drawn) -> str:
    """What the page says while it computes; of a long wait, how long."""
    seconds = milliseconds(settings, drawn) / 1000
    return f"computing, about {seconds:.0f} s …" if seconds >= 1.5 else "computing …"


def milliseconds(s: Settings, drawn: Drawn) -> float:
    """About how long the result takes on one core; fitted to measurements, right to a factor of about two."""
    n = s.n_units / 100
    density = 1 / s.n_units if s.topology == "ring" else s.density
    step = 0.001 + (0.006 if s.n_units > SPARSE_FROM else 0.009) * density * n**2  # one step of one network
    # of a large one only the first eigenvalues are looked for
    found = 0.0 if drawn.has(s) else _eigenvalues(s, density)
    if s.topic == "echo":
        return found + 3 * s.n_steps * step + _own_eigenvalues(s)
    if s.topic == "memory":
        return found + (s.n_steps + MEMORY_STEPS) * step + 5 + 3 * n**1.5
    learning = 3.6 if s.learning == "recursive" and s.topic != "free run" else 0.15
    weighed = n if s.learning == "recursive" else min(n, s.n_steps / 100)  # of T and N the smaller counts
    return found + s.n_steps * (step + learning * n * weighed / 1000)


def _eigenvalues(s: Settings, density: float) -> float:
    """Milliseconds for the spectral radius of what is drawn, and for the largest eigenvalues, or all."""
    n = s.n_units / 100
    if s.n_units <= ALL_EIGENVALUES:
        return 4.5 * n**2
    return 7 * n**1.45 + (25 if s.n_units > LARGE else 5) * density * n**2


def megabytes(s: Settings) -> float:
    """About how much memory the result takes while it is computed; right to a factor of about two."""
    n, connections = s.n_units, s.n_units if s.topology == "ring" else s.density * s.n_units**2
    eigenvalues = 16 * n * (8 * n**0.5 + 2 * MOST_EIGENVALUES)  # two copies of Arnoldi's basis while it grows
    states = {"echo": 6.0, "memory": 3 * (1 + MEMORY_STEPS / s.n_steps)}.get(s.topic, 3.0) * 8 * n * s.n_steps
    learned = 8.0 * min(n, s.n_steps) ** 2 * (2 if s.learning == "recursive" else 1)
    return (40 * connections + max(eigenvalues, states + learned)) / 1e6


def _own_eigenvalues(s: Settings) -> float:
    """Milliseconds for those of the leaky matrix, where the draw's are not enough."""
    n = s.n_units / 100
    if s.late > 0:
        return 12 * n**2 * s.delay
    # a leak crowds them, so that the iteration may take ten times as long
    return 0.0 if s.n_units <= ALL_EIGENVALUES else 1.4 * n**2 * (1 if s.leak_rate == 1 else 2)


def remarks(result: Result) -> list[str]:
    """What the reader must know: settings that don't fit each other, and what was done about it."""
    now = result.traced
    s, n_steps = now.settings, len(now.d)
    said = []
    if n_steps < s.n_steps:
        why = "the series has no more values" if s.task == "sunspots" else "the target runs away after them"
        said.append(f"Only {steps(n_steps)} are used: {why}.")
    n_new = n_steps - now.n_train
    if s.topic != "echo" and (now.washout, n_new) != (s.washout, s.n_new):
        said.append(f"With {steps(n_steps)} the wash-out takes {now.washout} of them and the new data {n_new}, so that "
                    f"{now.n_train - now.washout} are left to learn from.")  # fmt: skip
    if s.spectral_radius > 0 and not now.eigenvalues.any() and now.complete:
        said.append(f"No connection of this draw is part of a loop, so ρ is 0 and not {plain(s.spectral_radius)}: "
                    "all echoes end after a few steps. More density or units give loops.")  # fmt: skip
    return said
