"""A tuned model on the Hugging Face Hub: its weights, its tokenizer and its card, no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labutils.common.errors import LabError
from labutils.common.files import first_line
from labutils.common.hub import bound_patience, causes, offline
from labutils.model_folders import base_named, model_folder
from labutils.models import check_weights
from labutils.own_chats.model_card import CARD_FILE

if TYPE_CHECKING:
    from huggingface_hub import HfApi

WEIGHT_FILES = re.compile(r"(adapter_)?model(-\d{5}-of-\d{5})?\.safetensors")
PARTS = re.compile(
    r"(config|generation_config|adapter_config|model\.safetensors\.index|tokenizer"
    r"|tokenizer_config|special_tokens_map|added_tokens|vocab)\.json"
    r"|spiece\.model|tokenizer\.model|vocab\.txt|merges\.txt|chat_template\.jinja|README\.md"
)
PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt")
MOST_BYTES = 64 * 2**20
"""Of a file that holds no weights: the largest tokenizers have a quarter of it."""


@dataclass(frozen=True)
class Share:
    """What would be uploaded, and where to.

    Attributes:
        repository: NAMESPACE/NAME.
        public: whether everybody may see it.
        files: {name there: file here, or the card's text}.
        new: whether the repository is made.
        replaced: files there that have one of these names.
    """

    repository: str
    public: bool
    files: dict[str, Path | bytes]
    new: bool
    replaced: list[str]

    def __str__(self) -> str:
        sizes = {name: _size(file) for name, file in self.files.items()}
        lines = [f"  {size / 2**20:10,.2f} MiB  {name}" for name, size in sizes.items()]
        seen = "public: everybody can see and load it" if self.public else "private"
        there = "a new repository" if self.new else "a repository that is there"
        if self.replaced:
            there += f", of which it replaces {', '.join(self.replaced)}"
        total = sum(sizes.values()) / 2**20
        return "\n".join(
            [
                f"To {self.repository} ({seen}; {there}):",
                *lines,
                f"{len(lines)} files, {total:,.2f} MiB. Weights can repeat what they learned from.",
            ]
        )


def prepare_share(
    folder: Path, repository: str, *, public: bool = False, force: bool = False
) -> Share:
    """Check all that can be checked before a byte of the model leaves this machine.

    Args:
        folder: what `tune` left, of which the whole model and the card go along; or a checkpoint.
        repository: NAME or NAMESPACE/NAME.
        public: whether everybody may see it.
        force: upload into a repository that holds files already.

    Raises:
        LabError: no model, files that are none of a model, no login, no such namespace, or a
            repository that is there.
    """
    files = _files(folder)
    bound_patience()
    from huggingface_hub import HfApi, get_token

    if offline():
        raise LabError("HF_HUB_OFFLINE is set, so nothing goes to the Hub; unset it to share.")
    if not get_token():
        raise LabError(
            "You are not logged in at the Hub. Make a token that may write at "
            "https://huggingface.co/settings/tokens, and log in with it: hf auth login"
        )
    api = HfApi()
    with _asking(repository):
        me = api.whoami()["name"]
        name = repository if "/" in repository else f"{me}/{repository}"
        there, is_private = _there(api, name)
    if there is not None and not is_private and not public:
        raise LabError(
            f"{name} is there and public, so everybody would see this model. Add --public if they "
            "may, or choose another name."
        )
    if there and not force:
        raise LabError(
            f"{name} is there already and holds {len(there)} files ({', '.join(there[:3])}). "
            "Choose another name, or add --force to replace those of the same names."
        )
    files[CARD_FILE] = _card(files, name)
    replaced = sorted(files.keys() & set(there or ()))
    return Share(name, public, files, there is None, replaced)


def upload(share: Share) -> str:
    """Upload it in one commit, so that all of it is there or nothing; the repository's address.

    Raises:
        LabError: no permission, or the connection breaks off.
    """
    from huggingface_hub import CommitOperationAdd, HfApi

    api = HfApi()
    operations = [
        CommitOperationAdd(name, file if isinstance(file, bytes) else str(file))
        for name, file in share.files.items()
    ]
    with _asking(share.repository):
        if share.new:
            api.create_repo(share.repository, private=not share.public)
        api.create_commit(share.repository, operations, commit_message="Upload the model")
    return f"{api.endpoint}/{share.repository}"


def _files(folder: Path) -> dict[str, Path | bytes]:
    """{name in the repository: file}, all of them of a model."""
    checkpoint = model_folder(folder)
    if not checkpoint.is_dir():
        raise LabError(f"{checkpoint} is no folder; give the one that tune left, or a checkpoint.")
    names = [path for path in sorted(checkpoint.rglob("*")) if not path.is_dir()]
    files = {path.relative_to(checkpoint).as_posix(): path for path in names}
    for name, path in files.items():
        if path.suffix in PICKLES:
            raise LabError(
                f"{path} may be a pickle, which runs what it likes where it is loaded. Share "
                "weights as safetensors: model.save_pretrained writes them."
            )
        if not (WEIGHT_FILES.fullmatch(name) or PARTS.fullmatch(name)):
            raise LabError(
                f"{path} is no part of a model, and might be chats. Nothing is shared; put it "
                "somewhere else first."
            )
        if not WEIGHT_FILES.fullmatch(name) and path.stat().st_size > MOST_BYTES:
            raise LabError(f"{path} has more than {MOST_BYTES >> 20} MiB, and holds no weights.")
    configs = files.keys() & {"config.json", "adapter_config.json"}
    if not configs or not any(map(WEIGHT_FILES.fullmatch, files)):
        raise LabError(f"{checkpoint} holds no model with weights in safetensors to share.")
    check_weights(checkpoint)
    _check_base_is_public(checkpoint)
    return {**files, **({CARD_FILE: folder / CARD_FILE} if (folder / CARD_FILE).is_file() else {})}


def _check_base_is_public(checkpoint: Path) -> None:
    """Raise LabError if nobody else has the base of an adapter."""
    if not (checkpoint / "adapter_config.json").is_file():
        return
    base = base_named(checkpoint)
    if Path(base).is_dir() or not re.fullmatch(r"[\w.-]+/[\w.-]+", base):
        raise LabError(
            f"The adapter in {checkpoint} belongs to {base!r} on this machine, which nobody else "
            "has. Share the merged model: adapters.merge_adapter makes it, and tune leaves it."
        )


def _card(files: dict[str, Path | bytes], name: str) -> bytes:
    """The model's card, with the repository's name where its code loads a folder."""
    from huggingface_hub import ModelCard

    path = files.get(CARD_FILE)
    text = path.read_text("utf-8") if isinstance(path, Path) else f"# {name}\n"
    card = ModelCard(
        re.sub(r'from_pretrained\("(merged|model)"\)', f'from_pretrained("{name}")', text)
    )
    if "adapter_config.json" not in files:  # the merged model goes there
        card.data.library_name = "transformers"
    if "/" not in str(card.data.base_model or "/"):  # a folder of this machine
        card.data.base_model = None
    return str(card).encode()


def _there(api: HfApi, name: str) -> tuple[list[str] | None, bool]:
    """(files of a repository but for what the Hub puts into each, whether it is private)."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        found = api.model_info(name)
    except RepositoryNotFoundError:
        return None, True
    names = [sibling.rfilename for sibling in found.siblings or ()]
    return sorted({*names} - {".gitattributes"}), bool(found.private)


def _size(file: Path | bytes) -> int:
    return len(file) if isinstance(file, bytes) else file.stat().st_size


@contextmanager
def _asking(name: str) -> Iterator[None]:
    """Turns whatever goes wrong between this machine and the Hub into one LabError."""
    try:
        yield
    except LabError:
        raise
    except Exception as error:  # of any kind: the connection's are not the Hub's
        raise LabError(f"{name} was not shared: {_why_not_shared(error)}") from error


def _why_not_shared(error: Exception) -> str:
    from huggingface_hub.errors import HFValidationError

    if isinstance(error, HFValidationError):
        return f"the Hub has no such names ({first_line(error)})."
    responses = (getattr(each, "response", None) for each in causes(error))
    status = next((found.status_code for found in responses if found is not None), None)
    if status == 401:
        return "the Hub does not know your token (401). Log in again: hf auth login"
    if status == 403:
        return (
            "your token may not write there (403). Make one that may at "
            "https://huggingface.co/settings/tokens, or choose a namespace of yours."
        )
    if status == 409:
        return "a repository of this name is there already (409). Choose another, or add --force."
    if status == 429:
        return "the Hub asks to wait, because too many requests came from here (429)."
    if status and status >= 500:
        return f"the Hub is out of order ({status}). Run the same again later."
    if status:
        return f"the Hub refuses it ({first_line(error)})."
    *_, root = causes(error)
    return (
        f"the connection to the Hub is not made or broke off ({first_line(root)}). No file is to "
        "be seen there until all have come; run the same again."
    )
