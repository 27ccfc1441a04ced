"""A spectrum of a results file that draws itself."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labctl.analysis import Spectrum
from labctl.report.notebook.tables import table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


class MeasuredSpectrum(Spectrum):
    """The good points of a stored spectrum. What an analysis makes of it is a `Spectrum` without figures."""

    def __init__(self, measured: Spectrum, title: str, draw: "Callable[..., Axes]") -> None:
        super().__init__(
            measured.frequency_hz,
            measured.z_ohm,
            measured.status,
            measured.warnings,
            measured.metadata,
            cell=measured.cell,
        )
        object.__setattr__(self, "_title", title)
        object.__setattr__(self, "_draw", draw)

    def plot(self, kind: str = "nyquist", **options: Any) -> "Axes":
        """Draw the spectrum with its circuit: kind `nyquist`, `bode`, `residuals` or `drt`; as `Run.plot`."""
        return self._draw(kind, **options)  # type: ignore[attr-defined]  # set by object.__setattr__

    def plot_nyquist(self, **options: Any) -> "Axes":
        """Draw Nyquist; options of `Run.plot`."""
        return self.plot("nyquist", **options)

    def plot_bode(self, **options: Any) -> "Axes":
        """Draw modulus and phase; options of `Run.plot`."""
        return self.plot("bode", **options)

    def plot_residuals(self, **options: Any) -> "Axes":
        """Draw points minus circuit; options of `Run.plot`."""
        return self.plot("residuals", **options)

    def to_frame(self) -> "pd.DataFrame":
        """Return `frequency_hz`, `z_real_ohm`, `z_imag_ohm`, a row for each point."""
        from labctl.store.pandas_needed import pandas

        return pandas().DataFrame(
            {"frequency_hz": self.frequency_hz, "z_real_ohm": self.z_ohm.real, "z_imag_ohm": self.z_ohm.imag}
        )

    def _repr_html_(self) -> str:
        title: str = self._title  # type: ignore[attr-defined]  # set by object.__setattr__
        points = zip(self.frequency_hz, self.z_ohm, strict=True)
        rows = [[f"{hz:.6g}", f"{z.real:.6g}", f"{z.imag:.6g}"] for hz, z in points]
        return table(title, ["frequency / Hz", "Z' / ohm", "Z'' / ohm"], rows, "; ".join(self.warnings))
