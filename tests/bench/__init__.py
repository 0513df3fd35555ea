"""Benchmarks: ``python -m tests.bench [NAME...]`` measures, prints and judges nothing."""
