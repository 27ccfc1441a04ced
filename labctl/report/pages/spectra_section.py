"""The section with the figures of the spectra."""

from labctl.readmodel.circuit_curve import fitted_anew
from labctl.report.figures.spectra import drawn_spectra
from labctl.report.pages.content import RunContent
from labctl.report.pages.document import Block, Paragraph
from labctl.report.pages.pictures import picture
from labctl.report.pages.words import Words


def spectra(content: RunContent, words: Words) -> list[Block]:
    """Return Nyquist, Bode, residuals and distributions of relaxation times."""
    run = content.run
    if not any(curve.z_ohm.size for curve in run.spectra):
        return [Paragraph(words("missing.spectra"), "missing")]
    shown = drawn_spectra([run])
    fitted = sum(bool(curve.fit_z_ohm.size) for curve in run.spectra)
    counts = {"fitted": fitted, "spectra": len(run.spectra), "normalised": shown.is_normalised}
    counts["anew"] = fitted_anew(run.spectra)
    blocks: list[Block] = [picture("nyquist", content, words, **counts)]
    blocks.append(picture("bode", content, words))
    if fitted:
        blocks.append(picture("residuals", content, words, **counts))
    if any(curve.relaxation is not None for curve in run.spectra):
        blocks.append(picture("drt", content, words))
    else:
        blocks.append(Paragraph(words("missing.drt"), "missing"))
    if shown.left_out:
        blocks.append(Paragraph(words("missing.left_out", count=shown.left_out), "missing"))
    return blocks
