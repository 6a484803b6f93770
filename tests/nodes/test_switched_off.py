"""A computer without power: no time, no joules, and whoever waits for it goes on."""

import simpy

from qflsim.crypto.processors import CortexM4
from qflsim.crypto.signatures import MLDSA
from qflsim.energy import ComputeEnergy, EnergyBook
from qflsim.nodes.computer import Computer
from qflsim.nodes.context import Context
from qflsim.streams import Streams
from qflsim.trace import Trace


def test_a_computer_that_is_off_takes_no_time_and_no_energy():
    ctx = Context(simpy.Environment(), Trace(), EnergyBook(), Streams(1))
    computer, done = Computer(ctx, "device-1-1", CortexM4(), ComputeEnergy(), MLDSA(level=65)), []
    computer.sign(lambda: done.append(ctx.now))
    ctx.env.run()
    spent = ctx.energy.total()
    assert done[0] > 0.0 and spent > 0.0
    computer.off = True
    computer.sign(lambda: done.append(ctx.now))
    computer.verify(3, lambda: done.append(ctx.now))
    ctx.env.run()
    assert done == [done[0]] * 3
    assert ctx.energy.total() == spent
