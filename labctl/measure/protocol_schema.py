"""The keys of a protocol file as a JSON Schema, with the parameters of every procedure that ships."""

from typing import Any

from labctl.config.json_schema import DRAFT, Schema, array, either, number, table, text, texts
from labctl.config.offered_procedures import Offered, shipped
from labctl.config.protocol import MOST_PROCEDURES
from labctl.config.sample import ELECTRODES, LARGEST_EXPANSION_PER_K, LARGEST_MM
from labctl.measure.parameter_facts import ParameterFacts, parameters_of, summary_of

SPECTRUM = 'a file, "run 12" of the results file, or a list of [Hz, ohm, ohm]'
SAMPLE_KEYS: dict[str, Schema] = {
    "name": text("what the pellet or film is called"),
    "composition": text("formula"),
    "cation": text('the ion that moves, e.g. "Mg2+"'),
    "thickness_mm": number("thickness, mm", 0, LARGEST_MM),
    "thickness_uncertainty_mm": number("standard uncertainty, mm", 0),
    "thickness_after_mm": number("thickness after the run, mm", 0, LARGEST_MM),
    "thickness_after_uncertainty_mm": number("standard uncertainty, mm", 0),
    "thermal_expansion_per_k": number(
        "linear thermal expansion, 1/K", -LARGEST_EXPANSION_PER_K, LARGEST_EXPANSION_PER_K
    ),
    "thermal_expansion_uncertainty_per_k": number("standard uncertainty, 1/K", 0, LARGEST_EXPANSION_PER_K),
    "diameter_mm": number("diameter of the electrodes, mm; or area_cm2", 0, LARGEST_MM),
    "diameter_uncertainty_mm": number("standard uncertainty, mm", 0),
    "area_cm2": number("area of the electrodes, cm2; or diameter_mm", 0, LARGEST_MM**2 / 100),
    "area_uncertainty_cm2": number("standard uncertainty, cm2", 0),
    "pellet_diameter_mm": number("diameter of the whole pellet, mm", 0, LARGEST_MM),
    "pellet_diameter_uncertainty_mm": number("standard uncertainty, mm", 0),
    "electrodes": text("what the electrodes let through", ELECTRODES),
    "note": text("anything"),
    "lead_ohm": number("resistance of the leads, ohm", 0),
    "lead_uncertainty_ohm": number("standard uncertainty, ohm", 0),
    "fixture_short": {"description": f"spectrum of a short: {SPECTRUM}"},
    "fixture_open": {"description": f"spectrum of an open circuit: {SPECTRUM}"},
    "temperature_max_degc": number("ceiling of this sample, degC", -273.15),
    "potential_max_v": number("ceiling of this sample, V", 0),
    "current_max_a": number("ceiling of this sample, A", 0),
}
REQUIRED_OF_A_SAMPLE = ("name", "thickness_mm")
ENTRY_KEYS: dict[str, Schema] = {
    "use": text("the procedure: module:Class, or a registered name"),
    "repeat": number("how many times", 1, MOST_PROCEDURES),
    "cells": texts("only the samples in these cells"),
}
BLOCK = "procedure"


def protocol_schema() -> Schema:
    """Return the JSON Schema (draft 7) of a protocol file."""
    one = table("the sample", SAMPLE_KEYS, REQUIRED_OF_A_SAMPLE)
    in_cell = table("a sample and its cell", {"cell": text("name of the cell"), **SAMPLE_KEYS},
                    ("cell", *REQUIRED_OF_A_SAMPLE))  # fmt: skip
    named = text("a sample file, or the name of a sample that was measured before")
    keys = {
        "title": text("what the runs are called"),
        "sample": either("the sample", one, array("several samples, each in its cell", in_cell), named),
        BLOCK: array("what is done, in order", {"$ref": "#/definitions/entry"}),
    }
    about = {"$schema": DRAFT, "title": "labctl protocol file", "definitions": {"entry": _entry()}}
    return about | table("one sample and what to do with it", keys, ("sample", BLOCK))


def _entry() -> Schema:
    """Return the schema of a `[[procedure]]` table: a procedure with its parameters, or a block of them."""
    block = {BLOCK: array("a block that is repeated", {"$ref": "#/definitions/entry"})}
    known = [_if_it_is(offered) for offered in shipped()]
    return {"type": "object", "properties": {**ENTRY_KEYS, **block}, "allOf": known}


def _if_it_is(offered: Offered) -> Schema:
    """Return the parameters of one procedure, for entries that use it."""
    parameters = {facts.key: _parameter(facts) for facts in parameters_of(offered.procedure_class)}
    used = {"properties": {"use": {"const": offered.reference}}, "required": ["use"]}
    only = table(summary_of(offered.procedure_class), {**ENTRY_KEYS, **parameters})
    return {"if": used, "then": only}


def _parameter(facts: ParameterFacts) -> Schema:
    """Return the schema of a parameter; lists are left open, as they may be texts such as 30:120:10."""
    about: Schema = {"description": facts.meaning + (f", {facts.unit}" if facts.unit else "")}
    if facts.default is not None:
        about["default"] = facts.default
    if facts.choices:
        return about | {"enum": list(facts.choices)}
    if isinstance(facts.default, bool):
        return about | {"type": "boolean"}
    return about | (_numeric(facts) if isinstance(facts.default, int | float) else {})


def _numeric(facts: ParameterFacts) -> dict[str, Any]:
    ends = {"minimum": facts.minimum, "maximum": facts.maximum}
    return {"type": "number", **{key: end for key, end in ends.items() if end is not None}}
