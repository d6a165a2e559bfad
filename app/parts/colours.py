"""One meaning per colour on every page, chosen for colour-blind readers, with an equal for the dark theme.

The stylesheet gets the palette as CSS variables (`--input`, `--forget-gate`, …). Bokeh figures are built with the
light colours; the browser swaps each for its dark equal, so a change of theme needs no round trip.
"""

PALETTE: dict[str, tuple[str, str]] = {
    # role: (light, dark)
    "input": ("#0072B2", "#4DA8E0"),
    "state": ("#1F2430", "#E8ECF4"),
    "input_gate": ("#009E73", "#2CC79B"),
    "forget_gate": ("#D55E00", "#FF8A4C"),
    "output_gate": ("#CC79A7", "#E3B0DD"),
    "candidate": ("#E69F00", "#F2B93B"),
    "prediction": ("#56B4E9", "#8FD0F5"),
    "gradient": ("#882255", "#FF6F9C"),
    "target": ("#8A93A6", "#8B95AB"),
    "muted": ("#5B6478", "#9AA4B8"),
    "line": ("#E1E5EE", "#2C3444"),
    "band": ("#FBE7A2", "#94812F"),
    "alarm": ("#B3261E", "#FFB4A9"),
    "page": ("#F4F6FA", "#12151C"),
    "card": ("#FFFFFF", "#1B202B"),
    "inset": ("#F8FAFC", "#161B25"),
}

# For a hall: what is too near its ground for the last row is darker on light and lighter on dark, at least 4.5 to 1.
HALL: dict[str, tuple[str, str]] = PALETTE | {
    "input_gate": ("#007756", "#2DC89C"),
    "forget_gate": ("#B24C00", "#FF8B4D"),
    "output_gate": ("#A54C7C", "#E4B1DE"),
    "candidate": ("#8A5E00", "#F3BA3C"),
    "prediction": ("#1F6E99", "#90D1F6"),
    "gradient": ("#882256", "#FF8FB2"),
    "target": ("#636C7F", "#A5AEC2"),
    "muted": ("#545D71", "#B0B8CA"),
    "band": ("#FBE7A3", "#4E451F"),
}


def _blend(stops: tuple[str, ...], n: int = 255) -> list[str]:
    """`n` colours between hexadecimal stops at equal distances."""
    channels = [[int(stop[k : k + 2], 16) for k in (1, 3, 5)] for stop in stops]
    colours = []
    for k in range(n):
        place = k / (n - 1) * (len(stops) - 1)
        left = min(int(place), len(stops) - 2)
        share = place - left
        mixed = (a + (b - a) * share for a, b in zip(channels[left], channels[left + 1], strict=True))
        colours.append("#" + "".join(f"{round(value):02X}" for value in mixed))
    return colours


# Logarithms of gradients, light and dark: nothing left fades into the card, 1 (the middle) is the gradient's own
# colour, and what has grown burns.
HEAT: tuple[list[str], list[str]] = (
    _blend(("#F4F6FA", "#D9A5BE", "#882255", "#E69F00", "#FFE08A")),
    _blend(("#12151C", "#5A2A40", "#FF6F9C", "#F2B93B", "#FFF3C4")),
)

NEGATIVE = ("#6F4BB2", "#B9A2F0")  # of heatmaps whose values have a sign


def _tinted(role: str, *, signed: bool = False) -> tuple[list[str], list[str]]:
    """From the card's colour to the role's, light and dark; with `signed` also from a negative side to the card."""
    below = [(colour,) if signed else () for colour in NEGATIVE]
    light, dark = (_blend((*below[k], PALETTE["card"][k], PALETTE[role][k]), 63) for k in (0, 1))
    return light, dark


QUANTITY = _blend(("#EEF2F8", "#8FA3C4", "#1F2430")), _blend(("#232A38", "#6480AE", "#E8ECF4"))

# Palettes of heatmaps by name, light and dark. "quantity" is for whatever has no colour of its own, and "cost" for what
# should be small: there the small is the strong one.
HEATS: dict[str, tuple[list[str], list[str]]] = {
    "gradient": HEAT,
    "quantity": QUANTITY,
    "cost": (QUANTITY[0][::-1], QUANTITY[1][::-1]),
    **{role: _tinted(role) for role in ("input_gate", "forget_gate", "output_gate")},
    **{role: _tinted(role, signed=True) for role in ("candidate", "state")},
}

LIGHT = {role: light for role, (light, _) in PALETTE.items()}


def variables() -> str:
    """The palette as CSS: light at the root, dark under `[data-theme=dark]`, both again for a hall."""

    def block(palette: dict[str, tuple[str, str]], column: int) -> str:
        return ";".join(f"--{role.replace('_', '-')}:{colours[column]}" for role, colours in palette.items())

    hall = {role: colours for role, colours in HALL.items() if colours != PALETTE[role]}
    return (
        f":root{{{block(PALETTE, 0)};color-scheme:light}}"
        "@media not print{"  # paper is white, whatever the screen has
        f":root[data-theme=dark]{{{block(PALETTE, 1)};color-scheme:dark}}"
        f":root[data-fits]{{{block(hall, 0)}}}:root[data-theme=dark][data-fits]{{{block(hall, 1)}}}"
        "}"
    )
