"""Settings left at instruments by people and other programs, and the judge of drivers that meet them."""
