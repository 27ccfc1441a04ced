"""The methods paragraph of a run, ready for a paper, and the references of the methods used."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labctl.config.fixture import in_words as correction_in_words
from labctl.readmodel.formatting import si, with_uncertainty
from labctl.readmodel.law_conditions import at_condition, preferred_of_each
from labctl.readmodel.law_text import law_name
from labctl.readmodel.transference_text import quantity
from labctl.report.pages.content import RunContent
from labctl.report.pages.document import Block, Items, Paragraph, Table, text
from labctl.report.pages.words import Words

PACKAGES = ("numpy", "scipy", "PyMeasure", "PyVISA")
REFERENCES = {  # when a report has rows of it: keys of the references
    "resistance": ("boukamp", "schoenleber", "hurvich", "buckland"),
    "drt": ("wan", "liu"),
    "law": ("review", "schwarz"),
    "rho_plus": ("evans", "balsara"),
}
Row = Mapping[str, Any]


def methods(content: RunContent, words: Words) -> list[Block]:
    """Return the paragraph, and a table of every parameter of the procedure."""
    sentences = [
        _cell(content, words),
        *_measured(content, words),
        *_derived(content, words),
        _software(content, words),
    ]
    if content.run.run["clock"] == "virtual":
        sentences.append(words("methods.simulated"))
    return [Paragraph(" ".join(filter(None, sentences))), *_parameters(content, words)]


def _cell(content: RunContent, words: Words) -> str:
    sample = content.sample
    return words(
        "methods.cell",
        name=sample["name"],
        composition=sample["composition"],
        electrodes=sample["electrodes"],
        thickness=_size(sample, "thickness_m", "thickness_u_m", 1e3, "mm"),
        area=_size(sample, "area_m2", "area_u_m2", 1e4, "cm²"),
        fringe="",
        correction=correction_in_words(sample),
    )


def _size(sample: Row, column: str, u_column: str, factor: float, unit: str) -> str:
    value, u = factor * sample[column], sample[u_column]
    return f"{with_uncertainty(value, factor * u)} {unit}" if u else f"{value:.4g} {unit}"


def _measured(content: RunContent, words: Words) -> list[str]:
    identity = {row["role"]: row["identity"] or row["driver"] for row in content.instruments}
    sentences = [words("methods.imported")] if content.imported else []
    curves = [curve for curve in content.run.spectra if curve.frequency_hz.size]
    parameters = _values(content)
    if curves:
        counts = sorted({curve.frequency_hz.size for curve in curves})
        amplitude = parameters.get("amplitude_v")
        sentences.append(
            words(
                "methods.impedance",
                high=si(max(float(np.max(curve.frequency_hz)) for curve in curves), "Hz"),
                low=si(min(float(np.min(curve.frequency_hz)) for curve in curves), "Hz"),
                points=" to ".join(map(str, dict.fromkeys((counts[0], counts[-1])))),
                amplitude="" if amplitude is None else f"{si(amplitude, 'V')} rms",
                bias=si(parameters["bias_v"], "V") if parameters.get("bias_v") else "",
                analyser=identity.get("fra", ""),
            )
        )
    if "oven" in identity:
        band, dwell = parameters.get("band_k"), parameters.get("dwell_min")
        correction = content.sample.get("thermometer_correction_k")
        sentences.append(
            words(
                "methods.temperature",
                oven=identity["oven"],
                thermometer=identity.get("thermometer", ""),
                band="" if band is None or dwell is None else f"{band:g} K",
                dwell="" if dwell is None else f"{dwell:g} min",
                correction="" if correction is None else f"{correction:+g} K",
            )
        )
    if content.run.polarisations:
        potentials = dict.fromkeys(si(curve.potential_v, "V", 4) for curve in content.run.polarisations)
        named = {"potential": ", ".join(potentials), "potentiostat": identity.get("potentiostat", "")}
        sentences.append(words("methods.polarisation", **named))
    return sentences


def _derived(content: RunContent, words: Words) -> list[str]:
    sentences = []
    rows = [row for row in content.resistances.values() if row["circuit"]]
    if rows:
        circuits = ", ".join(dict.fromkeys(row["circuit"] for row in rows))
        sentences.append(words("methods.resistance", circuits=circuits, **_method(rows[0])))
    for row in preferred_of_each(content.run.fits):
        law = law_name(row) + at_condition(row)
        sentences.append(words("methods.law", points=row["n_points"], law=law, **_method(row)))
    if content.numbers:
        quantities = ", ".join(dict.fromkeys(map(quantity, content.numbers)))
        sentences.append(words("methods.transference", quantities=quantities, **_method(content.numbers[0])))
    if content.exclusions:
        sentences.append(words("methods.excluded", count=len(content.exclusions)))
    return sentences


def _method(row: Row) -> dict[str, Any]:
    return {"method": row["method"], "version": row["method_version"]}


def _values(content: RunContent) -> Row:
    parameters = content.run.run["parameters"]
    return parameters if isinstance(parameters, Mapping) else {}


def _software(content: RunContent, words: Words) -> str:
    kept = content.provenance
    packages = kept.get("packages") if isinstance(kept.get("packages"), Mapping) else {}
    assert isinstance(packages, Mapping)
    found = [(name, packages[name]) for name in PACKAGES if name in packages]
    python = kept.get("python") if isinstance(kept.get("python"), Mapping) else {}
    assert isinstance(python, Mapping)
    silent = words("missing.not_stated")
    analysis = content.run.analysis
    version = kept.get("labctl_version") or (analysis["labctl_version"] if analysis else "") or silent
    return words("methods.software", version=version, python=python.get("version", silent), packages=found)


def _parameters(content: RunContent, words: Words) -> list[Block]:
    values = _values(content)
    if not values:
        return []
    described = content.provenance.get("procedure")
    known = described.get("parameters") if isinstance(described, Mapping) else None
    known = known if isinstance(known, Mapping) else {}
    rows = [
        [
            text(name),
            text(_about(known, name, "name")),
            text(f"{_shown(value)} {_about(known, name, 'units')}".rstrip() if value != [] else "-"),
        ]
        for name, value in values.items()
    ]
    procedure = str(content.run.run["procedure"])
    caption = words("captions.parameters", procedure=procedure)
    return [
        Table(
            [words("names.parameter"), words("names.name"), words("names.value")], rows, caption, "parameters"
        )
    ]


def _about(known: Row, parameter: str, what: str) -> str:
    """Return name or unit of a parameter as the run keeps it; empty where it does not."""
    described = known.get(parameter)
    return str(described.get(what) or "") if isinstance(described, Mapping) else ""


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return ", ".join(map(_shown, value)) or "-"
    return str(value)


def references(contents: Sequence[RunContent], words: Words) -> list[Block]:
    """Return the references of the methods that the numbers of these runs come from."""
    used: list[str] = []
    for content in contents:
        if content.resistances:
            used += REFERENCES["resistance"]
        if any(curve.relaxation is not None for curve in content.run.spectra):
            used += REFERENCES["drt"]
        if content.run.fits:
            used += REFERENCES["law"]
        if any(row["quantity"] == "rho_plus" for row in content.numbers):
            used += REFERENCES["rho_plus"]
    texts = words.section("references")
    return [Items([texts[key] for key in dict.fromkeys([*used, "pymeasure"])])]
