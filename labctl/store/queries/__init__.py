"""Named queries, one module for each subject: functions of a database or a connection that return rows."""
