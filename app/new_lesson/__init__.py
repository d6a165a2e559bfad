"""Writes a small lesson that runs and passes all tests: `make lesson NAME=counter`."""
