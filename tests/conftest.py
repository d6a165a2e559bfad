"""What holds for all tests: one thread for linear algebra, and no test fails because the machine is slow."""

import os

# As the site runs it: two workers with two threads each would only wait for one another.
for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

from hypothesis import settings  # noqa: E402 - it may import NumPy, which reads the number of threads once

settings.register_profile("any speed", deadline=None)
settings.load_profile("any speed")
