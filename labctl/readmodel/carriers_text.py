"""The carriers of a sample in lines of text."""

from labctl.analysis.transport.carriers import Verdict
from labctl.readmodel.carriers import Carriers, Line
from labctl.readmodel.formatting import celsius

NOT_KNOWN = "what carries the current cannot be said"


def carriers_in_words(found: Carriers) -> list[str]:
    """Return one line for each measurement, with presumptions and flags below, then the verdicts."""
    named = f", cation {found.cation}" if found.cation else ""
    lines = [f"{found.sample}{named}: {len(found.lines)} measurement(s) about its carriers"]
    for line in found.lines:
        lines += [f"* {measurement_in_words(line)}", f"    presumes: {line.presumes}"]
        lines += [f"    ! {flag}" for flag in line.flags]
    for kelvin, verdict in found.verdicts:
        lines.append(verdict_title(kelvin))
        lines += [f"  {said}" for said in verdict_in_words(verdict)]
    return lines


def measurement_in_words(line: Line) -> str:
    """Return the measurement with its temperature."""
    return line.text + ("" if line.temperature_k is None else f" at {celsius(line.temperature_k)} °C")


def verdict_title(temperature_k: float | None) -> str:
    """Return `Verdict`, with its temperature where it is known."""
    return "Verdict" + ("" if temperature_k is None else f" at {celsius(temperature_k)} °C")


def verdict_in_words(verdict: Verdict) -> list[str]:
    """Return statements, broken presumptions, contradictions, and conductors that are not excluded."""
    lines = [*verdict.statements] or [NOT_KNOWN]
    lines += [f"presumption does not hold: {why}" for why in verdict.broken]
    lines += [f"contradiction: {pair}" for pair in verdict.contradictions]
    return lines + [f"not excluded: {conductor}" for conductor in verdict.not_excluded]
