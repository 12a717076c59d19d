"""The benchmarks behind `make bench`: see docs/benchmarks.md.

Every figure of the product stands beside one that was measured in the same run on the same rows
(the bare statement, a minimal Django view, bare reading and COPY), because a machine's speed
changes by half within minutes while the ratio of two things measured in turn hardly moves.
"""
