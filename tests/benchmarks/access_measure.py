"""One peer on one size, in a process of its own: proven right first, then measured.

Reports itself as lines of JSON on standard output: what it is doing, at last its numbers. Whoever
started it ends it when its time is over.
"""

import ctypes
import gc
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from access_model import Query, Questions
from access_peers import Peer, peer
from access_world import World

__all__ = ["Row", "main", "say"]

REPEATS, PASSES = 5, 3
_LEAST = 20


class Row(msgspec.Struct, kw_only=True, omit_defaults=False):
    """What was found out about a peer at a size; numbers are missing where it gets none."""

    peer: str
    size: int
    checks_per_s: float | None = None
    p50_us: float | None = None
    p99_us: float | None = None
    load_s: float | None = None
    bytes_per_assignment: float | None = None
    bytes_when_warm: float | None = None
    allowed_share: float | None = None
    verified: int = 0
    queries: int = 0
    one_account: bool = False
    note: str = ""


class Stage(msgspec.Struct, tag=True):
    """What a peer has come to."""

    doing: str


def say(message: msgspec.Struct) -> None:
    """Report to whoever started this."""
    sys.stdout.write(msgspec.json.encode(message).decode() + "\n")
    sys.stdout.flush()


def main(name: str, folder: Path, seconds: float) -> None:
    """Measure the peer `name` for about `seconds`, beside its loading."""
    world = World(folder)
    asked = world.questions()
    row = Row(peer=name, size=world.size, one_account=len(world.names) == 1)
    say(Stage("importing"))
    try:
        engine = peer(name)
    except ImportError as error:
        row.note = f"not installed: {error}"
        return say(row)
    row.note = engine.note
    before = _resident()
    say(Stage("loading"))
    start = time.perf_counter()
    engine.load(world)
    row.load_s = round(time.perf_counter() - start, 3)
    row.bytes_per_assignment = round((_resident() - before) / world.size, 1)
    say(Stage("verifying"))
    wrong = _verify(engine, asked, row, seconds / 3) if engine.right else None
    if wrong is None:
        say(Stage("measuring"))
        wrong = _measure(engine, asked, row, seconds * 2 / 3)
        row.bytes_when_warm = round((_resident() - before) / world.size, 1)
    if wrong is not None:
        row = Row(peer=name, size=world.size, one_account=row.one_account, note=wrong)
    say(row)


def _verify(engine: Peer, asked: Questions, row: Row, seconds: float) -> str | None:
    """Why the peer is wrong; None where it is right as far as there was time to ask."""
    until = time.monotonic() + seconds
    for at, query in enumerate(asked.verify):
        if at >= _LEAST and time.monotonic() > until:
            break
        (answer,) = engine.verified([query])
        if answer is not asked.verify_answers[at]:
            return f"wrong: answers {answer} to {tuple(query)}, so that it gets no number"
        row.verified += 1
    return None


def _measure(engine: Peer, asked: Questions, row: Row, seconds: float) -> str | None:
    bulk, right = asked.bulk, asked.bulk_answers
    # How many there is time for, over and over: a warm-up, the repeats, and each by itself. What is
    # lazy is slow at first, so the estimate is of queries that were asked before.
    few = bulk[:_LEAST]
    engine.answers(few)
    each_s = _timed(engine, few)[0] / len(few)
    count = min(len(bulk), max(_LEAST, int(seconds / (1 + REPEATS + PASSES) / max(each_s, 1e-9))))
    bulk, right = bulk[:count], right[:count]
    warm = engine.answers(bulk)
    gc.collect()
    spent = []
    answers = warm
    for _ in range(REPEATS):
        took, answers = _timed(engine, bulk)
        spent.append(took)
        if engine.right and answers != right:
            return "wrong: some of its timed answers are not those of `flat`; it gets no number"
    gc.collect()
    passes = [sorted(engine.each(bulk)) for _ in range(PASSES)]
    row.queries = count
    row.checks_per_s = round(count / statistics.median(spent))
    row.p50_us = round(statistics.median(one[count // 2] for one in passes) / 1000, 3)
    row.p99_us = round(statistics.median(one[count * 99 // 100] for one in passes) / 1000, 3)
    row.allowed_share = round(sum(answers) / count, 4)
    return None


def _timed(engine: Peer, queries: Sequence[Query]) -> tuple[float, list[bool]]:
    """The processor's seconds, of all threads: what others do on this machine is not in them."""
    start = time.process_time()
    answers = engine.answers(queries)
    return time.process_time() - start, answers


def _resident() -> int:
    """The bytes of this process that are in memory, after everything that can go has gone."""
    gc.collect()
    if sys.platform != "linux":
        return 0
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]))
