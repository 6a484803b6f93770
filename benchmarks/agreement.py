"""How many messages per second the agreement protocols handle on one core, beside SimPy with nothing in it.

Three ways to pass a message: SimPy alone (a time-out with a callback, nobody listening), replicas on the network in
memory (`qflsim.chain.loopback`), and the same replicas on SimPy's clock. Chained HotStuff begins heights ahead in
memory, so that its blocks overlap. BlockSim, if its folder is given, runs its proof of work (`blocksim.py`). All times
are processor time of this process, so that other load on the machine matters little; each rate is the median of
several runs, with the best of them behind it.

Usage: python benchmarks/agreement.py [--validators 4 16 100] [--messages 60000] [--repeats 5] [--blocksim FOLDER]
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import simpy

from qflsim.chain.agreement import Agreement, Broadcast, CancelTimer, Effects, Message, Proposal, Send, SetTimer
from qflsim.chain.authority import ProofOfAuthority
from qflsim.chain.chainedhotstuff import ChainedHotStuff
from qflsim.chain.hotstuff import HotStuff
from qflsim.chain.loopback import Loopback
from qflsim.chain.pbft import PBFT
from qflsim.chain.proofofstake import ProofOfStake
from qflsim.chain.proofofwork import ProofOfWork
from qflsim.chain.raft import Raft
from qflsim.chain.tendermint import Tendermint

PATIENT = 1e6
AHEAD = 16
PROTOCOLS: dict[str, Agreement] = {
    "PBFT": PBFT(view_timeout=PATIENT),
    "Tendermint": Tendermint(view_timeout=PATIENT),
    "HotStuff": HotStuff(view_timeout=PATIENT),
    "chained HotStuff": ChainedHotStuff(view_timeout=PATIENT),
    "Raft": Raft(election_timeout=PATIENT),
    "proof of authority": ProofOfAuthority(view_timeout=PATIENT),
    "proof of work": ProofOfWork(interval=20.0),
    "proof of stake": ProofOfStake(slot=4.0),
}
LOTTERIES = (ProofOfWork, ProofOfStake)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--validators", type=int, nargs="+", default=[4, 16, 100], help="sizes of the committee")
    parser.add_argument("--messages", type=int, default=60_000, help="messages per measurement, at least")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each measurement")
    parser.add_argument("--blocksim", help="folder of BlockSim, to be run beside")
    options = parser.parse_args()
    print(f"load when begun: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"Python {platform.python_version()}, SimPy {simpy.__version__}, {platform.machine()}")
    print(f"median (best) of {options.repeats} runs\n")
    print(f"SimPy alone: {rate(lambda: bare(options.messages), options.repeats)} messages/s\n")
    print("| protocol | validators | one decision [messages] | in memory [messages/s] | on SimPy [messages/s] |")
    print("|---|---|---|---|---|")
    for name, protocol in PROTOCOLS.items():
        for n in options.validators:
            row(name, protocol, n, options)
    for miners in options.validators if options.blocksim else ():
        print(f"BlockSim, {miners} miners: {blocksim(options.blocksim, miners)}", flush=True)
    return 0


def blocksim(folder: str, miners: int) -> str:
    """What `blocksim.py` says of as many blocks as take some seconds."""
    script = Path(__file__).with_name("blocksim.py")
    arguments = [folder, "--miners", str(miners), "--blocks", "1000" if miners < 50 else "100"]
    done = subprocess.run([sys.executable, str(script), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def row(name: str, protocol: Agreement, n: int, options: argparse.Namespace) -> None:
    members = tuple(f"v{i}" for i in range(n))
    one = decide(protocol, members, heights=1)
    heights = -(-options.messages * AHEAD // decide(protocol, members, heights=AHEAD))
    in_memory = rate(lambda: decide(protocol, members, heights), options.repeats)
    on_simpy = ""
    if not isinstance(protocol, LOTTERIES):
        on_simpy = rate(lambda: OnSimPy(protocol, members).run(heights), options.repeats)
    print(f"| {name} | {n} | {one:,} | {in_memory} | {on_simpy} |", flush=True)


def rate(work: Callable[[], int], repeats: int) -> str:
    """Messages per second of processor time in several runs of ``work``, which returns its messages: median (best)."""
    rates = []
    for _ in range(repeats):
        began = time.process_time()
        done = work()
        rates.append(done / (time.process_time() - began))
    return f"{statistics.median(rates):,.0f} ({max(rates):,.0f})"


def bare(messages: int) -> int:
    """As many time-outs with a callback that does nothing, a thousand under way at a time."""
    env, left = simpy.Environment(), [messages]

    def arrived(_: simpy.Event) -> None:
        if left[0] > 0:
            left[0] -= 1
            env.timeout(1.0).callbacks.append(arrived)

    for _ in range(1000):
        env.timeout(1.0).callbacks.append(arrived)
    env.run()
    return messages


def decide(protocol: Agreement, members: tuple[str, ...], heights: int) -> int:
    """Decide block after block on the network in memory, a delay of 1 s each message; returns messages sent."""
    network = Loopback(protocol, members)
    ahead = AHEAD if isinstance(protocol, ChainedHotStuff) else 0
    stop = network.all_decided if isinstance(protocol, LOTTERIES) else None
    network.run(until=1e9, heights=heights, ahead=ahead, stop=stop)
    if len(network.decided) != heights:
        raise SystemExit(f"{protocol.name}: {len(network.decided)} of {heights} heights decided")
    return network.sent.total()


class OnSimPy:
    """The same replicas with SimPy's clock between them: an event with a callback per message and timer."""

    def __init__(self, protocol: Agreement, members: tuple[str, ...]) -> None:
        self.env = simpy.Environment()
        self.members = members
        self.replicas = {name: protocol.replica(name, members) for name in members}
        self.sent = 0
        self.height = 0

    def run(self, heights: int) -> int:
        """Decide block after block; returns messages sent."""
        for self.height in range(heights):
            for name, replica in self.replicas.items():
                self.perform(name, replica.start(self.env.now, Proposal(f"block {self.height}", 1000), self.height))
            self.env.run(until=self.env.now + 10.0)
        return self.sent

    def perform(self, name: str, effects: Effects) -> None:
        """Carry out what a replica asks for."""
        for effect in effects:
            match effect:
                case Broadcast(message=message):
                    for other in self.members:
                        if other != name:
                            self.send(other, message)
                case Send(to=to, message=message):
                    self.send(to, message)
                case SetTimer() | CancelTimer():
                    pass  # nobody is late: no timer runs out

    def send(self, to: str, message: Message) -> None:
        """One event per message."""
        self.sent += 1
        arrived = self.env.timeout(1.0)
        arrived.callbacks.append(lambda _: self.perform(to, self.replicas[to].handle(self.env.now, message)))


if __name__ == "__main__":
    sys.exit(main())
