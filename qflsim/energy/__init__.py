"""What every act in the world costs in joules, and the book in which it is written down.

Pure models: each turns a duration, a size or a number of cycles into joules; `EnergyBook` adds them up by node and
cause. Nothing here knows a clock.
"""

from .battery import Battery, Store
from .book import CAUSES, EnergyBook
from .computing import ComputeEnergy
from .gear import EntanglementEnergy, FibreEnergy, QKDEnergy
from .plant import PlantPower
from .radio import MacroStationEnergy, RadioEnergy, StationEnergy

__all__ = [
    "CAUSES", "Battery", "ComputeEnergy", "EnergyBook", "EntanglementEnergy", "FibreEnergy", "MacroStationEnergy",
    "PlantPower", "QKDEnergy", "RadioEnergy", "StationEnergy", "Store",
]  # fmt: skip
