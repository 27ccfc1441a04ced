"""Circuit elements, circuits, and their fit to one spectrum or many."""
