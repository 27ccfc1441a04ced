"""The sections of a report about one run."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from labctl.plain_text import utc_time
from labctl.readmodel.formatting import duration
from labctl.readmodel.unreadable import or_as_unreadable
from labctl.report.pages.budget_section import budgets
from labctl.report.pages.carriers_section import carriers
from labctl.report.pages.conductivity_section import conductivities
from labctl.report.pages.content import RunContent
from labctl.report.pages.document import Block, Paragraph, Section
from labctl.report.pages.instrument_section import instruments
from labctl.report.pages.law_section import laws
from labctl.report.pages.polarisation_section import polarisation
from labctl.report.pages.remark_sections import amendments, excluded, remarks
from labctl.report.pages.result_section import results
from labctl.report.pages.sample_section import sample
from labctl.report.pages.spectra_section import spectra
from labctl.report.pages.temperature_section import temperature
from labctl.report.pages.words import Words

Row = Mapping[str, Any]


def run_sections(content: RunContent, words: Words, level: int = 1) -> list[Section]:
    """Return the sections about a run, in the order of a report."""
    makers = {
        "results": results,
        "sample": sample,
        "spectra": spectra,
        "conductivities": conductivities,
        "laws": laws,
        "polarisation": polarisation,
        "carriers": carriers,
        "temperature": temperature,
        "budget": budgets,
        "remarks": remarks,
        "excluded": excluded,
        "amendments": amendments,
        "instruments": instruments,
    }
    return [
        Section(words(f"titles.{name}"), or_as_unreadable(partial(make, content, words), _instead), level)
        for name, make in makers.items()
    ]


def _instead(why: str) -> list[Block]:
    return [Paragraph(why, "warning")]


def heading(content: RunContent, words: Words) -> list[Block]:
    """Return procedure, status and times of a run, with a warning where it did not finish."""
    run = content.run.run
    took = duration(run["ended_s"] - run["started_s"]) if run["ended_s"] else ""
    about = words("page.run", **_run_values(run) | ({} if run["status"] == "finished" else {"reason": ""}))
    simulated = run["clock"] == "virtual"
    began = utc_time(run["started_s"])
    if content.imported:
        when = words("page.imported", imported=began)
    else:
        when = words("page.began", began=began, took=took, simulated=simulated)
    blocks: list[Block] = [Paragraph(f"{about}; {when}.")]
    if run["status"] == "running":
        blocks.append(Paragraph(words("page.growing"), "warning"))
    elif run["status"] != "finished":
        blocks.append(Paragraph(words("page.not_finished", **_run_values(run)), "warning"))
    return blocks


def _run_values(run: Row) -> dict[str, Any]:
    procedure = str(run["procedure"]).rpartition(":")[2]
    return {"id": run["id"], "procedure": procedure, "status": run["status"], "reason": run["reason"]}
