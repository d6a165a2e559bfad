"""Trainings to test: short ones, one that overflows, and ways to wait for them."""

import time

from lessons.lstm.training import Settings, Training

SETTINGS = Settings(
    lag=5, method="adam", learning_rate=0.01, clip=1.0, n_updates=12, n_units=3, forget_bias=1.0, seed=4
)
EXPLODES = SETTINGS._replace(method="descent", learning_rate=1e308, clip=10.0)
SOON = 30.0  # seconds, for kernels that are not compiled yet


def until(condition, limit=SOON):
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.002)


def begun(settings=SETTINGS, connected=lambda: True) -> Training:
    training = Training(settings, connected)
    training.start()
    return training


def ended(settings=SETTINGS) -> Training:
    training = begun(settings)
    until(lambda: training.state not in ("running", "paused"))
    return training
