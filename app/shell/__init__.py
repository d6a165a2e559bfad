"""What all pages share: a reader's page, its address, frame and requests, tasks, export, work beside, the index."""

from engine import kernel_cache

kernel_cache.make_safe()  # before a lesson declares the engine's kernels: an image's cache may be read-only
