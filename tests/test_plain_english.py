"""Docstrings are plain technical English: few archaic words, and no module that begins with a question."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("labctl", "drivers", "procedures", "sim_instruments", "benchmarks")
MOST_PER_1000 = 1.0
WORDS = re.compile(
    r"\b(whoever|whatever|nobody|anybody|somebody|wish(?:es|ed)?|told|tells?|telling|foretell\w*|foretold"
    r"|let go|take[sn]? note|shall|as ever|whose|thereof|wherever|one that|those of|that of"
    r"|what (?:a|the|is|was|every|each)|is said|said|beware|alive|aloud|teach\w*|meanwhile|by itself)\b",
    re.IGNORECASE,
)
QUESTION = re.compile(r"(What|Whether|Which|How|When|Who|Where|Why|Does|Is) ")
DESCRIBED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def docstrings(folder):
    """Every docstring below a folder: (path, whether it is a module's, text)."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, DESCRIBED) and (text := ast.get_docstring(node)):
                yield path.relative_to(ROOT), isinstance(node, ast.Module), text


@pytest.mark.parametrize("folder", FOLDERS)
def test_fewer_than_one_docstring_word_in_a_thousand_is_archaic(folder):
    found = list(docstrings(folder))
    words = sum(len(text.split()) for _, _, text in found)
    met = Counter(match.lower() for _, _, text in found for match in WORDS.findall(text))
    assert words > 1000
    assert 1000 * met.total() / words < MOST_PER_1000, met.most_common(10)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_module_begins_with_a_question(folder):
    questions = [
        str(path) for path, is_module, text in docstrings(folder) if is_module and QUESTION.match(text)
    ]
    assert questions == []


def test_the_words_are_found():
    assert WORDS.findall("Whoever wishes may tell what the driver said.") == [
        "Whoever",
        "wishes",
        "tell",
        "what the",
        "said",
    ]
    assert QUESTION.match("Which circuit is it?")
