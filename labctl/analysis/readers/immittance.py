"""Impedance from the columns a file has: Z, Y, the forms of LCR meters, permittivity and conductivity.

| columns | impedance |
|---|---|
| Z', Z''; R, X | Z' + j Z'' |
| modulus and phase of Z | modulus exp(j phase) |
| Y', Y''; G, B; modulus and phase of Y | the reciprocal of the same of Y |
| Cs, Rs; Cs, D; Cs, Q | Rs - j / (w Cs), Rs = D / (w Cs), D = 1 / Q |
| Cp, Rp; Cp, G; Cp, D; Cp, Q | 1 / (1/Rp + j w Cp), 1/Rp = G = D w Cp |
| Ls, Rs; Ls, D; Ls, Q | Rs + j w Ls, Rs = D w Ls |
| Lp, Rp; Lp, G; Lp, D; Lp, Q | 1 / (1/Rp - j / (w Lp)), 1/Rp = D / (w Lp) |
| Eps', Eps'' and the geometry the file states | 1 / (j w eps0 (Eps' - j Eps'') A / d) |
| Sig', Sig'' and the geometry the file states | 1 / ((Sig' + j Sig'') A / d) |

w = 2 pi f. The forms of LCR meters: Keysight, Impedance Measurement Handbook, 6th edition, table 1-1.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import isfinite

import numpy as np

from labctl.analysis.numerics.arrays import ComplexArray, FloatArray
from labctl.analysis.readers.columns import Column

VACUUM_F_M = 8.8541878128e-12
Values = Mapping[str, FloatArray]
Form = tuple[str, ...]


def _inverse(y: ComplexArray) -> ComplexArray:
    return np.asarray(1 / y, complex)


def _series(real: FloatArray, imaginary: FloatArray) -> ComplexArray:
    return real + 1j * imaginary


def _polar(modulus: FloatArray, phase: FloatArray) -> ComplexArray:
    return np.asarray(modulus * np.exp(1j * phase), complex)


def _lossy(loss: FloatArray) -> FloatArray:
    """Eps'' as a positive loss; some programs print eps' + j eps'' with eps'' < 0."""
    return -loss if np.nanmedian(loss) < 0 else loss


_FORMS: dict[Form, Callable[[FloatArray, Values], ComplexArray]] = {
    ("real", "imaginary"): lambda w, v: _series(v["real"], v["imaginary"]),
    ("modulus", "phase"): lambda w, v: _polar(v["modulus"], v["phase"]),
    ("resistance", "reactance"): lambda w, v: _series(v["resistance"], v["reactance"]),
    ("y real", "y imaginary"): lambda w, v: _inverse(_series(v["y real"], v["y imaginary"])),
    ("y modulus", "y phase"): lambda w, v: _inverse(_polar(v["y modulus"], v["y phase"])),
    ("conductance", "susceptance"): lambda w, v: _inverse(_series(v["conductance"], v["susceptance"])),
    ("rs", "reactance"): lambda w, v: _series(v["rs"], v["reactance"]),
    ("cs", "rs"): lambda w, v: _series(v["rs"], -1 / (w * v["cs"])),
    ("cs", "d"): lambda w, v: _series(v["d"], -np.ones_like(w)) / (w * v["cs"]),
    ("cs", "q"): lambda w, v: _series(1 / v["q"], -np.ones_like(w)) / (w * v["cs"]),
    ("cp", "rp"): lambda w, v: _inverse(_series(1 / v["rp"], w * v["cp"])),
    ("cp", "conductance"): lambda w, v: _inverse(_series(v["conductance"], w * v["cp"])),
    ("cp", "d"): lambda w, v: _inverse(_series(v["d"], np.ones_like(w)) * (w * v["cp"])),
    ("cp", "q"): lambda w, v: _inverse(_series(1 / v["q"], np.ones_like(w)) * (w * v["cp"])),
    ("ls", "rs"): lambda w, v: _series(v["rs"], w * v["ls"]),
    ("ls", "d"): lambda w, v: _series(v["d"], np.ones_like(w)) * (w * v["ls"]),
    ("ls", "q"): lambda w, v: _series(1 / v["q"], np.ones_like(w)) * (w * v["ls"]),
    ("lp", "rp"): lambda w, v: _inverse(_series(1 / v["rp"], -1 / (w * v["lp"]))),
    ("lp", "conductance"): lambda w, v: _inverse(_series(v["conductance"], -1 / (w * v["lp"]))),
    ("lp", "d"): lambda w, v: _inverse(_series(v["d"], -np.ones_like(w)) / (w * v["lp"])),
    ("lp", "q"): lambda w, v: _inverse(_series(1 / v["q"], -np.ones_like(w)) / (w * v["lp"])),
}
_PER_GEOMETRY: dict[Form, Callable[[FloatArray, Values], ComplexArray]] = {
    ("eps real", "eps imaginary"): lambda w, v: (
        1j * w * VACUUM_F_M * _series(v["eps real"], -_lossy(v["eps imaginary"]))
    ),
    ("sigma real", "sigma imaginary"): lambda w, v: _series(v["sigma real"], v["sigma imaginary"]),
}
_NOT_IMPEDANCE: dict[Form, str] = {
    (
        "m real",
        "m imaginary",
    ): "the columns are the electric modulus, which needs the empty cell's capacitance",
    (
        "s real",
        "s imaginary",
    ): "the columns are S-parameters (reflection), not an impedance: export Z instead",
}
_UNITLESS_LCR = ("cs", "cp", "ls", "lp")


