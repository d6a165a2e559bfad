"""The cards below the plots over time: their titles, and what they say about themselves."""

from typing import Any

from app.parts.plots import Card, Strip

# By key, in the order of the page: title and help.
TEXTS = {
    "lags": (
        "Forward and back along the lag",
        "Left bar: what a single impulse at step 1 leaves in the state after this many steps, in a run "
        "of its own without the input above. Right bar: what one step back after another leaves of the "
        "gradient in the run above. In a linear unit both are powers of w.",
    ),
    "spectrum": (
        "The matrix",
        "Left, the eigenvalues and the unit circle: the largest distance from 0 is ρ. Right, the "
        "singular values: the first is σₘₐₓ. Where all are below the dashed line, 1/γ, every "
        "gradient must vanish.",
    ),
    "heat": (
        "From every step to every other",
        "Each row is a step t, each column a step k before it. The diagonal is 10⁰ = 1; the last row is "
        "the line plotted above. Large networks are drawn at every second or third step only.",
    ),
    "modes": (
        "Modes of a symmetric matrix",
        "h(t) = QΛᵗQᵀh(0) without input, from h(0) = (1, …, 1): along each eigenvector the state is "
        "multiplied by λ at every step, if the units were linear. The six largest |λ| are shown.",
    ),
    "cliff": (
        "The loss cliff",
        "c(t) = w f(c(t−1)) + b from c(0) = 0, f logistic, with the loss (f(c(T)) − 0.7)². Solid: "
        "descent with clipping; dashed: without. The line above is of the unit where the "
        "descent stands.",
    ),
    "rescale": (
        "Why rescaling is no cure",
        "A gradient is a sum of one term per lag. One factor for the whole sum makes all terms larger "
        "or smaller together: the shares stay, and the long lags stay unheard.",
    ),
    "omega": (
        "Ω, a penalty for errors that change their size",
        "Ω adds up (ratio − 1)². It is 0 where the error keeps its size on every step back (dashed "
        "line). Here c is the pre-activation, and the loss L is the sum of the last step's outputs.",
    ),
    "phase": (
        "Two starts in the plane of h₁ and h₂",
        "Colours: starts that end at the same attractor share one; blank where none was found, as in "
        "chaos. Solid: start A. Dashed: start B. Rings: both at the time cursor.",
    ),
    "side": (
        "Four networks, one gradient scale",
        "How much of an error at the last step arrives this many steps back: a tanh network, the linear "
        "network with the same W, the carousel with its forget gate at a constant value, and the cell "
        "of a random LSTM of the same size.",
    ),
}
SPECIAL: dict[str, dict[str, Any]] = {
    "lags": {"wide": False},
    "spectrum": {"wide": False},
    "cliff": {"wide": False, "player": "descent_steps"},
    "phase": {"table": True},
}


def cards(strips: dict[str, list[Strip]]) -> list[Card]:
    """One card for each key of `TEXTS`, with its strips."""
    return [
        Card(title, strips[key], key=key, help=words, **SPECIAL.get(key, {})) for key, (title, words) in TEXTS.items()
    ]
