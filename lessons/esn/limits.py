"""How large a network is computed: what a reader asks beyond it is cut to fewer units, and the page says why.

A result stays with its reader, and a hall is full of readers: states and connections are bounded as they are for 2,000
units. Beyond these, networks are for the recipe and the free run alone, which run once and learn by the smaller of the
two normal equations.
"""

from app.parts.numbers import steps
from lessons.esn.settings import Settings

LARGE = 2000  # units; up to here every topic is computed
MOST_REMEMBERED = 6000  # numbers in the last states together, where some connections are late and theory asks for all
MOST_CONNECTIONS = 4_000_000  # of W: a full matrix of LARGE units
MOST_STATES = 8_000_000  # numbers in all states of a run: 64 MB
WHY = {
    "echo": "what theory knows for certain would take the eigenvalues of a leaky network, which may need minutes",
    "memory": "memory is measured on 4,200 steps, whose states alone would be 340 MB",
    "sweep": "a sweep draws and runs hundreds of networks",
}


def bounded(s: Settings) -> Settings:
    """The same with as many units as are computed."""
    n_units = max(2, min(s.n_units, _most(s)[0]))
    return s if n_units == s.n_units else s._replace(n_units=n_units)


def shortage(asked: int, computed: Settings) -> str:
    """Why there are fewer units than asked for; empty where there are as many."""
    if asked <= computed.n_units:
        return ""
    _, why = _most(computed._replace(n_units=asked))
    return f"N = {asked:,} is too much here, and {computed.n_units:,} units are computed: {why}."


def _most(s: Settings) -> tuple[int, str]:
    """How many units are computed at most, and what would be too much."""
    if s.topic == "echo" and s.late > 0 and s.delay * LARGE > MOST_REMEMBERED:
        asked = f"theory needs the eigenvalues of the last {s.delay} states together, {s.delay * s.n_units:,} numbers"
        lower = "lower the delay, or the late share to 0, for more units"
        return MOST_REMEMBERED // s.delay, f"{asked}, and {MOST_REMEMBERED:,} are allowed; {lower}"
    if s.topic in WHY:
        return LARGE, WHY[s.topic]
    if s.topic == "recipe" and s.learning == "recursive":
        return LARGE, "recursive learning changes N² numbers at every step"
    if s.topology == "small world":
        return LARGE, "a small world is drawn tie by tie, which takes long"
    n = s.n_units
    by_states = MOST_STATES // s.n_steps
    by_connections = n if s.topology == "ring" else int((MOST_CONNECTIONS / s.density) ** 0.5)
    if by_states <= by_connections:
        return (
            by_states,
            f"its states over {steps(s.n_steps)} would be {n * s.n_steps:,} numbers, and {MOST_STATES:,} fit",
        )
    return by_connections, f"W would have {round(s.density * n**2):,} connections, and {MOST_CONNECTIONS:,} are allowed"
