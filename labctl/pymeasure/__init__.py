"""pymeasure's own Results, Worker and windows over the database."""
