"""Train the tiny T5 v1.1 model on generated tasks, from scratch or from another one.

    python -m tools.makers.tiny_flan_t5.train --out build/tiny-flan-t5          # on a CPU
    python -m tools.makers.tiny_flan_t5.train --device cuda --token-budget 65536 --out build/long
    python -m tools.makers.tiny_flan_t5.train --start data/tiny-flan-t5 --out build/further

A run that was stopped goes on from its last checkpoint; `--evaluate-only` scores a finished model.
"""

import argparse
import json
import os
import re
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.distributed as dist  # noqa: E402
import torch.multiprocessing as mp  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from transformers import (  # noqa: E402
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

from labutils.common.files import read_json, unfinished, write_json  # noqa: E402
from tools.makers.tiny_flan_t5.corpus import batches, shard, train_tokenizer  # noqa: E402
from tools.makers.tiny_flan_t5.scores import held_out_scores, zero_shot_scores  # noqa: E402

ARCHITECTURE = {
    "d_model": 128,
    "d_kv": 32,
    "d_ff": 256,
    "num_heads": 4,
    "num_layers": 3,
    "num_decoder_layers": 3,
    "relative_attention_num_buckets": 32,
    "relative_attention_max_distance": 128,
    "feed_forward_proj": "gated-gelu",
    "layer_norm_epsilon": 1e-6,
    "initializer_factor": 1.0,
    "pad_token_id": 0,
    "eos_token_id": 1,
    "decoder_start_token_id": 0,
    "tie_word_embeddings": False,
}
# The relative position that each head prefers at first, as T5 numbers them: 1 to 3 tokens back
# and, in the encoder, one ahead (17) or, in the decoder, the token itself (0).
ENCODER_BUCKETS = (1, 2, 3, 17)
DECODER_BUCKETS = (1, 2, 3, 0)
FIRST_BIAS = 4.0
SAVED_DROPOUT = 0.05  # what fine-tuning starts from; the base itself is trained without dropout
SHARD_EXAMPLES = 8192
LOG_EVERY = 50  # steps
CURVE_ROWS = 40  # of each task, for a point of the curve
PROGRESS = ("step", "shard", "tokens", "seconds", "curve")  # what a checkpoint keeps of a run


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--out", type=Path, required=True, help="folder of the model")
    add("--start", type=Path, help="folder of a model to go on from; its tokenizer stays")
    add("--steps", type=int, default=12_000, help="optimizer steps")
    add("--minutes", type=float, help="on a GPU: end after so many, if the steps take longer")
    add("--seed", type=int, default=1)
    add("--learning-rate", type=float, default=1e-3, help="peak, after the warm-up")
    add("--warmup", type=int, default=300, help="steps")
    add("--token-budget", type=int, default=2048, help="padded tokens of a process in a step")
    add("--vocabulary", type=int, default=4096, help="size of the tokenizer")
    add(
        "--bf16",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="mixed precision: far slower where the CPU has no bf16 instructions",
    )
    add("--score-every", type=int, default=1000, help="steps between two points of the curve")
    add(
        "--compile",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="torch.compile: 1.7 x faster after a minute and a half; needs a C++ compiler",
    )
    add("--device", choices=("cpu", "cuda"), default="cpu")
    add(
        "--processes",
        type=int,
        default=2,
        help="on a CPU: each trains on a batch of its own, on one core; on a GPU: they make the "
        "examples for it",
    )
    add("--force", action="store_true", help="replace a finished model")
    add("--evaluate-only", action="store_true", help="score the model in --out and stop")
    return parser.parse_args()


def new_model(vocabulary_size: int) -> T5ForConditionalGeneration:
    """Return an untrained model whose parts lean towards copying.

    Its output embeddings start as its input embeddings, and its attention heads start with a
    look at a near token. From T5's own initialization it needs ten times as long to copy names.
    """
    config = T5Config(vocab_size=vocabulary_size, dropout_rate=0.0, **ARCHITECTURE)
    model = T5ForConditionalGeneration(config)
    # T5 v1.1 does not scale the decoder's output, so rows of unit norm keep the logits small.
    start = model.shared.weight.detach().clone() * config.d_model**-0.5
    model.lm_head.weight = torch.nn.Parameter(start)
    for stack, buckets in ((model.encoder, ENCODER_BUCKETS), (model.decoder, DECODER_BUCKETS)):
        bias = stack.block[0].layer[0].SelfAttention.relative_attention_bias.weight
        with torch.no_grad():
            bias[list(buckets), list(range(config.num_heads))] += FIRST_BIAS
    return model


def started_model(folder: Path) -> T5ForConditionalGeneration:
    """Return the model of `folder`, to be trained further."""
    model = new_model(PreTrainedTokenizerFast.from_pretrained(folder).vocab_size)
    missing, unknown = model.load_state_dict(load_file(folder / "model.safetensors"), strict=False)
    if unknown or any(not name.endswith("embed_tokens.weight") for name in missing):
        raise SystemExit(f"{folder} holds a model of another architecture")
    return model


def parameter_groups(model: torch.nn.Module, rate: float) -> list[dict]:
    """Split the parameters by learning rate and weight decay.

    Position biases are logits that must grow to several units, unlike all other weights.
    """
    groups: dict[str, list[torch.nn.Parameter]] = {"weights": [], "norms": [], "positions": []}
    for name, parameter in model.named_parameters():
        kind = "norms" if parameter.dim() < 2 else "weights"
        groups["positions" if "relative_attention_bias" in name else kind].append(parameter)
    return [
        {"params": groups["weights"], "peak": rate, "weight_decay": 0.01},
        {"params": groups["norms"], "peak": rate, "weight_decay": 0.0},
        {"params": groups["positions"], "peak": 10 * rate, "weight_decay": 0.0},
    ]


def rate_factor(step: int, warmup: int, done: float) -> float:
    """Return the share of the peak learning rate: linear warm-up, then linear decay to 2%.

    `done` is the share of the training that is behind it, 0-1.
    """
    return min((step + 1) / warmup, max(0.02, 1 - done))


def save_base(
    model: T5ForConditionalGeneration, tokenizer: PreTrainedTokenizerFast, out: Path
) -> None:
    """Write config, generation config, weights and tokenizer, readable by transformers 4 and 5.

    The config is written here rather than by save_pretrained, because transformers 5 would
    save tie_word_embeddings as true.
    """
    head = {"architectures": ["T5ForConditionalGeneration"], "model_type": "t5"}
    sizes = {"vocab_size": model.config.vocab_size, "dropout_rate": SAVED_DROPOUT}
    kinds = {"is_encoder_decoder": True, "is_gated_act": True, "dense_act_fn": "gelu_new"}
    special = {k: ARCHITECTURE[k] for k in ARCHITECTURE if k.endswith("token_id")}
    write_json(
        out / "config.json",
        head | sizes | ARCHITECTURE | kinds | {"use_cache": True, "torch_dtype": "float32"},
    )
    write_json(out / "generation_config.json", special)
    weights = {
        name: tensor.contiguous()
        for name, tensor in model.state_dict().items()
        if not name.endswith("embed_tokens.weight")
    }
    with unfinished(out / "model.safetensors") as path:
        save_file(weights, path, {"format": "pt"})
    save_tokenizer(tokenizer, out)


def save_tokenizer(tokenizer: PreTrainedTokenizerFast, out: Path) -> None:
    """Write the tokenizer; its config names only what every version of transformers knows."""
    tokenizer.backend_tokenizer.no_padding()
    with unfinished(out / "tokenizer.json") as path:
        tokenizer.backend_tokenizer.save(str(path))
    special = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    rest = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": tokenizer.model_max_length,
        "model_input_names": ["input_ids", "attention_mask"],
        "clean_up_tokenization_spaces": False,
    }
    write_json(out / "tokenizer_config.json", special | rest)


