"""All shipped drivers, with each fault of the rig at each exchange of a short measurement.

A run takes a third of the cases of each driver, another third for each `LABCTL_SEED`, and all of them with
`LABCTL_FAULTS=all` (see `conftest.py`).
"""

import pytest

from labctl.testing.faults import *  # noqa: F403 - the whole study

pytestmark = pytest.mark.slow
