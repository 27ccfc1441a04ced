import pytest


@pytest.fixture
def no_evaluation(monkeypatch):
    """Record only: what is derived from the rows has tests of its own."""
    for name in ("derive_spectrum", "derive_fits", "derive_polarisation", "derive_run"):
        monkeypatch.setattr(f"labctl.measure.recording.{name}", lambda *_: None)
