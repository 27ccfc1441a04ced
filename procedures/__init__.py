"""Experiments, one file each: a pymeasure Procedure that reads like the experiment told aloud."""
