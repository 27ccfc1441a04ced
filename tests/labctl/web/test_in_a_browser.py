"""Every page fits a phone and a desk in headless Chromium, asks no other site, and reports no error."""

import os
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from labctl.clock import RealClock

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
PAGES = ("/", "/runs", "/run/1", "/samples", "/compare?runs=1,2", "/raw/spectra")
WIDE = b"""<!DOCTYPE html><meta name="viewport" content="width=device-width"><div style="width:600px">a</div>
<img src="http://elsewhere.invalid/a.png"><script>console.error("a fault")</script>"""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Chromium is driven through pipes of POSIX")


@pytest.fixture
def browser(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.delitem(sys.modules, "screens", raising=False)
    import screens

    if screens.CHROMIUM is None:
        pytest.skip("chromium-headless-shell is not installed")
    with screens.Browser(tmp_path / "browser") as opened:
        yield opened


@pytest.fixture
def served():
    """Serve an application on a free port; return its address."""
    uvicorn = pytest.importorskip("uvicorn", reason="uvicorn is not installed")
    from labctl.web.serving import address_of, bound

    with ExitStack() as stack:

        def serve(app):
            listening = stack.enter_context(bound("127.0.0.1", 0))
            server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
            thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
            thread.start()
            stack.callback(thread.join, 10)
            stack.callback(setattr, server, "should_exit", True)
            while not server.started:
                RealClock().sleep(0.01)
            return address_of(listening).rstrip("/")

        yield serve


async def wide(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": WIDE})


def test_a_page_that_is_too_wide_asks_elsewhere_or_has_an_error_is_noticed(browser, served):
    faults = " ".join(browser.open(served(wide), "phone").faults())
    assert "600 pixels wide on a screen of 390" in faults or "608 pixels wide" in faults
    assert "asks http://elsewhere.invalid/a.png" in faults
    assert "a fault" in faults


def test_every_page_fits_a_phone_and_a_desk_and_asks_for_nothing_elsewhere(browser, served, site_of_lab, lab):
    from labctl.web.gate import Rules, gated
    from labctl.web.group import Group, RigEntry, group_app

    rig = served(site_of_lab(safe_token="the token to make it safe"))
    group = Group([RigEntry("rig a", "", str(lab)), RigEntry("rig b", "http://127.0.0.1:9")])
    for name in ("rig a", "rig b"):
        group.ask_once(name)
    addresses = [*(f"{rig}{path}" for path in PAGES), f"{served(gated(group_app(group), Rules()))}/"]
    seen = [(url, browser.open(url, "phone").faults()) for url in addresses]
    seen += [(url, browser.open(url, "desk").faults()) for url in (addresses[0], addresses[2])]
    assert [one for one in seen if one[1]] == []
