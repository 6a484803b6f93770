"""The sentences of a summary, block by block; each number in them is computed from the tables."""

from collections.abc import Iterator
from typing import Any

from qflsim.breakdown import QPU_PARTS, read_time_by_part
from qflsim.readable import share, show, show_time
from qflsim.tables import read_table

from .contract import contract_sentences
from .entanglement import entanglement_sentences
from .keys import key_sentences
from .movement import battery_sentences, movement_sentences
from .participation import participation_sentences
from .propagation import propagation_sentences
from .quantum import quantum_sentences
from .reading import RunTables, carried_bit
from .satellites import satellite_sentences
from .shards import shard_sentences
from .storage import storage_sentences
from .waiting import waiting_sentences

__all__ = ["BLOCKS", "texts_of"]


_ALIKE = 1e-3
"""Below this part of what it was before mixing, a disagreement is not worth a sentence."""


def _learning(run: RunTables) -> Iterator[str]:
    tasks = run.tasks
    for task in tasks:
        if len(tasks) > 1:
            yield f"Task {task}:"
        yield from _learnt(run.of_task(task))


def _learnt(run: RunTables) -> Iterator[str]:
    last, initial = run.last, run.initial
    if run.isolated:
        yield f"Every device trained alone: on average their own models classify {share(last.accuracy, 1.0)}"
        yield f"of the test samples, {_apart(last)}, after"
    else:
        yield f"The global model classifies {share(last.accuracy, 1.0)} of the test samples after"
    yield f"{show_time(last.ended_s)} of simulated time, with a loss of {last.loss:.4f} nat."
    if initial is not None:
        yield f"{'They' if run.isolated else 'It'} began at {share(initial.accuracy, 1.0)} and {initial.loss:.4f} nat."
    best = next(run.rounds.nlargest(1, "accuracy").itertuples())
    if best.accuracy > last.accuracy:
        was = "They were" if run.isolated else "It was"
        yield f"{was} best after round {best.round}, at {share(best.accuracy, 1.0)}."
    if last.disagreement_after > _ALIKE * last.disagreement_before:
        yield f"In the last round the servers' models came {last.disagreement_before:.3g} from their mean into mixing"
        yield f"and left it {last.disagreement_after:.3g} from it."
        yield f"They classify {share(last.own_accuracy, 1.0)} on average, {_apart(last)}."


def _apart(row: Any) -> str:
    """The worst and the best of the models that nodes have of their own."""
    return f"the worst {share(row.own_accuracy_min, 1.0)}, the best {share(row.own_accuracy_max, 1.0)}"


def _aer(run: RunTables) -> Iterator[str]:
    check = run.about.get("aer")
    which = "The final model of the first device" if run.isolated else "The final model"
    if not check:
        circuits = run.table("jobs", "circuits")["circuits"]
        networks = len(circuits) and not circuits.any()
        yield "Networks have no circuit to run on Aer." if networks else "The final model was not run on Aer."
    elif "samples" in check:
        yield from _checked(check, which)
    else:
        for task, own in check.items():
            yield f"Task {task}:"
            yield from _checked(own, which)


def _checked(check: dict[str, Any], which: str = "The final model") -> Iterator[str]:
    exact, sampled = (share(check[f"accuracy_{backend}"], 1.0) for backend in ("engine", "aer"))
    points = 100.0 * (check["accuracy_aer"] - check["accuracy_engine"])
    loss = check["loss_aer"] - check["loss_engine"]
    yield f"{which} on {check['samples']} test samples, engine and PennyLane on Aer ({check['shots']} shots):"
    yield f"accuracy {exact} and {sampled} ({points:+.1f} points),"
    yield f"loss {check['loss_engine']:.4f} and {check['loss_aer']:.4f} nat ({loss:+.4f})."
    yield f"Expectation values differ by at most {check['largest_difference']:.3f},"
    yield f"{check['largest_standard_errors']:.1f} standard errors of the shots."


