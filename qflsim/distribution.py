"""How models came from servers to devices, and what each took, worked out from the tables."""

from pathlib import Path
from typing import TYPE_CHECKING

from .tables import read_table

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["TRANSMITTED", "read_handed_models"]

TRANSMITTED = "transmitted"
"""What a model that went over the radio as one message is called here."""


def read_handed_models(folder: str | Path) -> "DataFrame":
    """Every model that a device was sent in a whole round of the run in ``folder``, whatever the transport.

    Returns
    -------
    DataFrame
        One row per model: ``transport``, ``idealised``, ``arrived``, ``time_s`` from the first bit sent or pair asked
        for to the last bit there, ``message_bit`` of the model's message, ``radio_bit`` sent over the radio for it, and
        entangled ``pairs`` used.
    """
    import pandas as pd

    rounds = read_table(folder, "rounds", ["round"])["round"]
    pairs = read_table(folder, "pairs")
    paired = pd.DataFrame(
        {
            "round": pairs["round"],
            "transport": pairs["transport"],
            "idealised": pairs["idealised"],
            "arrived": pairs["outcome"] == "arrived",
            "time_s": pairs["ended_s"] - pairs["requested_s"],
            "message_bit": pairs["message_bit"],
            "radio_bit": pairs["classical_bit"],
            "pairs": pairs["pairs"],
        }
    )
    sent = read_table(folder, "transfers", ["round", "kind", "size_bit", "sent_s", "delivered_s", "delivered"])
    sent = sent[sent["kind"] == "model"]
    whole = pd.DataFrame(
        {
            "round": sent["round"],
            "transport": TRANSMITTED,
            "idealised": False,
            "arrived": sent["delivered"],
            "time_s": sent["delivered_s"] - sent["sent_s"],
            "message_bit": sent["size_bit"],
            "radio_bit": sent["size_bit"],
            "pairs": 0,
        }
    )
    handed = pd.concat([whole, paired], ignore_index=True)
    return handed[handed["round"].isin(rounds)].drop(columns="round")
