"""Who acts: publisher, servers and devices as SimPy processes, and the services that carry them.

A process is a short story of ``yield`` and calls; what happens and how long it takes is asked of the pure models
in `qflsim.network`, `qflsim.learning`, `qflsim.chain`, `qflsim.crypto`, `qflsim.quantum` and `qflsim.energy`.
"""
