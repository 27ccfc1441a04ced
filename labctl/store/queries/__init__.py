"""Named queries, one module for each subject.

A query takes the method that runs it: `Database.rows` gives dicts, `Database.frame` a pandas frame,
`Ledger.rows` dicts whose JSON is left as text. Each raises StoreError when the file cannot be read.
"""