class BaseTraining:
    """The state of one training run: model, optimizer, position in the data, time used."""

    def __init__(
        self, args: argparse.Namespace, tokenizer: PreTrainedTokenizerFast, rank: int
    ) -> None:
        self.args, self.tokenizer, self.rank = args, tokenizer, rank
        torch.manual_seed(args.seed)
        self.model = started_model(args.start) if args.start else new_model(len(tokenizer))
        self.model.to(args.device)
        self.forward = torch.compile(self.model, dynamic=True) if args.compile else self.model
        self.optimizer = torch.optim.AdamW(
            parameter_groups(self.model, args.learning_rate), betas=(0.9, 0.98), fused=True
        )
        self.checkpoint = args.out / "checkpoint.pt"
        self.step = self.shard = self.tokens = 0
        self.seconds = 0.0
        self.losses: list[float] = []
        self.curve: list[dict[str, float]] = []

    def resume(self) -> None:
        """Go on from the checkpoint, if there is one."""
        if not self.checkpoint.exists():
            return
        state = torch.load(self.checkpoint, weights_only=True, map_location=self.args.device)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        for name in PROGRESS:
            setattr(self, name, state[name])
        print(f"going on from step {self.step}", flush=True)

    def save_checkpoint(self) -> None:
        state = {name: getattr(self, name) for name in PROGRESS}
        state |= {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}
        with unfinished(self.checkpoint) as path:
            torch.save(state, path)

    @property
    def done(self) -> float:
        """The share of the training that is behind it, by steps or by time, 0-1."""
        minutes = self.args.minutes
        by_time = self.seconds / (60 * minutes) if minutes else 0.0
        return max(self.step / self.args.steps, by_time)

    def train_batch(self, input_ids: torch.Tensor, labels: torch.Tensor) -> int:
        """Take one optimizer step; return how many tokens of this process are no padding."""
        args = self.args
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * rate_factor(self.step, args.warmup, self.done)
        useful = int((input_ids != 0).sum() + (labels != -100).sum())
        input_ids, labels = input_ids.to(args.device), labels.to(args.device)
        mask = input_ids != 0
        with torch.autocast(args.device, torch.bfloat16, enabled=args.bf16):
            loss = self.forward(input_ids=input_ids, attention_mask=mask, labels=labels).loss
        self.optimizer.zero_grad()
        loss.backward()
        if dist.is_initialized():
            average_gradients(self.model)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        self.losses.append(loss.detach())
        return useful

    def report(self) -> None:
        """Print the mean loss of the last steps, the speed and the time left."""
        loss = float(torch.stack(self.losses).mean())
        left = self.seconds / self.done * (1 - self.done)
        print(
            f"step {self.step:5d}/{self.args.steps}  loss {loss:.3f}  "
            f"{self.tokens / self.seconds:,.0f} tokens/s  {left / 60:.1f} min left",
            flush=True,
        )
        self.last_loss = loss
        self.losses = []

    def score(self) -> None:
        """Add a point to the curve: the first measure of each task, after so many tokens."""
        scores = held_out_scores(self.model, self.tokenizer, CURVE_ROWS)
        self.model.train()
        point = {task: next(iter(values.values())) for task, values in scores.items()}
        self.curve.append({"step": self.step, "tokens": self.tokens} | point)
        print(self.curve[-1], flush=True)

    def record(self) -> dict:
        """Return what the model card needs to know about the run."""
        names = "seed learning_rate warmup token_budget bf16 compile device processes".split()
        return {
            "settings": {"steps": self.step} | {name: getattr(self.args, name) for name in names},
            "architecture": ARCHITECTURE,
            "parameters": sum(p.numel() for p in self.model.parameters()),
            "examples": self.shard * SHARD_EXAMPLES,
            "tokens": self.tokens,
            "seconds": round(self.seconds),
            "loss": round(self.last_loss, 4),
            "curve": self.curve,
            "machine": machine(self.args.device),
            "before": earlier_parts(self.args.start),
        }

    def train(self) -> None:
        """Train shard after shard; a checkpoint after each keeps a resumed run identical."""
        args = self.args
        trainers = 1 if args.device == "cuda" else args.processes
        self.model.train()
        started = time.perf_counter()
        for shares in self.shards(trainers):
            for input_ids, labels in shares:
                self.tokens += self.train_batch(input_ids, labels) * trainers
                now = time.perf_counter()
                self.seconds, started = self.seconds + now - started, now
                if self.step % LOG_EVERY == 0 and self.rank == 0:
                    self.report()
                if self.step % args.score_every == 0 and self.rank == 0:
                    self.score()
                    started = time.perf_counter()
                if self.done >= 1:
                    break
            self.shard += 1
            if self.rank == 0:
                self.save_checkpoint()
            if self.done >= 1:
                return

    def shards(self, trainers: int) -> Iterator[list[tuple[torch.Tensor, torch.Tensor]]]:
        """The batches of this process, shard after shard without an end, from its position on.

        For a GPU other processes make them, a shard each ahead.
        """
        args = self.args
        wanted = (
            (args.out, args.seed, index, args.token_budget, self.rank, trainers)
            for index in count(self.shard)
        )
        if args.device == "cpu":
            yield from (tensors(shard_batches(*one)) for one in wanted)
            return
        with ProcessPoolExecutor(args.processes, mp.get_context("spawn")) as pool:
            ahead = deque(pool.submit(shard_batches, *next(wanted)) for _ in range(args.processes))
            try:
                while True:
                    ahead.append(pool.submit(shard_batches, *next(wanted)))
                    yield tensors(ahead.popleft().result())
            finally:
                pool.shutdown(cancel_futures=True)


