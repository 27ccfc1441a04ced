"""From a spectrum to the electrolyte's resistance, single and in a temperature series."""
