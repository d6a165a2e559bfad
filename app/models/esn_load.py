"""How long a result of lesson 7 takes, and what became of settings that could not be taken as they are."""

from app.models.esn_drawn import ALL_EIGENVALUES, Drawn
from app.models.esn_settings import Settings
from app.models.esn_topics import Result
from app.numbers import plain, steps

HEAVY = 60.0  # milliseconds
QUICK_UNITS, QUICK_STEPS = 50, 150


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
    density = {"ring": 1 / s.n_units}.get(s.topology, s.density)
    step = 0.0015 + 0.02 * density * n**2  # one step of one network
    found = 0.0 if drawn.has(s) else _draw(n)
    if s.topic == "echo":
        return found + 3.5 * s.n_steps * step
    fit = 0.8 * n**2 * (s.n_steps / 1000) + 0.4 * n**3
    if s.topic == "memory":
        return found + (s.n_steps + 4500) * step + 3 * fit
    if s.learning == "recursive" and s.topic != "free run":
        fit += s.n_steps * 0.04 * n**2
    return found + s.n_steps * step + fit


def _draw(n: float) -> float:
    return 12 * n**2.3 if 100 * n <= ALL_EIGENVALUES else 250 * (n / 5) ** 2


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
    if s.topic == "free run" and not s.has_feedback:
        said.append("Nothing drives this network: set a feedback scale above 0, so that its output comes back.")
    return said
