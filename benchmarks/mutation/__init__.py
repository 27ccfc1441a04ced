"""Parts of `benchmarks/mutants.py`: the changes, their places, the tests that meet them, and the outcomes."""
