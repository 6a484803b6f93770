"""Sweeps: every combination of settings, several replications each, on all cores or a cluster, into one folder.

`points` says what is run, `identity` what makes two points the same, `store` what a sweep's folder holds, `worker` what
a process does with one point, `crews` who carries the points out, `tables` what stands there in the end.
"""
