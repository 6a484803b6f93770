"""The world: builds the parts of a scenario, wires the nodes, and lets them run.

Everything that can be refused is refused while the world is built: before any event, and before any file is written.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from .checks import ScenarioError
from .energy import EnergyBook
from .learning.datasets import Data
from .learning.selection import Reputation, Requirement
from .learning.task import LearningTask
from .network.placement import Placement
from .nodes.computer import Computer
from .nodes.context import Context
from .nodes.device import Device
from .nodes.fabric import Fabric
from .nodes.keys import KeyService
from .nodes.ledger import Ledger
from .nodes.publisher import Publisher, TaskOffer
from .nodes.qpu import QuantumProcessor
from .nodes.rounds import Rounds
from .nodes.server import Rules, Server
from .nodes.shard import TaskShard
from .nodes.spread import Spread
from .scenario import Scenario
from .streams import Streams
from .trace import Trace
from .wiring import Wiring

__all__ = ["World"]

TASK = "task-1"
