"""Named queries, by subject: functions of an open file that return rows."""
