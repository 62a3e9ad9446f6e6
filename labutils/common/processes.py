"""Several processes of one command, a GPU each, that share out its trainings and its answers.

`torchrun` or `accelerate launch` starts the same command in all of them. The main one (rank 0)
does it as if it were alone; the others wait for the jobs that it does `together` with them. So
there is one process that reads the command line, holds locks, writes and prints. In a job each
takes its `share`, and they meet to sum tensors (`add_up`) or to exchange values (`gathered`). With
one process, and outside of a job, all of this does nothing.

Whoever fails in a job says so where the others meet next, so that the job ends in all of them, and
in one message.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import timedelta
from functools import wraps
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar, cast

from labutils.common.device import bound_spinning
from labutils.common.errors import LabError
from labutils.common.files import first_line
from labutils.common.memory import explaining_memory, gpu_is_gone, ran_out_of_memory

if TYPE_CHECKING:
    from torch import Tensor

Value = TypeVar("Value")
Function = TypeVar("Function", bound=Callable)

SHARED = ("compare", "tune")
"""The commands that several processes share out."""

VARIABLES = ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
"""What a launcher tells each process, beside WORLD_SIZE."""

LONGEST_WAIT = timedelta(days=1)
"""For the others: who is gone is noticed at once, while a lock of another program takes long."""

_in_a_job = False


class Elsewhere(LabError):
    """Another process failed, so that this one could not go on."""


# --- In a job ----------------------------------------------------------------------------------


def count() -> int:
    """How many processes share out the job at hand; 1 outside of a job."""
    return started() if _in_a_job else 1


def started() -> int:
    """How many processes there are, in a job or not."""
    return int(os.environ["WORLD_SIZE"]) if _joined() else 1


def rank() -> int:
    """The number of this process among them, from 0."""
    return _rank() if _in_a_job else 0


def is_main() -> bool:
    """Whether this process is the one that writes."""
    return rank() == 0


def share(items: Iterable[Value]) -> Iterator[Value]:
    """Every so manieth of the items: those that are this process's to compute."""
    return islice(items, rank(), None, count())


def gathered(value: Value) -> list[Value]:
    """The values of all processes, in the order of their ranks; each waits for all others.

    Raises:
        Elsewhere: another process failed.
    """
    return _met(value) if count() > 1 else [value]


def add_up(tensors: Iterable[Tensor]) -> None:
    """Replace each tensor by its sum over all processes, in place: the same bytes in each."""
    if count() == 1:
        return
    from torch import distributed

    gathered(None)  # before anything is summed
    with _noticing_who_is_gone():
        for pending in [distributed.all_reduce(tensor, async_op=True) for tensor in tensors]:
            pending.wait()


@contextmanager
def main_first() -> Iterator[None]:
    """The main process does the block, then the others, which find what it has written."""
    if not is_main():
        gathered(None)
    yield
    if is_main():
        gathered(None)
    gathered(None)


def sharing_out(answer: Function) -> Function:
    """The same function of (model, tokenizer, prompts), of which each process answers its share.

    All return all answers, in the order of the prompts. What is sampled depends on the number of
    processes.
    """

    @wraps(answer)
    def answer_all(model: Any, tokenizer: Any, prompts: Sequence[str], **options: Any) -> list[str]:
        answers = [""] * len(prompts)
        shares = gathered(answer(model, tokenizer, list(share(prompts)), **options))
        for position, part in enumerate(shares):
            answers[position :: len(shares)] = part
        return answers

    return cast(Function, answer_all)


# --- The main process, and those that wait for it -----------------------------------------------


def run(command: Callable[[list[str]], None], words: list[str]) -> None:
    """Do a command, given by its words; with several processes, in the main one of them.

    Raises:
        LabError: a command or a setting that is not for several processes, or processes that were
            started differently; in the main process, while the others end silently.
    """
    try:
        if not _asked_for():
            return command(words)
        _join(words)
    except LabError:
        if os.environ.get("RANK", "0") == "0":
            raise
        sys.exit(2)
    try:
        if _rank() > 0:
            return _follow()
        try:
            command(words)
        finally:
            if _joined():
                _broadcast(None)
    except KeyboardInterrupt:
        if _rank() == 0:
            raise
        sys.exit(130)
    finally:
        _leave()


def together(function: Callable[..., Value], *arguments: Any) -> Value:
    """Call the function in all processes at once, and return what it returned in this one.

    Args:
        function: of a module, and its arguments such that they can be pickled.

    Raises:
        LabError: it failed in another process; or whatever it raises in this one.
    """
    if started() == 1:
        return function(*arguments)
    variables = {name: value for name, value in os.environ.items() if name.startswith("LAB_")}
    _broadcast((function, arguments, variables))
    return _do(function, arguments)


