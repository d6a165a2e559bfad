"""What holds for all tests: one thread for linear algebra, and no test fails because the machine is slow."""

import gc
import os

# As the site runs it: two workers with two threads each would only wait for one another.
for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402 - it may import NumPy, which reads the number of threads once

settings.register_profile("any speed", deadline=None)
settings.load_profile("any speed")


@pytest.fixture(autouse=True, scope="module")
def nothing_goes_on_beside_later_tests():
    """Sockets that a loop left open warn where they were made, and heavy results that nobody reads are not begun."""
    yield
    gc.collect()
    for left in gc.get_objects():
        if type(left).__name__ == "Latest":
            left.close()