def _time(run: RunTables) -> Iterator[str]:
    parts = read_time_by_part(run.folder).sum()
    whole, qpu = parts.sum(), parts[list(QPU_PARTS)].sum()
    yield f"A round lasts {show_time(whole / len(run.rounds))} on average."
    if qpu > 0.0:
        largest = parts[list(QPU_PARTS)].idxmax()
        name = QPU_PARTS[largest][1].removeprefix("QPU: ")
        yield f"{share(qpu, whole)} of the round is QPU time, of which {share(parts[largest], qpu)} is {name}."
    others = parts.drop(list(QPU_PARTS)).sort_values(ascending=False)
    told = [f"{run.parts[part]} {show_time(seconds / len(run.rounds))} ({share(seconds, whole)})"
            for part, seconds in others.items() if seconds > 0.0]  # fmt: skip
    if told:
        yield f"{'The rest' if qpu > 0.0 else 'It goes to'}: {', '.join(told)}."


def _energy(run: RunTables) -> Iterator[str]:
    total, cooling = run.rounds["energy_j"].sum(), run.rounds["qpu_cooling_j"].sum()
    if cooling > 0.0:
        yield f"{show(total, 'J')} with the QPU cooling plant, {show(total - cooling, 'J')} without it."
    else:
        yield f"{show(total, 'J')} in all; no QPU was cooled."
    causes = run.table("energy", "cause", "energy_j").groupby("cause")["energy_j"].sum()
    causes = causes[causes > 0.0].sort_values(ascending=False)
    told = [f"{name.replace('_', ' ')} {show(joules, 'J')} ({share(joules, total)})" for name, joules in causes.items()]
    if told:
        yield f"By cause: {', '.join(told)}."


def _messages(run: RunTables) -> Iterator[str]:
    air, wired = run.rounds["air_bit"].mean(), run.rounds["wired_bit"].mean()
    yield f"{show(air, 'bit')} on the air and {show(wired, 'bit')} on fibre per round."
    sent = run.table("transfers", "kind", "medium", "size_bit", "delivered")
    if sent.empty:
        return
    kinds = carried_bit(sent).groupby(sent["kind"]).sum().sort_values(ascending=False)
    yield f"Of these bits: {', '.join(f'{kind} {share(bits, kinds.sum())}' for kind, bits in kinds.head(5).items())}."
    agreement = run.table("agreements", "size_bit")["size_bit"].sum()
    yield f"Proposals and votes of agreement are {share(agreement, sent['size_bit'].sum())} of what nodes sent."
    lost = int((~sent["delivered"]).sum())
    if not lost:
        yield f"All {len(sent):,} messages arrived."
    else:
        where = sent.loc[~sent["delivered"], "medium"].replace("none", "no route").value_counts()
        told = ", ".join(f"{count:,} on {medium}" if medium != "no route" else f"{count:,} without a route"
                         for medium, count in sorted(where.items()))  # fmt: skip
        yield f"{lost:,} of {len(sent):,} messages never arrived: {told}."
    yield from _rejections(run)


def _rejections(run: RunTables) -> Iterator[str]:
    """What was received and not accepted, if anything was."""
    rejected = run.table("rejections", "kind", "sender", "reason")
    for (kind, reason), rows in rejected.groupby(["kind", "reason"]):
        nodes = rows["sender"].nunique()
        name = f"{nodes} nodes" if nodes > 1 else str(rows["sender"].iloc[0])
        yield f"Receivers rejected what came as {kind} from {name}, {len(rows):,} times in all: {reason}."


