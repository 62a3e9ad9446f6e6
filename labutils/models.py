"""Loading a T5-like model and its tokenizer, and counting what is in it."""

from pathlib import Path

from labutils.errors import LabError
from labutils.files import first_line


def load_tokenizer(source):
    """The tokenizer of a Hub id or folder.

    Raises:
        LabError: nothing usable there.
    """
    from transformers import AutoTokenizer

    with _loading("tokenizer", source):
        return AutoTokenizer.from_pretrained(source)


def load_model(source, device="cpu"):
    """A fresh model in eval mode, float32, on the device.

    Each call reads the weights anew: training, and adding an adapter, change a model in place, so
    a baseline that shares its model with a fine-tuning is no baseline.

    Raises:
        LabError: nothing usable there, a file cut short, or not an encoder-decoder model.
    """
    from transformers import AutoConfig, AutoModelForSeq2SeqLM

    with _loading("model", source):
        config = AutoConfig.from_pretrained(source)
    if not config.is_encoder_decoder:
        raise LabError(
            f"The model {source!r} is a {config.model_type}, not an encoder-decoder such as "
            "google/flan-t5-base."
        )
    check_weights(source)
    with _loading("model", source):
        model = AutoModelForSeq2SeqLM.from_pretrained(source, config=config, use_safetensors=True)
    return model.float().to(device).eval()


class _loading:
    """Turns whatever goes wrong while loading into one message."""

    def __init__(self, kind, source):
        self.kind, self.source = kind, source

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if isinstance(error, Exception) and not isinstance(error, LabError):
            raise LabError(
                f"The {self.kind} {str(self.source)!r} could not be loaded "
                f"({kind.__name__}: {first_line(error)}). Check the id or folder and the network "
                "and run the cell again (finished files are kept), or use the offline track: "
                "LAB_TRACK=tiny."
            ) from error


def check_weights(folder):
    """Raise LabError if a safetensors file in the folder is cut short; a Hub id passes."""
    from safetensors import SafetensorError, safe_open

    for path in sorted(Path(folder).glob("*.safetensors")):
        try:
            with safe_open(path, framework="pt"):
                pass
        except (SafetensorError, OSError) as error:
            raise LabError(
                f"{path} is damaged ({first_line(error)}): it was probably cut short while being "
                "written. Delete its folder and make it again."
            ) from error


def save_model(model, tokenizer, folder):
    """Write the model (or the adapter) and tokenizer to a new folder, whole or not at all."""
    folder = Path(folder)
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    model.save_pretrained(unfinished)
    tokenizer.save_pretrained(unfinished)
    unfinished.rename(folder)


def parameter_counts(model):
    """(trainable, total) numbers of parameters."""
    sizes = [(p.numel(), p.requires_grad) for p in model.parameters()]
    return sum(n for n, trainable in sizes if trainable), sum(n for n, _ in sizes)


def weights_mib(folder):
    """Size of the folder's safetensors files in MiB: what has to be kept of a fine-tuning."""
    return sum(path.stat().st_size for path in Path(folder).glob("*.safetensors")) / 2**20


def attention_used(model):
    """The attention implementation that transformers chose, such as "sdpa" or "eager"."""
    return getattr(model.config, "_attn_implementation", None) or "eager"
