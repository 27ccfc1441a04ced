"""Temperature laws: Arrhenius, VTF, two segments, the choice between them, the next temperature."""
