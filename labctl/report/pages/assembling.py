"""A report of one run, or of several with their comparison before them."""

from collections.abc import Sequence

from labctl.report.figures.colours import run_name
from labctl.report.pages.comparison_sections import comparison_sections
from labctl.report.pages.content import RunContent, content_of
from labctl.report.pages.document import Block, Report, Section
from labctl.report.pages.methods import methods, references
from labctl.report.pages.provenance_section import provenance
from labctl.report.pages.run_sections import heading, run_sections
from labctl.report.pages.words import Words
from labctl.store import Database
from labctl.version import __version__


def report_of(db: Database, runs: Sequence[int | str], words: Words) -> Report:
    """Return the report of some runs in the order given.

    Draw within `labctl.report.figures.styled`: the figures are made here.

    Raises
    ------
    InvalidRequest
        A run is missing, or the words of a translation do not fit.
    StoreError
        The file cannot be read.
    """
    contents = [content_of(db, run) for run in runs]
    if len(contents) == 1:
        sections = _of_one(contents[0], words)
        title = words("page.report_of", sample=contents[0].sample["name"])
    else:
        sections = _of_several(db, contents, words)
        title = words("page.comparison_of", count=len(contents))
    made = words("page.made", version=__version__, file=db.path.name)
    end = Section(words("titles.references"), references(contents, words))
    return Report(title, made, [*sections, end], words("page.language"))


def _of_one(content: RunContent, words: Words) -> list[Section]:
    return [
        Section("", heading(content, words)),
        *run_sections(content, words),
        *_origin(content, words, level=1),
    ]


def _of_several(db: Database, contents: Sequence[RunContent], words: Words) -> list[Section]:
    sections = comparison_sections(db, contents, words)
    for content in contents:
        sections.append(Section(run_name(content.run), heading(content, words)))
        sections += [*run_sections(content, words, level=2), *_origin(content, words, level=2)]
    return sections


def _origin(content: RunContent, words: Words, level: int) -> list[Section]:
    blocks: list[Block] = methods(content, words)
    return [
        Section(words("titles.methods"), blocks, level),
        Section(words("titles.provenance"), provenance(content, words), level),
    ]
