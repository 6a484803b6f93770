import dataclasses

import pytest
from hypothesis import given, strategies as st

from qflsim.energy import PlantPower
from qflsim.quantum.qpu import QPU, EdgeQPU, IBMSnapshot, JobTime, ShotTiming, job_time
from qflsim.units import kW, ms, ns, us

# Medians of the snapshots: (one-qubit, two-qubit, readout, reset) in ns
TORINO, FEZ, BOSTON = (32, 68, 1560, 1708), (24, 84, 1560, 1584), (32, 68, 2200, 2232)
SHERBROOKE = (256 * 2 / 9, 2400 * 2 / 9, 1216, 1273)  # gates are whole multiples of its 2/9 ns clock


def timing(device):
    one, two, readout, reset = device
    return ShotTiming(
        circuit_s=(20 * one + 10 * two) * ns, readout_s=readout * ns, reset_s=reset * ns, repetition_s=250 * us
    )


def test_ibm_usage_formula():
    # 24 parameters, two-term rule, 1024 shots, one sample: 49,152 executions of 100 us and 250 us delay
    shot = ShotTiming(circuit_s=100 * us, readout_s=0.0, repetition_s=250 * us)
    time = IBMSnapshot(shots=1024).run_time([48], shot)
    assert time.total_s == pytest.approx(19.2032, abs=1e-9)
    assert (time.overhead_s, time.repetition_s) == (2.0, pytest.approx(49_152 * 250e-6))


@pytest.mark.parametrize(
    ("device", "published"), [(TORINO, 3.04279), (FEZ, 3.04228), (SHERBROOKE, 3.06070), (BOSTON, 3.04756)]
)
def test_published_job_times(device, published):
    assert IBMSnapshot(shots=4096).run_time([1], timing(device)).total_s == pytest.approx(published, abs=1e-5)


def test_parts_of_the_time():
    time = IBMSnapshot(shots=1000).run_time([1], timing(TORINO))
    assert time.circuit_s == pytest.approx(1000 * 1.32 * us)
    assert time.readout_s == pytest.approx(1000 * 3.268 * us)
    assert time.repetition_s == pytest.approx(0.25)
    gates_share = time.circuit_s / (time.total_s - time.overhead_s)
    assert gates_share < 0.02


def test_energy_of_a_torino_job():
    qpu = IBMSnapshot(snapshot="torino", shots=4096)
    seconds = qpu.run_time([1], timing(TORINO)).total_s
    energy = qpu.plant.control_energy(133, seconds) + qpu.plant.cooling_energy(133, seconds)
    assert energy == pytest.approx(76_070, abs=1)


def test_edge_qpu_resets_actively_and_fills_the_chip():
    time = EdgeQPU(shots=1000).run_time([33], timing(TORINO))
    assert time.repetition_s == 0.0
    assert time.overhead_s == pytest.approx(10 * ms)
    # 33 circuits in passes of 32: two passes of 1000 shots of 4.588 us
    assert time.total_s - time.overhead_s == pytest.approx(2 * 1000 * 4.588 * us)


def test_repetition_delay_of_ones_own_and_of_the_snapshot():
    assert IBMSnapshot(shots=1, repetition_delay=100 * us).run_time([1], timing(TORINO)).repetition_s == 100 * us
    assert EdgeQPU(shots=1, repetition_delay=None).run_time([1], timing(TORINO)).repetition_s == 250 * us


@given(
    submissions=st.lists(st.integers(1, 200), max_size=8),
    shots=st.integers(1, 5000),
    copies=st.integers(1, 40),
)
def test_time_is_additive_and_monotone(submissions, shots, copies):
    shot = timing(TORINO)
    whole = job_time(submissions, shots, copies, 2.0, None, shot)
    parts = [job_time([circuits], shots, copies, 2.0, None, shot) for circuits in submissions]
    assert whole.total_s == pytest.approx(sum(part.total_s for part in parts))
    assert whole.total_s <= job_time(submissions, shots, 1, 2.0, None, shot).total_s + 1e-9
    # submissions one after the other share no pass
    assert whole.total_s >= job_time([sum(submissions)] if submissions else [], shots, copies, 2.0, None, shot).total_s


def test_without_active_reset_its_time_is_left_out():
    with_reset = IBMSnapshot(shots=1).run_time([1], timing(TORINO))
    without = IBMSnapshot(shots=1, active_reset=False).run_time([1], timing(TORINO))
    assert with_reset.total_s - without.total_s == pytest.approx(1708 * ns)


def test_shots_that_nothing_separates_are_refused():
    with pytest.raises(ValueError, match=r"repetition_delay of 0 s without an active reset .* active_reset=True"):
        EdgeQPU(active_reset=False).run_time([1], timing(TORINO))


def test_refusals():
    with pytest.raises(ValueError, match=r"at least one circuit, got \[3, 0\]"):
        IBMSnapshot().run_time([3, 0], timing(TORINO))
    with pytest.raises(ValueError, match=r"ShotTiming\.circuit_s must be >= 0 s"):
        ShotTiming(circuit_s=-1.0, readout_s=0.0, repetition_s=0.0)
    with pytest.raises(ValueError, match=r"EdgeQPU\.copies must be >= 1"):
        EdgeQPU(copies=0)
    with pytest.raises(TypeError, match=r"IBMSnapshot\.shots must be a whole number"):
        IBMSnapshot(shots=0.5)


def test_a_qpu_of_ones_own():
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class TrappedIon(QPU):
        """AQT's 12-qubit rack: 5.5 shots a second, below 2 kW."""

        shot_rate: float = 5.5
        plant: PlantPower = PlantPower(total=2 * kW, control_per_qubit=0.0)

        def run_time(self, submissions, timing):
            seconds = sum(submissions) * self.shots / self.shot_rate
            return JobTime(overhead_s=0.0, circuit_s=seconds, readout_s=0.0, repetition_s=0.0)

    ion = TrappedIon(shots=1)
    assert ion.plant.cooling_energy(12, ion.run_time([1], timing(TORINO)).total_s) == pytest.approx(363.6, abs=0.1)
