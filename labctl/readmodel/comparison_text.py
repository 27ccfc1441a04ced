"""Comparisons of runs as lines of text: with the first run, and with published conductivities."""

import math
from collections.abc import Sequence

from labctl.readmodel.across_runs import OverviewRun
from labctl.readmodel.best_numbers import FORMS
from labctl.readmodel.comparing import BesideLiterature, RunComparison
from labctl.readmodel.literature import source
from labctl.units import ZERO_CELSIUS_K

S_CM = 0.01  # S/cm of one S/m


def comparison_lines(comparison: RunComparison) -> list[str]:
    """Return the names of both runs, and a line for each ratio, the energies and each remark."""
    first, other = comparison.first, comparison.other
    lines = [f"run {other.id} ({other.sample['name']}) / run {first.id} ({first.sample['name']})"]
    for ratio in comparison.ratios:
        low, high = ratio.ratio.interval()
        where = f"{ratio.temperature_k - ZERO_CELSIUS_K:.1f} °C"
        numbers = f"{ratio.first.value * S_CM:.3e} -> {ratio.second.value * S_CM:.3e} S/cm"
        interval = f"{ratio.ratio.value:.4g}, 95 % {low:.4g} to {high:.4g}"
        lines.append(f"  {where:>9}  {numbers}  ratio {interval}: {judged(ratio.is_real, ratio.p_value)}")
    if comparison.energy is not None:
        difference = comparison.energy.difference_ev
        form = FORMS.get(first.law["form"], "") if first.law else ""
        low, high = difference.interval()
        real = None if math.isnan(comparison.energy.p_value) else comparison.energy.p_value < 0.05
        lines.append(
            f"  Ea of {form} differs by {difference.value:+.4f} eV, 95 % {low:+.4f} to {high:+.4f}: "
            f"{judged(real, comparison.energy.p_value)}"
        )
    return lines + [f"  {remark}" for remark in comparison.remarks]


def judged(is_real: bool | None, p_value: float) -> str:
    """Return whether a difference is real, with the probability that it is chance."""
    if is_real is None:
        return "an uncertainty is not known, so nothing says whether the difference is real"
    probability = f"p = {p_value:.2g}" if p_value > 1e-6 else "p < 1e-6"
    return f"{'real' if is_real else 'may be chance'} ({probability})"


def literature_lines(beside: Sequence[BesideLiterature], runs: Sequence[OverviewRun]) -> list[str]:
    """Return a line for each published conductivity within the temperatures of a run, with ratios to it."""
    lines = []
    for each in beside:
        published = each.published
        ratios = [
            f"run {run.id} / it = {ratio:.3g}"
            for run, ratio in zip(runs, each.ratios, strict=True)
            if ratio is not None
        ]
        if ratios and published.temperature_k and published.conductivity_s_m:
            sigma = f"{published.conductivity_in_words} {published.conductivity_s_m * S_CM:.3g}".strip()
            at = f"{sigma} S/cm at {published.temperature_k - ZERO_CELSIUS_K:g} °C"
            numbers = ", ".join(map(str, published.references))
            lines.append(f"  {published.material} [{numbers}]: {at}; {', '.join(ratios)}")
    outside = sum(all(ratio is None for ratio in each.ratios) for each in beside)
    title = f"LITERATURE: {source()}"
    return [title, *lines, f"  {outside} published value(s) of the ion outside the temperatures measured"]
