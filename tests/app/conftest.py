"""What the tests of servers and pages leave behind is cleared away with them."""

import gc

import pytest


@pytest.fixture(autouse=True, scope="module")
def nothing_is_left_for_later_tests():
    """A socket that a loop left open warns in its own file; a page that nobody holds any more ends its work."""
    yield
    gc.collect()
