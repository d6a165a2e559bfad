"""What a reader sees of a hand calculation, to compute with; and a way to wait for what comes later."""

import re
import time
from collections.abc import Callable

SOON = 30.0  # seconds, for kernels that are not compiled yet


def text(html: str) -> str:
    """What a reader sees, with signs that Python can compute with."""
    raised = re.sub(r"·10<sup>(−?\d+)</sup>", lambda found: f"e{found[1]}", html)
    bare = re.sub(r"<[^>]+>", "", raised).replace("&emsp;", " ").replace("&ensp;", " ")
    return re.sub(r"\s+", " ", bare.replace("−", "-"))


def computed(expression: str) -> float:
    """The value of a sum of products as a pocket calculator gives it."""
    allowed = expression.replace("·", "*").replace("²", "**2").strip()
    assert re.fullmatch(r"[-+*/().\de ]+", allowed), expression
    return float(eval(allowed))


def until(condition: Callable[[], object], limit: float = SOON) -> None:
    """Wait until it holds."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.002)
