"""The archive: ended runs of many results files as a Parquet dataset, on a disk or any fsspec address.

1. A series (a run with the runs that continue it) is one version: a Parquet file for each table with rows.
   Files are named by series and version and never change. A version is named by the hash of its content.
2. A version counts once its entry, a small JSON file written last, is there. An entry names the versions
   that it replaces. A kill at any moment leaves the entries that were there before.
3. Nothing is locked. Writers that add one series at the same time leave two entries; each writer looks again
   after it has written its own and unites what it finds.
"""
