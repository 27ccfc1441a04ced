"""One impedance spectrum, now, at whatever temperature the sample has."""

from procedures.spectrum import SpectrumProcedure


class EIS(SpectrumProcedure):
    """One spectrum at the present temperature."""

    def execute(self) -> None:
        """Take the spectrum."""
        self.take_spectrum({"spectrum": 0, "step": 0, "branch": "isothermal"})
