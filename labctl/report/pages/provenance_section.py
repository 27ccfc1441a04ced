"""The section about where the numbers come from."""

from collections.abc import Mapping
from typing import Any

from labctl.readmodel.analysis_text import analysis_in_words
from labctl.report.pages.content import RunContent
from labctl.report.pages.document import Block, Items, facts
from labctl.report.pages.words import Words

Row = Mapping[str, Any]


def provenance(content: RunContent, words: Words) -> list[Block]:
    """Return hash, analysis, program, files and computer that the numbers come from."""
    run, kept = content.run.run, content.provenance
    analysis = content.run.analysis
    revisions = [one for one in kept.get("scripts") or () if isinstance(one, Mapping) and one.get("revision")]
    pairs: list[tuple[str, object]] = [
        ("uuid", run["uuid"]),
        ("content hash", run["content_hash"] or words("missing.hash")),
        ("analysis", analysis_in_words(analysis) if analysis else words("missing.analysis")),
        ("station", run["station"] or words("missing.not_stated")),
        ("computer", run["host"]),
        ("operator", kept.get("operator") or words("missing.not_stated")),
        ("operating system", kept.get("operating_system") or words("missing.not_stated")),
        ("revisions", ", ".join(dict.fromkeys(map(_revision, revisions))) or words("missing.not_stated")),
    ]  # fmt: skip
    files = [
        f"{str(one.get('path')).replace(chr(92), '/').rpartition('/')[2]}: sha256 {one.get('sha256')}"
        for one in kept.get("script_files") or ()
        if isinstance(one, Mapping)
    ]
    blocks: list[Block] = [facts(pairs)]
    return [*blocks, *([Items(files)] if files else [])]


def _revision(script: Row) -> str:
    return f"{str(script['revision'])[:12]}{' (with changes)' if script.get('dirty') else ''}"