def forms(columns: Mapping[str, Column]) -> list[Form]:
    """Every pair of columns that gives an impedance, the most direct first."""
    every = (*_FORMS, *_PER_GEOMETRY, *_NOT_IMPEDANCE)
    return [form for form in every if all(name in columns for name in form)]


def usable_forms(columns: Mapping[str, Column]) -> list[Form]:
    """The first pair, and those after it that can be compared with it: known units, no need of a geometry."""
    first, *others = forms(columns)
    return [first] + [
        form for form in others if form in _FORMS and all(isfinite(columns[name].factor) for name in form)
    ]


def is_complete(columns: Mapping[str, Column]) -> bool:
    """A frequency, and a pair of columns that gives an impedance (or something close to it)."""
    return ("frequency" in columns or "omega" in columns) and bool(forms(named(columns, "impedance")))


def named(columns: Mapping[str, Column], quantity: str) -> dict[str, Column]:
    """The columns with those named only `real`, `phase` ... as of the quantity: impedance or admittance."""
    prefix = "" if quantity == "impedance" else "y "
    result = dict(columns)
    for name in ("real", "imaginary", "modulus", "phase"):
        if f"any {name}" in result:
            column = result.pop(f"any {name}")
            meaning = _quantity_of(name, column, columns, prefix) + name
            result.setdefault(meaning, replace(column, meaning=meaning))
    return result


def _quantity_of(name: str, column: Column, columns: Mapping[str, Column], prefix: str) -> str:
    """A phase belongs to the modulus beside it, and a unit of siemens is one of admittance."""
    if column.kind:
        prefix = {"conductance": "y ", "resistance": ""}.get(column.kind, prefix)
    if name == "phase":
        if "modulus" in columns or "real" in columns:
            return ""
        if "y modulus" in columns or "y real" in columns:
            return "y "
        beside = columns.get("any modulus") or columns.get("any real")
        if beside is not None and beside.kind:
            return "y " if beside.kind == "conductance" else ""
    return prefix


def needed(columns: Mapping[str, Column]) -> list[Column]:
    """The frequency and the two columns of the first form."""
    frequency = columns["frequency"] if "frequency" in columns else columns["omega"]
    return [frequency, *(columns[name] for name in forms(columns)[0])]


def missing(columns: Mapping[str, Column]) -> str:
    """Names of the missing columns, as text."""
    held = named(columns, "impedance")
    lacking = [name for name in ("frequency", "real", "imaginary") if name not in held]
    return "no column for " + ", ".join(
        {"real": "Z'", "imaginary": "Z''"}.get(n, "the " + n) for n in lacking
    )


def frequency_hz(values: Values) -> FloatArray:
    """The (n,) frequencies, from the angular frequencies where there is no other column."""
    return values["frequency"] if "frequency" in values else values["omega"] / (2 * np.pi)


def impedances(values: Values, chosen: list[Form], length_per_area: float | None) -> list[ComplexArray]:
    """The (n,) impedance by each form; ValueError where the columns do not suffice."""
    omega = 2 * np.pi * frequency_hz(values)
    with np.errstate(all="ignore"):
        return [_impedance(omega, values, form, length_per_area) for form in chosen]


def _impedance(omega: FloatArray, values: Values, form: Form, length_per_area: float | None) -> ComplexArray:
    if form in _NOT_IMPEDANCE:
        raise ValueError(_NOT_IMPEDANCE[form])
    if form in _FORMS:
        return _FORMS[form](omega, values)
    if length_per_area is None:
        what = "permittivity" if form[0].startswith("eps") else "conductivity"
        raise ValueError(
            f"the columns are {what} and the file does not state thickness and diameter: export Z"
        )
    return length_per_area / _PER_GEOMETRY[form](omega, values)


def unit_warnings(columns: Mapping[str, Column], form: Form) -> list[str]:
    """Warnings about units that were supplied; ValueError for a capacitance or inductance without one."""
    found = []
    for name in form:
        if name in _UNITLESS_LCR and not columns[name].unit:
            raise ValueError(f"the {name.capitalize()} column has no unit (F, nF, pF; H, mH?)")
    frequency = columns.get("frequency")
    if frequency is not None and frequency.kind == "per second":
        found.append("the frequency is in 1/s and taken as Hz: an angular frequency would be 2 pi larger")
    return found
