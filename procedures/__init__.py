"""Experiments, one file each: pymeasure procedures that read like a description of the experiment."""
