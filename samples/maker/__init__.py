"""Builders and cases behind `samples/make_checkpoints.py`. Standard library only."""
