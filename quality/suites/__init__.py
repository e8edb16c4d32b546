"""Expectations that a data engineer adds to the suite of a dataset, beside those that its contract makes.

A module here bears the id of a dataset, with ``_`` for ``-`` (``air_quality_hourly``), and defines
``expectations(contract)``, which yields expectations of Great Expectations. ``quality.suite`` reads it; how to write one is
in docs/guides/add-an-expectation.md.
"""
