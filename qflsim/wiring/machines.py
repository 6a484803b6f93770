"""What a task is computed on: QPUs for a circuit, ordinary processors for a network."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from qflsim.checks import ScenarioError
from qflsim.learning.compiling import CompiledTask, compile_task
from qflsim.learning.models import QuantumModel
from qflsim.learning.networks import Network
from qflsim.learning.neural import NeuralBackend
from qflsim.learning.stragglers import EqualSpeeds, Speeds
from qflsim.learning.task import Effort
from qflsim.nodes.arithmetic import ArithmeticProcessor
from qflsim.nodes.context import Context
from qflsim.nodes.processor import TaskProcessor
from qflsim.nodes.qpu import QuantumProcessor
from qflsim.quantum.native import NativeCircuit
from qflsim.quantum.qpu import ShotTiming
from qflsim.quantum.shots import ExactGradient
from qflsim.quantum.training import Backend, SoftmaxHead
from qflsim.scenario import LearningPlan, Scenario

from .common import Common

__all__ = ["Machines", "machines", "unused_qpus"]


class Machines(ABC):
    """The machines of one task, one at every node that trains or evaluates.

    Attributes
    ----------
    engine, trainer:
        What computes its outputs and trainings.
    head:
        What makes classes of the outputs.
    effort:
        What a sample takes.
    qubits, chip_qubits:
        Qubits that a device must have, and has; none for a network.
    native, timing:
        The circuit in native gates, and the durations of one shot; ``None`` for a network.
    """

    engine: Backend
    trainer: Backend
    head: SoftmaxHead
    effort: Effort
    qubits = 0
    chip_qubits = 0
    native: NativeCircuit | None = None
    timing: ShotTiming | None = None

    @abstractmethod
    def duration(self, submissions: Sequence[int]) -> float:
        """Time [s] of a job on a device that is as fast as the model says."""

    @abstractmethod
    def slowdown(self, common: Common, device: str) -> float:
        """Factor on the time of the jobs of a device that may ever train."""

    @abstractmethod
    def at(self, common: Common, ctx: Context, node: str) -> TaskProcessor:
        """A node's one machine of this kind, as the task uses it."""

    def check(self, scenario: Scenario) -> None:  # noqa: B027  # a processor refuses nothing
        """Ask the machine now for what it would refuse in the middle of the run."""


class Quantum(Machines):
    """QPUs."""

    def __init__(self, scenario: Scenario, model: QuantumModel, compiled: CompiledTask, classes: int) -> None:
        self._qpu = scenario.qpu
        self.engine, self.trainer, self.head = compiled.engine, compiled.trainer, model.head(classes)
        self.effort = Effort(training=compiled.circuits_per_sample, evaluation=1)
        self.native, self._timing = compiled.native, compiled.timing
        self.timing = compiled.timing
        self.qubits, self.chip_qubits = model.qubits, compiled.chip_qubits

    def duration(self, submissions: Sequence[int]) -> float:
        """By the QPU's model of time."""
        return self._qpu.run_time(submissions, self._timing).total_s

    def slowdown(self, common: Common, device: str) -> float:
        """That of its QPU."""
        return common.qpus[device].slowdown if device in common.qpus else 1.0

    def at(self, common: Common, ctx: Context, node: str) -> TaskProcessor:
        """Its QPU, which all its tasks share."""
        if node not in common.qpus:
            speeds = speeds_of(common, node)
            qpu = QuantumProcessor(common.ctx, node, speeds, self._qpu, self._timing, self.chip_qubits)
            common.qpus[node] = qpu
        return common.qpus[node].for_task(ctx, self._timing)

    def check(self, scenario: Scenario) -> None:
        """Whether the plant can control the chip."""
        self._qpu.plant.control_power(self.chip_qubits)


class Arithmetic(Machines):
    """Ordinary processors."""

    def __init__(self, scenario: Scenario, network: Network) -> None:
        self.engine = self.trainer = NeuralBackend(network)
        self.head = SoftmaxHead(network.outputs)
        self.effort = Effort(training=network.training_operations, evaluation=network.operations)
        self._compute = scenario.energy.device_compute

    def duration(self, submissions: Sequence[int]) -> float:
        """By the processor's clock."""
        return self._compute.time(self._compute.cycles(sum(submissions)))

    def slowdown(self, common: Common, device: str) -> float:
        """That of its processor."""
        return common.processors[device].slowdown if device in common.processors else 1.0

    def at(self, common: Common, ctx: Context, node: str) -> TaskProcessor:
        """Its processor, which all its tasks share."""
        if node not in common.processors:
            energy = common.scenario.energy
            compute = energy.device_compute if node in common.placement.home else energy.server_compute
            common.processors[node] = ArithmeticProcessor(common.ctx, node, speeds_of(common, node), compute)
        return common.processors[node].for_task(ctx)


def speeds_of(common: Common, node: str) -> Speeds:
    """How speeds differ at a node: servers are all as fast as the model says."""
    return common.scenario.speeds if node in common.placement.home else EqualSpeeds()


def machines(scenario: Scenario, plan: LearningPlan, classes: int) -> Machines:
    """The machines for a task's model.

    Raises
    ------
    ScenarioError
        If the model is neither a circuit nor a network, or a network is to be trained by a QPU's shots.
    """
    model, gradient = plan.model, plan.training.gradient
    if isinstance(model, QuantumModel):
        return Quantum(scenario, model, compile_task(model, scenario.qpu, gradient), classes)
    if not isinstance(model, Network):
        name = type(model).__name__
        raise ScenarioError(f"{name} must be a circuit or a network; derive it from qfl.QuantumModel or qfl.Network")
    if not isinstance(gradient, ExactGradient):
        raise ScenarioError(
            f"LocalTraining.gradient must be ExactGradient() for {type(model).__name__}, which has no shots to "
            f"estimate a gradient from, got {type(gradient).__name__}; leave it out"
        )
    return Arithmetic(scenario, model)


def unused_qpus(scenario: Scenario) -> list[str]:
    """What is said before a run in which no model is a circuit."""
    if any(isinstance(plan.model, QuantumModel) for plan in scenario.learning):
        return []
    return [
        f"No QPU takes part: every model is a classical network, trained on the devices' processors. Scenario.qpu = "
        f"{type(scenario.qpu).__name__} with its shots and noise is not used, and there is no re-evaluation on Aer."
    ]
