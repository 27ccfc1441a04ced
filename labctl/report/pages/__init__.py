"""Reports: contents of runs as sections, and their pages as HTML, PDF and Word."""
