"""One thread for linear algebra, as the site runs it: two workers with two threads each only wait for one another."""

import os

for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
