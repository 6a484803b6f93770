"""What the guide to moving devices shows works as it stands there."""

import math
import re
from pathlib import Path

import qflsim as qfl
from qflsim.streams import Streams

GUIDE = Path(__file__).parent.parent / "docs" / "guides" / "mobility.md"
WALKERS, FROM_SUMO, OF_YOUR_OWN = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)

FCD = """<?xml version="1.0" encoding="UTF-8"?>
<fcd-export>
    <timestep time="0.00">
        <vehicle id="car.0" x="510.00" y="498.00" angle="90.00" type="DEFAULT_VEHTYPE" speed="0.00" lane="a_0"/>
        <person id="ped.0" x="500.00" y="500.00" angle="0.00" speed="1.00" edge="b"/>
    </timestep>
    <timestep time="1.00">
        <vehicle id="car.0" x="520.00" y="498.00" angle="90.00" type="DEFAULT_VEHTYPE" speed="10.00" lane="a_0"/>
        <vehicle id="car.1" x="0.00" y="0.00" angle="90.00" type="DEFAULT_VEHTYPE" speed="10.00" lane="a_0"/>
    </timestep>
</fcd-export>
"""


def test_the_scenario_of_the_guide_moves():
    names = {}
    exec(WALKERS, names)
    assert names["scenario"].moves
    assert not qfl.Scenario(name="still").moves


def test_tracks_come_out_of_sumo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("fcd.xml").write_text(FCD)
    exec(FROM_SUMO, {})
    trace = qfl.MobilityTrace(file="tracks.csv")
    trace.check_devices(["device-1-1", "device-1-2", "device-1-3"])
    car = trace.trajectory("device-1-1", (0.0, 0.0), (0.0, 0.0), Streams(1))
    assert (car.at(0.0), car.at(0.5), car.at(9.0)) == ((10.0, -2.0), (15.0, -2.0), (20.0, -2.0))


def test_a_movement_of_ones_own_goes_to_and_fro():
    names = {"__name__": "guide"}
    exec(OF_YOUR_OWN, names)
    way = names["Patrol"](speed=2.0).trajectory("device-1-1", (30.0, 40.0), (0.0, 0.0), Streams(1))
    assert way.at(0.0) == way.at(50.0) == (30.0, 40.0)
    assert math.hypot(*way.at(25.0)) == 0.0
