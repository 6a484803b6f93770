"""Sweeps: every combination of settings, several replications each, on all cores or a cluster, into one folder.

`arguments` says what a sweep may be called with, `points` what is run, `identity` what makes two points the same, by
the user's `modules` and `code` among others; `store` what a sweep's folder holds, `whole` whether a finished point is
what it was, `packing` how a scenario travels, `worker` what a process does with one point, `crews` who carries the
points out, `tables` what stands there in the end.
"""
