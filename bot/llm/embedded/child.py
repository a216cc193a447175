"""The process in which llama.cpp runs: ``python -m bot.llm.embedded.child``.

It reads a `ServeOrder` from standard input, answers with a `ServeReport` on standard output, and
serves until its input closes. So it ends with the bot, however that ends.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Final

from pydantic import BaseModel

_CACHE_MIB: Final = 256
"""Memory for prompts that were seen before; llama.cpp's own default is 8 GB."""


class ServeOrder(BaseModel):
    """An order of what to serve. ``context`` is in tokens, for each slot.

    ``adapters`` are paths; each gets its place in the list as its id.
    """

    path: str
    alias: str
    api_key: str
    slots: int
    context: int
    threads: int
    adapters: tuple[str, ...] = ()


class ServeReport(BaseModel):
    """A report of how it went: an address, or a problem."""

    address: str = ""
    problem: str = ""


def _serve(order: ServeOrder) -> Any:
    """Start the server; RuntimeError if the model cannot be loaded."""
    import xllamacpp  # noqa: PLC0415 - the parent imports this module too

    params = xllamacpp.CommonParams()
    params.model.path = order.path
    params.model_alias = {order.alias}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [order.api_key]
    params.n_parallel = order.slots
    params.n_ctx = order.slots * order.context
    params.cpuparams.n_threads = order.threads
    params.cpuparams_batch.n_threads = order.threads
    params.n_threads_http = order.slots + 2
    # Prompts that were seen before are found by their words alone: one that was read under an
    # adapter would be gone on with by whoever says the same without it.
    params.cache_ram_mib = 0 if order.adapters else _CACHE_MIB
    # At scale 0: what a call does not speak of, embeddings above all, is then the base's own.
    params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(it, 0.0) for it in order.adapters]
    params.endpoint_slots = False
    params.ui = False
    params.warmup = False
    params.verbosity = 0
    # Embeddings by the same model: its state after a text's last word, from which it would go on.
    # What it says, to the last log-probability, stays as it was.
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_LAST
    return xllamacpp.Server(params)


def main() -> None:
    """Serve until standard input closes."""
    order = ServeOrder.model_validate_json(sys.stdin.buffer.readline())
    # Whatever the library prints goes to standard error: standard output is for the report.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        try:
            server = _serve(order)
            report = ServeReport(address=server.listening_address)
        except RuntimeError as error:
            report = ServeReport(problem=str(error))
        out.write(report.model_dump_json() + "\n")
    sys.stdin.buffer.read()
    # Not by way of the server's destructor, which waits for calls that nobody waits for any more.
    os._exit(0)


if __name__ == "__main__":
    main()
