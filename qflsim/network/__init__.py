"""Where nodes stand and what carries their messages: radio cells, sidelinks between devices, fibre.

Pure models: rates, delays and queues as functions of distances, sizes and named random streams. Nothing here
knows a clock; the two queues (`SharedBand`, `FifoQueue`) are told the time.
"""

from .areas import Area, Disc, Rectangle
from .background import BackgroundTraffic, CellBackground
from .backhaul_graphs import BackhaulGraph, FullMesh, LineGraph, RingGraph, StarGraph, WaxmanGraph
from .buildings import Buildings, wall_loss
from .capacity import DOWNLINK, UPLINK, TruncatedShannon, airtime, noise_power, truncated_shannon
from .cell import Channel, RadioCell
from .crowd import Crowd
from .earth import GroundSite
from .edge_list import EdgeList
from .failures import LinkFailures
from .fibre import Backhaul, Fibre, FifoQueue
from .field import RandomField
from .handover import Handover, Monitor
from .indoor import IndoorOffice, indoor_los_probability, indoor_path_loss
from .interference import Interference, coupled_loads, noise_rise
from .layouts import GeographicSites, HexagonalSites, LineSites, RingSites, SiteLayout
from .link import LinkModel, Quality
from .mobility import Knot, Mobility, RandomWaypoint, Static, Trajectory
from .optics import OpticalDownlink
from .orbit import Look, Orbit, Pass
from .placement import DenseCell, Placement, device_name, server_name
from .propagation import (
    sidelink_los_probability,
    sidelink_path_loss,
    umi_breakpoint,
    umi_los_probability,
    umi_path_loss,
)
from .propagation_macro import uma_breakpoint, uma_los_probability, uma_path_loss
from .radio import UrbanMacro, UrbanMicro
from .relay import SatelliteRelay
from .satellite import Contact, Satellite
from .sharing import SharedBand
from .sidelink import Sidelink
from .surroundings import Surroundings
from .terahertz import SubTerahertz, close_in_path_loss
from .timing import SlotTiming
from .tracks import MobilityTrace

__all__ = [
    "DOWNLINK", "UPLINK", "Area", "BackgroundTraffic", "Backhaul", "BackhaulGraph", "Buildings", "CellBackground",
    "Channel", "Contact", "Crowd", "DenseCell", "Disc", "EdgeList", "Fibre", "FifoQueue", "FullMesh",
    "GeographicSites", "GroundSite", "Handover", "HexagonalSites", "IndoorOffice", "Interference", "Knot",
    "LineGraph", "LineSites", "LinkFailures", "LinkModel", "Look", "Mobility", "MobilityTrace", "Monitor",
    "OpticalDownlink", "Orbit", "Pass", "Placement", "Quality", "RadioCell", "RandomField", "RandomWaypoint",
    "Rectangle", "RingGraph", "RingSites", "Satellite", "SatelliteRelay", "SharedBand", "Sidelink", "SiteLayout",
    "SlotTiming", "StarGraph", "Static", "SubTerahertz", "Surroundings", "Trajectory", "TruncatedShannon",
    "UrbanMacro", "UrbanMicro", "WaxmanGraph", "airtime", "close_in_path_loss", "coupled_loads", "device_name",
    "indoor_los_probability", "indoor_path_loss", "noise_power", "noise_rise", "server_name",
    "sidelink_los_probability", "sidelink_path_loss", "truncated_shannon", "uma_breakpoint", "uma_los_probability",
    "uma_path_loss", "umi_breakpoint", "umi_los_probability", "umi_path_loss", "wall_loss",
]  # fmt: skip