@lru_cache
def tokenizer_of(folder: Path) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast.from_pretrained(folder)


def shard_batches(
    out: Path, seed: int, index: int, token_budget: int, rank: int, trainers: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Make the `index`-th shard and return a trainer's batches of it, (input_ids, labels) each."""
    pairs = shard(tokenizer_of(out), seed, index, SHARD_EXAMPLES)
    rng = Random(f"batches {seed} {index}")
    made = batches(pairs, rng, token_budget, rank, trainers)
    return [
        (source.numpy().astype(np.int32), target.numpy().astype(np.int32))
        for source, target in made
    ]


def tensors(made: list[tuple[np.ndarray, np.ndarray]]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """The batches as the model takes them."""
    return [(torch.from_numpy(a).long(), torch.from_numpy(b).long()) for a, b in made]


def earlier_parts(start: Path | None) -> list[dict]:
    """Return what is recorded of the trainings of the model in `start`, the first one first."""
    path = start / "training.json" if start else None
    if not path or not path.is_file():
        return []
    record = read_json(path)
    last = {name: record[name] for name in ("settings", "tokens", "seconds", "curve", "machine")}
    return [*record.get("before", []), last]


def machine(device: str) -> str:
    """Return the processor's name and the number of its cores, and the GPU's if used, in words."""
    names = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text("utf-8"))
    cores = f"{os.cpu_count()} cores of {names[0] if names else 'a CPU'}"
    return f"one {torch.cuda.get_device_name()}, {cores}" if device == "cuda" else cores


def average_gradients(model: torch.nn.Module) -> None:
    """Replace the gradients of every process by their mean."""
    gradients = [p.grad for p in model.parameters()]
    flat = torch.cat([g.flatten() for g in gradients])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(mean.view_as(gradient))


def work(rank: int, args: argparse.Namespace) -> None:
    """Train in one of the processes; the first one writes the model and its record.

    Processes of one thread that meet once a step are faster on few cores than threads that meet
    in every matrix product, above all while another program runs.
    """
    if args.device == "cuda":
        torch.set_float32_matmul_precision("high")
    else:
        torch.set_num_threads(1)
        dist.init_process_group(
            "gloo", init_method=args.meeting_point, rank=rank, world_size=args.processes
        )
    run = BaseTraining(args, PreTrainedTokenizerFast.from_pretrained(args.out), rank)
    run.resume()
    run.train()
    if rank == 0:
        save_base(run.model, run.tokenizer, args.out)
        write_json(args.out / "training.json", run.record())
    if dist.is_initialized():
        dist.destroy_process_group()


def first_tokenizer(args: argparse.Namespace) -> PreTrainedTokenizerFast:
    """Return the tokenizer to start with."""
    if args.start:
        return PreTrainedTokenizerFast.from_pretrained(args.start)
    return train_tokenizer(args.seed, args.vocabulary)


def evaluate(out: Path) -> None:
    """Add the scores on held-out rows and, zero-shot, on support chats to the record."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(out)
    model = T5ForConditionalGeneration.from_pretrained(out)
    scores = {
        "held_out": held_out_scores(model, tokenizer),
        "zero_shot_support_chats": zero_shot_scores(model, tokenizer),
    }
    print(json.dumps(scores, indent=2))
    record = out / "training.json"
    write_json(record, read_json(record) | scores)


def main() -> None:
    args = parse_arguments()
    checkpoint = args.out / "checkpoint.pt"
    if args.evaluate_only:
        return evaluate(args.out)
    if args.minutes and args.device == "cpu":  # whose processes would not all end in one step
        raise SystemExit("--minutes is for a GPU; on a CPU, give --steps.")
    if (args.out / "model.safetensors").exists() and not args.force:
        raise SystemExit(f"{args.out} holds a finished model; --force replaces it")
    args.out.mkdir(parents=True, exist_ok=True)
    if not checkpoint.exists():
        save_tokenizer(first_tokenizer(args), args.out)
    if args.device == "cuda":
        work(0, args)
    else:
        with TemporaryDirectory() as folder:
            args.meeting_point = f"file://{folder}/meeting_point"
            mp.spawn(work, (args,), args.processes)
    evaluate(args.out)
    checkpoint.unlink()


if __name__ == "__main__":
    main()
