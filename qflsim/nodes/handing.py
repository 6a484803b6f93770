"""A server's model on its way into the hands of its devices: signed, sealed with a session key, carried, verified."""

from collections.abc import Generator, Iterable
from typing import Any

from qflsim.chain.transactions import IntermediateModel, SignedTransaction, carried_bytes, digest_of
from qflsim.quantum.transports import Content

from .computer import Computer
from .context import Context
from .device import Device, Floats
from .keys import KeyService
from .models import ModelService
from .notary import Notary
from .waiting import until

__all__ = ["Handing"]


class Handing:
    """How one server hands its models to devices.

    Parameters
    ----------
    ctx, keys, notary, models:
        The run's shared services, session keys, who signs and checks, and ways of models to devices.
    server, task:
        Who hands out models, and of which task.
    computer:
        What it signs with.
    """

    def __init__(
        self,
        ctx: Context,
        keys: KeyService,
        notary: Notary,
        models: ModelService,
        server: str,
        task: str,
        computer: Computer,
    ) -> None:
        self._ctx = ctx
        self._keys = keys
        self._notary = notary
        self._models = models
        self._server = server
        self._task = task
        self._computer = computer

    def transaction(self, parameters: Floats) -> IntermediateModel:
        """A model as it is sent to devices and other servers."""
        packed = self._ctx.stores.codec.pack(parameters, self._server)
        return IntermediateModel(
            sender=self._server,
            task=self._task,
            round=self._ctx.round,
            time_s=self._ctx.now,
            digest=digest_of(packed),
            samples=0,
            loss=float("nan"),
            parameters=self._ctx.stores.contents.send(packed, len(parameters)),
            devices=(),
        )

    def content(self, parameters: Floats) -> Content:
        """What has to arrive when a model is handed to a device, its seal left out."""
        return _content(self.transaction(parameters).signed(self._notary.keyring), len(parameters))

    def signed(self, parameters: Floats) -> Generator[Any, Any, SignedTransaction]:
        """A model signed once for all devices."""
        yield self._computer.signed()
        return self._notary.sign(self.transaction(parameters))

    def to(self, device: Device, model: SignedTransaction, parameters: int, round: int) -> Generator[Any, Any, bool]:
        """The server's signed model to one device, sealed with a session key, and verified there.

        Returns whether the device has a right one; whoever waits does so with an end.
        """
        seal_byte = yield from self._keys.session(self._server, device.name, "model", model.size_byte)
        if not (yield from self._models.hand(self._server, device.name, _content(model, parameters, seal_byte))):
            return False
        yield device.computer.verified()
        if not self._notary.accepts(device.name, "model", self._server, model, round):
            return False
        return (yield from self._ctx.stores.proofs.shown(device.name, self._server))

    def to_all(self, devices: Iterable[Device], parameters: Floats, patience: float) -> Generator[Any, Any, None]:
        """A model to all devices; those whose key or link takes longer than ``patience`` [s] may go without."""
        model = yield from self.signed(parameters)
        parts = [self.to(device, model, len(parameters), self._ctx.round) for device in devices]
        yield from until(self._ctx.env, parts, patience)


def _content(model: SignedTransaction, parameters: int, seal_byte: int = 0) -> Content:
    return Content(parameters, 8.0 * (model.size_byte + seal_byte), len(carried_bytes(model.payload)))
