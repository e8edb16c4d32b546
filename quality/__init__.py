"""Whether data keep their contract: the rules over one row, and the gate over an accepted set.

``blueprint.rules`` turns a contract into DuckDB predicates, ``quality.gate`` judges a Parquet file by them through Great
Expectations. The other modules of this package import Great Expectations, which takes seconds, except ``verdict``.
"""
