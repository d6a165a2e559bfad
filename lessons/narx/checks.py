"""What the challenges ask for."""

from app.parts.numbers import plain
from app.shell.model import Check
from lessons.narx import weights
from lessons.narx.parameters import NarxParameters
from lessons.narx.results import Hand, Plant, Result, Unfolded

ALONE = 0.2  # the error of a network left alone, that the second challenge asks for
NOTHING = 1e-9


def one_weight_as_printed(m: NarxParameters, r: Result) -> Check:
    """The printed net input 9 from a single other weight."""
    if not isinstance(r, Hand) or m.opened:
        return Check(False, "Choose the topic “by hand” and close the loop.")
    changed = [name for name, value in weights.BOOK.items() if abs(getattr(m, name) - value) > NOTHING]
    first, second = r.run.y[0], r.run.net[1]
    said = f"y(1) = [{plain(first[0])}, {plain(first[1])}], a(2) = [{plain(second[0])}, {plain(second[1])}]"
    if len(changed) != 1:
        count = "no weight" if not changed else f"{len(changed)} weights"
        return Check(False, f"{said}; {count} differ{'s' if not changed else ''} from the book’s, one is asked for.")
    same_input = r.x[0].tolist() == [1.0, 2.0]
    right = abs(first - (8, 6)).max() < NOTHING and abs(second - (9, 21)).max() < NOTHING
    return Check(bool(right and same_input), f"{said}; changed: {weights.pretty(changed[0])}.")


def runs_alone(m: NarxParameters, r: Result) -> Check:
    """A network that predicts an unseen record alone."""
    if not isinstance(r, Plant) or m.record != "new":
        return Check(False, "Choose the topic “plant” and the new record.")
    s = r.course.settings
    if s.measured_noise < 0.02:
        return Check(False, f"The measurement noise is {plain(s.measured_noise)}; it has to be 0.02 or more.")
    found = f"Left alone on the new record the network is off by {plain(r.errors.closed, 3)}"
    return Check(bool(r.errors.closed < ALONE), f"{found}; {plain(ALONE)} or less is asked for.")


def ways_cancel(m: NarxParameters, r: Result) -> Check:
    """Several ways that add up to nothing."""
    if not isinstance(r, Unfolded) or r.opened:
        return Check(False, "Choose the topic “unfolded” and close the loop.")
    w, back = m.feedback_weights(), float(r.back[0])
    said = f"{r.ways[-1]} way{'' if r.ways[-1] == 1 else 's'} lead from copy 1 to copy {m.n_steps}"
    if r.ways[-1] < 2:
        return Check(False, f"{said.replace('way lead', 'way leads')}; two or more are asked for.")
    if abs(w).min() < 0.05 - NOTHING:
        return Check(False, f"{said}; each weight has to be 0.05 or more in size.")
    return Check(abs(back) < NOTHING, f"{said}, and ∂y(T)/∂y(1) is {plain(back) if abs(back) >= NOTHING else '0'}.")
