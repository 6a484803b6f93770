"""What is learned: data sets and their splits, models, local training, selection, aggregation and mixing.

Everything here is pure: no clock, no global randomness; how long things take is asked of other packages.
"""
