"""The examples on docs/reference/files.md are read, warned about or refused as the page says."""

import re
from pathlib import Path

import pytest

from labctl.analysis import read_spectra

PAGE = (Path(__file__).parents[4] / "docs/reference/files.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^### (.+?)\n.*?```text\n(.*?)```\n\n(Read|Refused): (.*?)\n", PAGE, flags=re.M | re.S)
READ = re.compile(r"(\d+) spectr(?:um|a), (\d+) points, first (\S+) ohm\.(?: Warning: (.*)\.)?$")


def test_every_heading_of_the_page_has_its_example():
    assert len(EXAMPLES) == len(re.findall(r"^### ", PAGE, flags=re.M)) > 20


@pytest.mark.parametrize(
    ("text", "verdict", "words"), [e[1:] for e in EXAMPLES], ids=[e[0] for e in EXAMPLES]
)
def test_an_example_of_the_page_is_true(tmp_path, text, verdict, words):
    path = tmp_path / "example.txt"
    path.write_text(text, encoding="utf-8")
    if verdict == "Refused":
        with pytest.raises(ValueError, match=re.escape(words)):
            read_spectra(path)
        return
    stated = READ.match(words)
    assert stated
    count, points, first, warning = stated.groups()
    spectra = read_spectra(path)
    assert (len(spectra), len(spectra[0])) == (int(count), int(points))
    assert spectra[0].z_ohm[0] == pytest.approx(complex(first), rel=1e-3)
    told = [w for w in spectra[0].warnings if "sweeps: this is one of them" not in w]
    assert bool(told) == bool(warning)
    assert warning is None or any(warning in words for words in told)
