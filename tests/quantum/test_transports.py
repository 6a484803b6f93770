"""Sessions of models over pairs: what they take, what turns wrong, what is sent again; bounds that nothing passes."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import binom

import qflsim as qfl
from qflsim.quantum.codes import shannon_overhead
from qflsim.quantum.entanglement import werner
from qflsim.quantum.operations import PERFECT
from qflsim.quantum.teleportation import amplitude_qubits, bit_errors, channels
from qflsim.quantum.transports import Content, Session
from qflsim.units import km, ms

MODEL = Content(parameters=96, size_bit=47_000.0)
GOOD = qfl.Teleported(operations=PERFECT)
NEAR = qfl.Midpoint(source=0.5, detector=0.8)


def pairs(count, fidelity=1.0):
    return np.tile(werner(fidelity), (count, 1))


def served(session, fidelity=1.0, turns=50):
    """Serve a session with pairs of one fidelity; its turns and how many pairs each took."""
    made = []
    while session.wanted and len(made) < turns:
        wanted = session.wanted
        assert wanted == session.wanted  # asking twice draws once
        made.append((wanted, session.use(pairs(wanted, fidelity))))
    return made


def opened(transport, seed=1, content=MODEL, length=100.0):
    return transport.open(content, length, np.random.default_rng(seed))


def test_a_bit_takes_a_pair_and_two_classical_bits():
    ((wanted, turn),) = served(opened(GOOD))
    blocks = GOOD.code.blocks(MODEL.size_bit)
    assert wanted == blocks * GOOD.code.length
    assert [(m.kind, m.down, m.size_bit) for m in turn.messages] == [("teleport-bits", True, 2.0 * wanted)]
    assert wanted >= MODEL.size_bit  # Holevo: no more bits than qubits


@settings(max_examples=30, deadline=None)
@given(st.floats(0.94, 1.0), st.floats(0.3, 1.0), st.integers(0, 1000))
def test_no_transport_beats_its_bound(fidelity, chance, seed):
    works = replace(PERFECT, bell_success=chance)
    content = Content(96, 8000.0)
    for transport, limit in (
        (qfl.Teleported(operations=works), 1.0),
        (qfl.SuperdenseCoded(operations=works, link=NEAR), 2.0),
    ):
        session = opened(transport, seed, content)
        turns = served(session, fidelity)
        assert session.arrived
        assert content.size_bit <= limit * sum(wanted for wanted, _ in turns)
    down = sum(m.size_bit for _, turn in served(opened(GOOD, seed, content), fidelity) for m in turn.messages if m.down)
    assert down >= 2 * content.size_bit * shannon_overhead(bit_errors(pairs(1, fidelity))[0])


def test_a_bell_measurement_without_outcome_takes_another_pair():
    half = qfl.Teleported(operations=replace(PERFECT, bell_success=0.5))
    ((wanted, turn),) = served(opened(half))
    qubits = half.code.blocks(MODEL.size_bit) * half.code.length
    assert wanted == pytest.approx(2 * qubits, rel=0.02)
    assert half.pairs(MODEL, 100.0) == 2 * qubits
    assert turn.messages[0].size_bit == 2 * qubits + wanted  # and which ones had one


def test_blocks_that_cannot_be_decoded_are_sent_again():
    """The share of wrong blocks is that of the binomial distribution."""
    code = qfl.LDPC(block=1024, share=0.06)
    transport = qfl.Teleported(operations=PERFECT, code=code, repeats=0)
    fidelity = 1 - 0.058 * 1.5  # 2 (1 - F)/3 = 0.058
    long = Content(96, 200.0 * code.data_bit)
    wrong = []
    for seed in range(40):
        session = opened(transport, seed, long)
        ((_, turn),) = served(session, fidelity)
        assert not session.arrived
        assert session.wanted == 0  # no repeats: given up
        assert turn.messages[1].kind == "teleport-repeat"
        assert turn.messages[1].size_bit == 200
        wrong.append(session._left / 200)
    expected = binom.sf(code.correctable, code.length, 0.058)
    assert abs(np.mean(wrong) - expected) < 4 * np.std(wrong) / math.sqrt(40)
    patient = opened(replace(transport, repeats=50), 1, long)
    turns = served(patient, fidelity)
    assert patient.arrived
    sizes = [wanted for wanted, _ in turns]
    assert len(sizes) > 2
    assert sizes == sorted(sizes, reverse=True)


def test_bits_are_spread_over_the_pairs():
    """Pairs that are worthless, as many as a block is long, harm no block if spread over all."""
    code = qfl.LDPC(block=1024, share=0.06)
    transport = qfl.Teleported(operations=PERFECT, code=code, repeats=0)
    session = opened(transport, 3, Content(96, 40.0 * code.data_bit))
    mixed = np.concatenate([pairs(1024, 0.25), pairs(session.wanted - 1024)])
    session.use(mixed)
    assert session.arrived


@pytest.mark.parametrize("fidelity", [0.95, 0.9])
def test_amplitudes_arrive_if_no_qubit_suffers(fidelity):
    transport = qfl.Teleported(encoding=qfl.IdealisedAmplitudes(), operations=PERFECT, repeats=0)
    arrived = []
    for seed in range(2000):
        session = opened(transport, seed)
        served(session, fidelity)
        arrived.append(session.arrived)
    expected = fidelity ** amplitude_qubits(96)
    assert abs(np.mean(arrived) - expected) < 4 * math.sqrt(expected * (1 - expected) / 2000)


def test_the_idealised_transport_says_so_and_still_sends_the_signature():
    transport = qfl.Teleported(encoding=qfl.IdealisedAmplitudes(), operations=PERFECT)
    assert transport.idealised
    assert "idealised" in transport.name
    ((wanted, turn),) = served(opened(transport))
    assert wanted == 7
    sizes = {m.kind: m.size_bit for m in turn.messages}
    assert sizes == {"teleport-bits": 14.0, "model-rest": 47_000.0 - 96 * 32}
    assert not GOOD.idealised
    assert not qfl.SuperdenseCoded().idealised


def test_a_repeated_amplitude_model_sends_the_rest_once():
    transport = qfl.Teleported(encoding=qfl.IdealisedAmplitudes(), operations=PERFECT)
    session = opened(transport, 5)
    turns = served(session, 0.5)
    kinds = [m.kind for _, turn in turns for m in turn.messages]
    assert kinds.count("model-rest") == 1
    assert kinds.count("teleport-repeat") == len(turns) - session.arrived > 2


def test_superdense_coding_takes_half_the_qubits_that_arrive():
    transport = qfl.SuperdenseCoded(operations=PERFECT, link=NEAR)
    ((wanted, turn),) = served(opened(transport, length=10 * km))
    bits = transport.code.blocks(MODEL.size_bit) * transport.code.length
    crossing = 0.5 * 0.8 * 10**-0.2
    assert wanted == pytest.approx(bits / 2 / crossing, rel=0.03)
    assert transport.pairs(MODEL, 10 * km) == pytest.approx(bits / 2 / crossing)
    assert turn.flight_s == pytest.approx(50e-6)
    entropy = -crossing * math.log2(crossing) - (1 - crossing) * math.log2(1 - crossing)
    assert [(m.kind, m.down) for m in turn.messages] == [("superdense-arrivals", False)]
    assert turn.messages[0].size_bit == pytest.approx(wanted * entropy, abs=1)


def test_superdense_bits_err_as_the_channel_says():
    state = np.array([0.7, 0.12, 0.1, 0.08])
    transport = qfl.SuperdenseCoded(operations=qfl.Operations(gate_fidelity=0.98, measurement_error=0.01), link=NEAR)
    _, z, x, y = channels(state[np.newaxis], transport.operations)[0]
    assert transport.error_rate(state) == pytest.approx(((x + y) + (z + y)) / 2)
    code = qfl.LDPC(block=512, share=0.16, inefficiency=1.0)
    session = opened(replace(transport, code=code, repeats=0), 2, Content(96, 2000.0 * code.data_bit))
    session.use(np.tile(state, (session.wanted, 1)))
    # the two bits of a qubit are not independent: P(both) = Y
    errors = np.random.default_rng(0).choice(4, p=[1 - z - x - y, z, x, y], size=(20_000, 256))
    twice = (errors == 1).sum(axis=1) + (errors == 2).sum(axis=1) + 2 * (errors == 3).sum(axis=1)
    expected = (twice > code.correctable).mean()
    assert session._left / 2000 == pytest.approx(expected, abs=4 * math.sqrt(expected / 2000))


# --- parts ------------------------------------------------------------------------------------------------------------


def test_every_server_has_its_own():
    both = qfl.PerServer(transports=(qfl.Radioed(), qfl.Teleported(encoding=qfl.IdealisedAmplitudes())))
    assert [type(both.of_server(i)).__name__ for i in range(3)] == ["Radioed", "Teleported", "Radioed"]
    assert both.idealised
    assert both.name == "transmitted / teleported, idealised amplitudes"
    assert qfl.Radioed().of_server(4) == qfl.Radioed()
    assert not qfl.PerServer().idealised


@pytest.mark.parametrize(
    "transport", [qfl.Teleported(link=qfl.Midpoint(mixed=0.5)), qfl.SuperdenseCoded(link=qfl.Midpoint(mixed=0.3))]
)
def test_pairs_that_err_too_much_are_told(transport):
    with pytest.raises(ValueError, match=r"of the bits wrong; LDPC corrects 0\.0598: give a stronger code"):
        transport.refuse_errors("server-1 and device-1-1", (100.0,))


def test_purification_makes_bad_links_good():
    purified = qfl.Teleported(link=qfl.Midpoint(mixed=0.12), purification=qfl.DEJMPS())
    purified.refuse_errors("a and b", (100.0,))
    with pytest.raises(ValueError, match="of the bits wrong"):
        replace(purified, purification=None).refuse_errors("a and b", (100.0,))


def test_expected_time_is_that_of_the_pairs():
    transport = qfl.Teleported(memories=7)
    pairs = transport.code.blocks(MODEL.size_bit) * transport.code.length
    assert transport.expected_time(MODEL, (100.0,)) == pytest.approx(pairs / 7 / transport.link.rate(100.0))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: qfl.PerServer(transports=()), "PerServer.transports must name at least one"),
        (lambda: qfl.Teleported(memories=0), "Teleported.memories must be >= 1"),
        (lambda: qfl.Teleported(cutoff=0.0), "Teleported.cutoff must be > 0 s"),
        (lambda: qfl.Teleported(repeaters=-1), "Teleported.repeaters must be >= 0"),
    ],
)
def test_mistakes_are_told(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_a_transport_of_ones_own():
    class Halves(Session):
        """Takes ten pairs and is done."""

        @property
        def wanted(self):
            return 0 if self.arrived else 10

        def use(self, pairs):
            self.arrived = True
            return qfl.Turn(0.0, (qfl.Message("own", True, 1.0),))

    @dataclass(frozen=True, kw_only=True)
    class Own(qfl.EntangledTransport):
        name = "own"

        def open(self, content, length, rng):
            return Halves()

        def error_rate(self, pair):
            return 0.0

        def pairs(self, content, length):
            return 10.0

    Own(cutoff=5 * ms).refuse_errors("a and b", (100.0,))
    assert len(served(opened(Own()))) == 1


def test_parameters_in_another_format_leave_the_rest_of_the_message_as_it_is():
    """Amplitudes take the place of the bytes that the format needs; header, key and signature go as they are."""
    single, byte = Content(96, 8.0 * (4000 + 384)), Content(96, 8.0 * (4000 + 100), 100)
    assert single.parameter_bit == 32 * 96 and byte.parameter_bit == 800
    assert single.size_bit - single.parameter_bit == byte.size_bit - byte.parameter_bit == 32_000
