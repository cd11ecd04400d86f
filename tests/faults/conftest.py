"""How much of each fault is tried: a short form for CI, the full one with --long."""

import pytest

from tests.faults.served import Amount


@pytest.fixture
def amount(request: pytest.FixtureRequest) -> Amount:
    """Picks the first number in CI, the second with --long."""
    return Amount(bool(request.config.getoption("--long")))
