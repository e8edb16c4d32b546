"""Benchmarks: our work and a peer's, side by side in one run, each side in its own process, as ratios of medians."""