def _ledgers(run: RunTables) -> Iterator[str]:
    rounds = len(run.rounds)
    yield f"All chains together grow by {show(run.rounds['ledger_byte'].sum() / rounds, 'B')} per round:"
    blocks = run.table("blocks", "chain", "header_byte", "body_byte", "certificate_byte")
    sizes = blocks[["header_byte", "body_byte", "certificate_byte"]].sum(axis=1)
    chains = sizes.groupby(_families(blocks["chain"])).sum() / rounds
    told = [f"{chain} {show(size, 'B')}" for chain, size in chains.items()]
    yield f"{', '.join(told)}."
    around = run.rounds["ledger_byte"].sum() - sizes.sum()
    if around >= 1.0:
        yield f"Empty blocks, and the headers and votes of all, take {show(around / rounds, 'B')}."
    yield f"{share(blocks['certificate_byte'].sum(), sizes.sum())} of that is quorum certificates."


def _agreements(run: RunTables) -> Iterator[str]:
    sought = run.table("agreements", "chain", "started_s", "ended_s", "decided", "view", "messages")
    reached = sought[sought["decided"] > 0]
    failed, later = len(sought) - len(reached), int((reached["view"] > 0).sum())
    yield f"{len(sought):,} decisions sought with {sought['messages'].sum():,} messages, {failed:,} not reached."
    if later:
        yield f"{later:,} needed more than one leader."
    latency = (reached["ended_s"] - reached["started_s"]).groupby(_families(reached["chain"])).mean()
    if len(latency):
        told = [f"{chain} {show_time(seconds)}" for chain, seconds in latency.items()]
        yield f"Until the last validator decided it took, on average: {', '.join(told)}."
    yield from _attacked(run)
    yield from quantum_sentences(run)


def _attacked(run: RunTables) -> Iterator[str]:
    """What adversaries and competing blocks did to the decisions."""
    sought = run.table("agreements", "faulty", "blocks")
    held, forked = int((sought["faulty"] > 0).sum()), int((sought["blocks"] > 1).sum())
    if held:
        yield f"Adversaries held validators in {held:,} of them."
    if forked:
        yield f"Forks: in {forked:,} of them validators decided on different blocks."
    tree = run.table("tree", "kept")
    if len(tree):
        yield f"{len(tree):,} blocks were made in the course of it, {int((~tree['kept']).sum()):,} of them in vain."


def _reach(run: RunTables) -> Iterator[str]:
    nodes = read_table(run.folder, "nodes", ["role", "reached", "indoor", "snr_up_db", "sinr_up_db"])
    devices = nodes[nodes["role"] == "device"]
    out, inside = int((~devices["reached"]).sum()), int(devices["indoor"].sum())
    which = f"{out} of {len(devices)} devices are out of" if out else f"All {len(devices)} devices are within"
    yield f"{which} reach of their base station."
    if inside:
        yield f"Devices in buildings: {inside}."
    taken = (devices["snr_up_db"] - devices["sinr_up_db"]).max()
    if taken >= 0.05:
        yield f"Other cells, all sending, take up to {taken:.1f} dB of an uplink."


def _families(chains: Any) -> Any:
    """Names of chains, with all local model update chains under one name."""
    return chains.where(~chains.str.startswith("lmuc-"), "LMUCs")


BLOCKS = {
    "learning": _learning,
    "Aer check": _aer,
    "time": _time,
    "energy": _energy,
    "messages": _messages,
    "ledgers": _ledgers,
    "storage": storage_sentences,
    "keys": key_sentences,
    "satellites": satellite_sentences,
    "entangled": entanglement_sentences,
    "agreement": _agreements,
    "shards": shard_sentences,
    "contract": contract_sentences,
    "waiting": waiting_sentences,
    "spreading": propagation_sentences,
    "devices": _reach,
    "updates": participation_sentences,
    "movement": movement_sentences,
    "batteries": battery_sentences,
}
"""The label of each block and what makes its sentences."""

ALONE = ("learning", "Aer check", "time", "energy")
"""Blocks on a run in which nothing is exchanged."""


def texts_of(run: RunTables) -> Iterator[tuple[str, str]]:
    """Label and text of every block that a run has."""
    for label, sentences in BLOCKS.items():
        if label in ALONE or not run.isolated:
            yield label, " ".join(sentences(run))
