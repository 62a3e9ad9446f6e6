"""The methods: what is trained (nothing, all weights, an adapter) and how. A method is data.

A new one is one entry, here or in a notebook, and `engine.make_run` does the rest:

    from peft import IA3Config

    ia3 = Method("ia3", TrainingSettings(learning_rate=1e-2), IA3Config(task_type="SEQ_2_SEQ_LM"))
    run = make_run(ia3, track)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from labutils.common.errors import LabError
from labutils.settings import LoraSettings, TrainingSettings, check_fields, check_number

if TYPE_CHECKING:
    from peft import PeftConfig


BARRED = r'<>:"/\\|?*`[\]$&~'
ALLOWED_NAME = re.compile(rf"[^\s.{BARRED}]([^{BARRED}]{{0,58}}[^\s.{BARRED}])?")


def check_name(what: str, name: object) -> None:
    """Raise LabError unless a name can stand in a path of any system, in Markdown and in a plot."""
    if not isinstance(name, str) or not ALLOWED_NAME.fullmatch(name) or not name.isprintable():
        raise LabError(
            f"{what} is {repr(name)[:90]}; it must be up to 60 characters, none of them of "
            '<>:"/\\|?*`[]$&~, with no dot or space at its ends.'
        )


QUANTIZED = ("int8", "nf4")


@dataclass(frozen=True)
class Method:
    """One way to get a system that summarizes.

    Attributes:
        name: of the system, such as "lora"; its run's folder begins with it.
        training: how it is trained; None trains nothing.
        adapter: what is put into the frozen model and trained: a LoraSettings, or a config of
            peft. None trains all weights.
        quantized: "int8" or "nf4": what an adapter's frozen model is rounded to (QLoRA).
        rule: answers without a model, as the trivial baselines do (`evaluation.baselines`).
        interpolated: another method, of whose trained change `share` is kept once it is trained.
        share: 0-1; 0 is the base again (an adapter switched off), 1 is all of the change. Between
            them lies what Wortsman et al. call WiSE-FT (arXiv 2109.01903).

    Raises:
        LabError: no name, an adapter that nothing trains, a share outside 0-1, or two ways to
            answer.
    """

    name: str
    training: TrainingSettings | None = None
    adapter: LoraSettings | PeftConfig | None = None
    rule: Callable | None = None
    interpolated: Method | None = None
    share: float = 0.0
    quantized: str | None = None

    def __post_init__(self) -> None:
        check_name("Method.name", self.name)
        check_fields(self, training=TrainingSettings | None, interpolated=Method | None)
        check_number("Method.share", self.share, minimum=0, maximum=1)
        if self.rule is not None and not callable(self.rule):
            raise LabError(f"Method.rule is {self.rule!r}; it must be a function.")
        if not (self.adapter is None or hasattr(self.adapter, "__dataclass_fields__")):
            raise LabError(
                f"Method.adapter is {self.adapter!r}; it must be a LoraSettings or a peft config."
            )
        if self.quantized not in (None, *QUANTIZED) or self.quantized and not self.adapter:
            raise LabError(
                f"Method.quantized is {self.quantized!r}; it must be one of "
                f"{', '.join(QUANTIZED)}, for a method with an adapter: rounded weights cannot be "
                "trained."
            )
        if self.adapter is not None and self.training is None:
            raise LabError(f"The method {self.name!r} has an adapter, but no training settings.")
        if sum(way is not None for way in (self.training, self.rule, self.interpolated)) > 1:
            raise LabError(
                f"The method {self.name!r} is trained, or has a rule, or keeps a share of what "
                "another one learned; it cannot do two of these."
            )

    @property
    def recipe(self) -> TrainingSettings:
        """The training settings of a method that trains; LabError of one that does not."""
        if self.training is None:
            raise LabError(f"The method {self.name!r} trains nothing.")
        return self.training

    def variant(
        self, name: str | None = None, *, adapter: dict | None = None, **training: Any
    ) -> Method:
        """The same method with other settings.

        Args:
            name: of the variant; default the same.
            adapter: {field of the LoraSettings: value}.
            **training: fields of the TrainingSettings.

        Raises:
            LabError: a value out of its range, named, or no LoRA to change.
        """
        changed = replace(self, name=name or self.name)
        if training:
            changed = replace(changed, training=replace(self.recipe, **training))
        if adapter:
            if not isinstance(self.adapter, LoraSettings):
                raise LabError(f"The method {self.name!r} has no LoraSettings to change.")
            changed = replace(changed, adapter=replace(self.adapter, **adapter))
        return changed

    def settings(self) -> dict:
        """What decides its outcome beside track and tasks, for `runs.identity`."""
        found: dict[str, Any] = {"training": self.training, "adapter": self.adapter}
        found["quantized"] = self.quantized
        if whole := self.interpolated:
            found["interpolated"] = {"name": whole.name, **whole.settings()}
            found["share"] = self.share
        if self.rule:
            found["rule"] = self.name
        return {name: value for name, value in found.items() if value is not None}


ZERO_SHOT = Method("zero-shot")
"""The untouched model."""
