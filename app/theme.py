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

LIGHT = {role: light for role, (light, _) in PALETTE.items()}


def variables() -> str:
    """The palette as CSS: light at the root, dark under `[data-theme=dark]`."""

    def block(column: int) -> str:
        return ";".join(f"--{role.replace('_', '-')}:{colours[column]}" for role, colours in PALETTE.items())

    return f":root{{{block(0)};color-scheme:light}}:root[data-theme=dark]{{{block(1)};color-scheme:dark}}"
