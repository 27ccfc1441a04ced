import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "add-an-instrument.md").read_text(encoding="utf-8")
BYTES = ROOT / "docs" / "how-to" / "bin_stat"
SCAFFOLD = ROOT / "labctl" / "scaffold" / "temperature_controller.py"
HUBER = [ROOT / "drivers" / "huber.py", ROOT / "tests" / "drivers" / "test_huber.py"]
SOURCES = [*HUBER, SCAFFOLD, *BYTES.iterdir()]
ELSEWHERE = "acme_oven_model"  # tests/labctl/queue/test_rehearsal_of_own_drivers.py runs those blocks
BLOCKS = [
    block for block in re.findall(r"```(?:python|yaml)\n(.*?)```", PAGE, flags=re.S) if ELSEWHERE not in block
]


def test_the_page_shows_code():
    assert len(BLOCKS) >= 5


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.strip().splitlines()[0][:40])
def test_the_code_on_the_page_is_the_source_itself(block):
    assert any(block in source.read_text(encoding="utf-8") for source in SOURCES if source.is_file())


@pytest.mark.slow
def test_the_example_with_binary_messages_passes_the_contract(tmp_path):
    for file in filter(Path.is_file, BYTES.iterdir()):
        shutil.copy(file, tmp_path)
    (suite,) = re.findall(r"^    pytest (--labctl-driver bin_stat.*)$", PAGE, flags=re.M)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *suite.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (cases,) = re.findall(r"labctl: (\d+) cases of a fault at an exchange were tried", done.stdout)
    assert int(cases) > 200
