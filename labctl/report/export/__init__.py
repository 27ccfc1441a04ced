"""Results as files for other programs: tables with unit, meaning, uncertainty and flags of every column."""
