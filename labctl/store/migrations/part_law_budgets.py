"""The twenty-seventh schema. Laws of the parts of a resistance keep their uncertainty by source.

Frozen once released: a change is a new migration.
"""

from labctl.store.migrations.budget_columns import ADDED_TO_LAW_FITS

ADDED_TO_PART_LAWS = ADDED_TO_LAW_FITS
