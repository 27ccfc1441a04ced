"""All shipped drivers, with each fault of the rig at each exchange of a short measurement."""

import pytest

from labctl.testing.faults import *  # noqa: F403 - the whole study

pytestmark = pytest.mark.slow
