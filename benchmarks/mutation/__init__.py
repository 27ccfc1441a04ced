"""Parts of `benchmarks/mutants.py`: what is changed, where, which tests meet it, and what became of it."""
