"""How long a result of lesson 7 takes, and what became of settings that could not be taken as they are."""

from app.models.esn_drawn import ALL_EIGENVALUES, Drawn
from app.models.esn_settings import Settings
from app.models.esn_topics import Result
from app.numbers import plain, steps

HEAVY = 60.0  # milliseconds
QUICK_UNITS, QUICK_STEPS = 50, 150
MEMORY_STEPS = 4200  # of memory capacity's own input


def is_heavy(settings: Settings, drawn: Drawn) -> bool:
    """Whether a slider's move should not wait for this."""
    return milliseconds(settings, drawn) > HEAVY


def at_once(settings: Settings) -> Settings:
    """A smaller network for fewer steps, to show until the real one is there."""
    return settings._replace(n_units=min(settings.n_units, QUICK_UNITS), max_lag=min(settings.max_lag, 20),
                             n_steps=min(settings.n_steps, QUICK_STEPS), x=settings.x[:QUICK_STEPS])


def milliseconds(s: Settings, drawn: Drawn) -> float:
    """About how long the result takes on one core; fitted to measurements, right to a factor of about two."""
    n = s.n_units / 100
    density = 1 / s.n_units if s.topology == "ring" else s.density
    step = 0.001 + 0.009 * density * n**2  # one step of one network
    found = 0.0 if drawn.has(s) else 6 * n**2
    if s.topic == "echo":
        # where the draw's eigenvalues are not enough, those of the leaky matrix are computed
        own = s.n_units > ALL_EIGENVALUES or s.late > 0
        return found + 3 * s.n_steps * step + own * 3 * n**2 * (s.delay if s.late > 0 else 1)
    if s.topic == "memory":
        return found + (s.n_steps + MEMORY_STEPS) * step + 5 + 3 * n**1.5
    learning = 3.6 if s.learning == "recursive" and s.topic != "free run" else 0.15
    return found + s.n_steps * (step + learning * n**2 / 1000)


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