def _follow() -> None:
    """Do the jobs that the main process tells of, in silence, until there are no more."""
    with open(os.devnull, "w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):
        while job := _broadcast(None):
            function, arguments, variables = job
            os.environ.update(variables)  # such as the folder of what `tune` leaves
            try:
                _do(function, arguments)
            except LabError:  # which the main process knows of
                pass
            except Exception:
                traceback.print_exc(file=sys.__stderr__)


def _do(function: Callable[..., Value], arguments: tuple) -> Value:
    """Call the function in this process as a part of what all of them do."""
    global _in_a_job
    _in_a_job = True
    try:
        with explaining_memory():
            result = function(*arguments)
        gathered(None)  # nobody fails any more
        return result
    except Elsewhere:
        raise
    except Exception as error:
        kind = "" if isinstance(error, LabError) else f"{type(error).__name__}: "
        _met(None, f"{kind}{error if not kind else first_line(error)}")
        raise
    except BaseException:  # killed; the others see that it is gone
        _leave()
        raise
    finally:
        _in_a_job = False


def _met(value: Value, error: str | None = None) -> list[Value]:
    """Everybody's values, once everybody is here; an error of theirs is raised if one has one."""
    from torch import distributed

    met: list[Any] = [None] * started()
    with _noticing_who_is_gone():
        distributed.all_gather_object(met, (value, error))
    failed = [(number, told) for number, (_, told) in enumerate(met) if told is not None]
    if failed and error is None:
        number, told = failed[0]
        raise Elsewhere(f"Process {number} of {len(met)}, counted from 0, failed: {told}")
    return [each for each, _ in met]


def _broadcast(content: Any) -> Any:
    """What the main process sends, in all of them."""
    from torch import distributed

    box = [content]
    with _noticing_who_is_gone():
        distributed.broadcast_object_list(box, src=0)
    return box[0]


@contextmanager
def ending_all() -> Iterator[None]:
    """Whatever fails within it ends this process, and so all of them, whichever it is.

    For work in whose middle the others wait for this one, so that there is no way back.
    """
    with _noticing_who_is_gone():
        try:
            yield
        except Exception as error:
            own = ran_out_of_memory(error) or gpu_is_gone(error)
            if started() == 1 or (isinstance(error, RuntimeError) and not own):
                raise
            why = "Memory ran out: " * ran_out_of_memory(error) + first_line(error)
            told = f"error: Process {_rank()} of {started()}, counted from 0, failed. {why}"
            print(told, file=sys.__stderr__, flush=True)
            _leave()
            sys.exit(2)


@contextmanager
def _noticing_who_is_gone() -> Iterator[None]:
    """Ends this process when another one has ended. Not a LabError, after which one may go on.

    The main process says so; where it is the one that is gone, the next does.
    """
    try:
        yield
    except RuntimeError as error:
        speaks = _rank() == 0
        if _rank() == 1:
            time.sleep(0.5)  # until a killed one counts as dead
            speaks = not _is_alive(_main_process)
        if speaks:
            print(
                f"error: One of the {started()} processes of this command is gone, perhaps killed "
                f"because memory ran out ({first_line(error)}). Run the same command again to go "
                "on from the last checkpoint; with fewer processes if it happens again.",
                file=sys.__stderr__,
                flush=True,
            )
        _leave()
        sys.exit(2)


def _is_alive(process: int) -> bool:
    import psutil

    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


# --- What a launcher tells ----------------------------------------------------------------------

_main_process = 0


def _asked_for() -> bool:
    """Whether a launcher has started several processes. LabError where they cannot be used."""
    if os.environ.get("ACCELERATE_USE_DEEPSPEED", "").lower() in ("1", "true"):
        raise LabError(
            "DeepSpeed is asked for (ACCELERATE_USE_DEEPSPEED), and is not built. Start without "
            "it, or with FSDP (--use_fsdp), which divides a model among the processes, too."
        )
    asked = os.environ.get("WORLD_SIZE") or "1"
    if asked == "1":
        return False
    missing = [name for name in VARIABLES if not os.environ.get(name)]
    numbers = [asked, *(os.environ.get(name, "0") for name in ("RANK", "LOCAL_RANK"))]
    if missing or not all(number.isdecimal() for number in numbers):
        wrong = (
            f"without {', '.join(missing)}" if missing else f"beside {' and '.join(numbers[1:])}"
        )
        raise LabError(
            f"The variable WORLD_SIZE is {asked!r}, {wrong}: start several processes with torchrun "
            "or accelerate launch, which set all of them; or unset WORLD_SIZE."
        )
    if os.environ.get("LOCAL_WORLD_SIZE", asked) != asked:
        raise LabError(
            f"{asked} processes on several machines: start all of them on one, whose disk they "
            "share."
        )
    return True


def _join(words: list[str]) -> None:
    """Meet the other processes. LabError unless all were started with the same words."""
    global _main_process
    bound_spinning()
    import torch
    from torch import distributed

    backend = "gloo"
    if os.environ.get("LAB_DEVICE") != "cpu" and (gpus := torch.cuda.device_count()):
        if gpus < started():
            raise LabError(
                f"{started()} processes were started, and there are {gpus} GPUs: start one for "
                "each GPU, or set LAB_DEVICE=cpu."
            )
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        backend = "cpu:gloo,cuda:nccl"
    distributed.init_process_group(backend, timeout=LONGEST_WAIT)
    told = _met((words, os.getpid()))
    main_words, _main_process = told[0]
    for number, (other, _) in enumerate(told):
        if other != main_words:
            raise LabError(
                f"Process {number} was started as {' '.join(other)!r}, process 0 as "
                f"{' '.join(main_words)!r}: start all with the same words."
            )
    if not words or words[0] not in SHARED:
        raise LabError(
            f"Several processes share out {' and '.join(SHARED)} only: start "
            f"{' '.join(words[:1]) or 'this'} without torchrun or accelerate launch."
        )


def _joined() -> bool:
    distributed = sys.modules.get("torch.distributed")
    return distributed is not None and distributed.is_available() and distributed.is_initialized()


def _rank() -> int:
    return int(os.environ["RANK"])


def _leave() -> None:
    if _joined():
        from torch import distributed

        distributed.destroy_process_group()
