"""The browser side of Unrolled: one page per lesson, and everything the pages share."""

import os

# Small matrices are slower on several threads, and one reader's drag must not take all cores. It counts only where
# NumPy has not been imported yet: with `python -m app`, but not with `panel serve`.
for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
