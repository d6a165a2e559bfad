"""The network's weights by name: where each is kept, where it starts, and how it is written."""

MAX_UNITS = 4
ROWS = range(1, MAX_UNITS + 1)
# Where each weight is kept: its array and its place in it. Those of W, U and b are in every copy of the network.
SHARED: dict[str, tuple[str, tuple[int, ...]]] = (
    {f"W{i}{j}": ("W", (i - 1, j - 1)) for i in ROWS for j in ROWS}
    | {f"U{i}": ("U", (i - 1, 0)) for i in ROWS}
    | {f"b{i}": ("b", (i - 1,)) for i in ROWS}
)
START: dict[str, tuple[str, tuple[int, ...]]] = {f"h0{i}": ("h0", (i - 1,)) for i in ROWS}
OUTPUT: dict[str, tuple[str, tuple[int, ...]]] = {f"V{j}": ("V", (0, j - 1)) for j in ROWS} | {"b_out": ("b_out", (0,))}
PLACES = SHARED | START | OUTPUT
BOUNDS = (-3, 3)  # of each of them
# Units 3 and 4 are connected from the start, so that a larger n shows.
DEFAULTS = {
    "U1": 1.0, "U2": 1.0, "U3": 0.5, "U4": -0.5, "W11": 0.5, "W22": 0.5, "W33": 0.3, "W44": 0.3,
    "W31": 0.5, "W13": 0.3, "W42": -0.5, "W24": 0.3, "W43": 0.5,
}  # fmt: skip
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def pretty(name: str) -> str:
    """A weight as it is written in formulas: W₁₂, h₁(0)."""
    return f"h{name[2:].translate(SUBSCRIPTS)}(0)" if name.startswith("h0") else name.translate(SUBSCRIPTS)
