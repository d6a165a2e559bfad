"""What tests of servers leave behind is collected where it was made."""

import gc

import pytest


@pytest.fixture(autouse=True, scope="module")
def sockets_end_with_their_tests():
    """A loop that is over leaves sockets open: their warnings would fall on later tests, to which each is an error."""
    yield
    gc.collect()
