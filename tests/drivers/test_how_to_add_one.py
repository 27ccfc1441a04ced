import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "add-an-instrument.md").read_text(encoding="utf-8")
SOURCES = [ROOT / "drivers" / "huber.py", ROOT / "tests" / "drivers" / "test_huber.py"]
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.S)


def test_the_page_shows_code():
    assert len(BLOCKS) >= 5


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.strip().splitlines()[0][:40])
def test_the_code_on_the_page_is_the_source_itself(block):
    assert any(block in source.read_text(encoding="utf-8") for source in SOURCES)
