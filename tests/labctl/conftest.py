"""Cables between labctl and served instruments."""

from contextlib import ExitStack

import pytest

from sim_instruments.cable import Cable


@pytest.fixture
def cables():
    """Replaces the ports of instruments in a station file by cables, and returns these by port."""
    with ExitStack() as laid:

        def lay(station_file, *ports):
            found = []
            for port in ports:
                cable = Cable(port)
                laid.callback(cable.close)
                text = station_file.read_text()
                assert f"::{port}::" in text
                station_file.write_text(text.replace(f"::{port}::", f"::{cable.port}::"))
                found.append(cable)
            return found

        yield lay
