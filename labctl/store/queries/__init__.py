"""Named queries: every SELECT and change of rows, in a module for each subject."""
