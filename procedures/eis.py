"""One impedance spectrum at the present temperature of the sample."""

from procedures.spectrum import SpectrumProcedure


class EIS(SpectrumProcedure):
    """One spectrum at the present temperature."""

    def execute(self) -> None:
        """Measure the spectrum."""
        self.take_spectrum({"spectrum": 0, "step": 0, "branch": "isothermal"})
