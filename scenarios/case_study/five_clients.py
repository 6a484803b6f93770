"""Does it matter whether the paper means five clients at each of three servers, or five in all?

The other reading of its figures: two, two and one device at the three servers.
"""

from dataclasses import replace

from paper_system import quantum_methods, scenario as fifteen

scenario = replace(fifteen, topology=replace(fifteen.topology, devices_per_server=(2, 2, 1)))
variants = quantum_methods(scenario)
axes = {}
