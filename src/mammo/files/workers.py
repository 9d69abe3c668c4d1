"""Pools of processes that read and write images, and that end when their parent does."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from typing import Any, TypeVar

from mammo.files import code

Item, Result = TypeVar("Item"), TypeVar("Result")


def pool(workers: int, begin: Callable[[], None] | None = None) -> ProcessPoolExecutor:
    """Return a pool of worker processes, one thread of OpenCV each.

    They are spawned: a fork would copy the locks of a parent that runs threads (torch, OpenCV).
    When the parent is killed they stop at once, so that none writes into what the next run makes.

    Parameters
    ----------
    workers : int
    begin : callable, optional
        Called in each process before its first task.
    """
    code.refuse_edited()  # They import what is on disk now.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, context, _begin, (begin,))


def mapped(
    act: Callable[[Item], Result],
    items: Sequence[Item],
    workers: int,
    *,
    chunksize: int = 1,
    **bar: Any,
) -> Iterator[Result]:
    """Yield what a function makes of each item, in their order, beside a bar of progress.

    Parameters
    ----------
    act : callable
    items : sequence
    workers : int
        Processes; 1 works in this one.
    chunksize : int
        Items that a process gets at a time.
    **bar
        Options of the bar (`tqdm.tqdm`), such as desc and unit.
    """
    from tqdm.auto import tqdm

    with ExitStack() as stack:
        progress = stack.enter_context(tqdm(total=len(items), **bar))
        results: Iterator[Result] = map(act, items)
        if workers > 1:
            processes = stack.enter_context(pool(workers))
            stack.callback(processes.shutdown, cancel_futures=True)
            results = processes.map(act, items, chunksize=chunksize)
        for result in results:
            progress.update()
            yield result


def _begin(begin: Callable[[], None] | None) -> None:
    if begin:
        begin()
    import cv2

    cv2.setNumThreads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
