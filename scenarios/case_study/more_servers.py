"""When do star, circle and random graph differ? A ring of three servers is the complete graph; one of fifteen is not.

Servers keep their own models, and every server's devices hold their own mixture of digits, so that what a server does
not hear of it does not know. The star comes as the paper has it, one server that collects all models and hands back
their mean, and as the star graph, over which servers average with the one in the middle alone.
"""

from dataclasses import replace

from paper_system import CIRCLE, RANDOM, scenario as three_servers

import qflsim as qfl

scenario = replace(
    three_servers,
    rounds=50,
    topology=replace(three_servers.topology, devices_per_server=2),
    data=replace(three_servers.data, split=qfl.Dirichlet(alpha=0.5)),
)
variants = {
    "star": replace(scenario, mixing=qfl.Star()),
    "star graph": replace(scenario, mixing=qfl.Spokes()),
    "circle": replace(scenario, mixing=CIRCLE),
    "circle 4 steps": replace(scenario, mixing=qfl.Ring(steps=4)),
    "random": replace(scenario, mixing=RANDOM),
}
axes = {"topology.servers": (3, 5, 9, 15)}
