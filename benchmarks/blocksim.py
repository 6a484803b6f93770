"""Events per second of BlockSim, whose proof of work stands beside ours in `agreement.py`.

BlockSim [1]_ is no part of qflsim: fetch it (github.com/maher243/BlockSim) and give its folder. Its Bitcoin model runs
without transactions, n equal miners, a block every 20 s and delays of 0.42 s on average; each block made and each block
received is an event.

Usage: python benchmarks/blocksim.py FOLDER [--miners 10] [--blocks 100]

References
----------
.. [1] M. Alharby, A. van Moorsel, "BlockSim: an extensible simulation tool for blockchain systems", Frontiers in
   Blockchain 3 (2020).
"""

import argparse
import importlib
import sys
import time
import types
from typing import Any

INTERVAL = 20.0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", help="BlockSim's folder")
    parser.add_argument("--miners", type=int, default=10, help="miners")
    parser.add_argument("--blocks", type=int, default=100, help="blocks to wait for, on average")
    options = parser.parse_args()
    sys.path.insert(0, options.folder)
    events, seconds = run(settings(options.blocks), options.miners)
    print(f"{events} events in {seconds:.3f} s of processor time: {events / seconds:.0f} events/s")
    return 0


def settings(blocks: int) -> Any:
    """What BlockSim reads from its module of settings, put in that module's place."""
    module: Any = types.ModuleType("InputsConfig")
    module.InputsConfig = type(
        "InputsConfig",
        (),
        {
            "model": 1, "Binterval": INTERVAL, "Bsize": 1.0, "Bdelay": 0.42, "Breward": 12.5, "hasTrans": False,
            "Ttechnique": "Light", "Tn": 10, "Tdelay": 5.1, "Tfee": 0.000062, "Tsize": 0.000546, "Nn": 0, "NODES": [],
            "simTime": INTERVAL * blocks, "Runs": 1,
        },
    )  # fmt: skip
    sys.modules["InputsConfig"] = module
    return module.InputsConfig


def run(config: Any, miners: int) -> tuple[int, float]:
    """Events handled, and the processor time [s] that they took."""
    node = importlib.import_module("Models.Bitcoin.Node").Node
    config.NODES = [node(id=i, hashPower=1.0) for i in range(miners)]
    config.Nn = miners
    commit = importlib.import_module("Models.Bitcoin.BlockCommit").BlockCommit
    queue = importlib.import_module("Event").Queue
    node.generate_gensis_block()
    began = time.process_time()
    commit.generate_initial_events()
    events = 0
    while not queue.isEmpty():
        event = queue.get_next_event()
        commit.handle_event(event)
        queue.remove_event(event)
        events += 1
    return events, time.process_time() - began


if __name__ == "__main__":
    sys.exit(main())
