"""Satellite keys: how many rounds a night can a federation across a continent afford whose secrets must last for ever?

Three edge servers at ground stations of the satellite Micius, more than 2000 km apart: classical fibre joins them, no
quantum key crosses it. Their models go to each other under one-time pads, and the pads come from the satellite, a
trusted node, in the nights of 18 and 19 December 2016: its real orbit, the loss of its light, one finite block of key
for each contact. Signatures need only hold on the day, so they are short ones; the devices train on IBM's cloud, most
of an hour a round. No model is mixed before the satellite has passed, and none once the station with the poorest pass
has used up its pads, while each round that comes to nothing burns pads of the others, until the next night.
"""

import qflsim as qfl
from qflsim.units import degree, h, m, minute, s

XINGLONG = (40.396 * degree, 117.577 * degree)
LIJIANG = (26.694 * degree, 100.029 * degree)
NANSHAN = (43.475 * degree, 87.178 * degree)

scenario = qfl.Scenario(
    name="satellite_keys",
    seed=7,
    rounds=38,
    topology=qfl.DenseCell(
        servers=3,
        devices_per_server=5,
        radius=150 * m,
        layout=qfl.GeographicSites(origin=XINGLONG, places=(XINGLONG, LIJIANG, NANSHAN)),
    ),
    background=None,
    satellites=(qfl.Satellite(orbit=qfl.Orbit(start="2016-12-18T12:00:00Z")),),
    keys=qfl.QKDKeys(),
    sealing=qfl.OneTimePad(),
    signatures=qfl.Ed25519(),
    qpu=qfl.IBMSnapshot(snapshot="manila", shots=1024, plant=qfl.PlantPower(dedicated=False)),
    model=qfl.VQC(qubits=4, layers=6),
    data=qfl.Digits(classes=(0, 1, 2, 3)),
    training=qfl.LocalTraining(batch=32, epochs=1),
    mixing=qfl.Star(hub=2),
    agreement=qfl.PBFT(view_timeout=10 * s),
    update_deadline=12 * h,
    agreement_deadline=5 * minute,
    aer_samples=0,
)
