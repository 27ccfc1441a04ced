import pytest


@pytest.fixture
def no_evaluation(monkeypatch):
    """Record rows only; derived values have separate tests."""
    for name in ("derive_spectrum", "derive_fits", "derive_polarisation", "derive_run"):
        monkeypatch.setattr(f"labctl.measure.recording.{name}", lambda *_: None)
