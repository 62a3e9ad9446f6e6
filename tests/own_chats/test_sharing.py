"""Sharing a model: what would go is shown, nothing else goes, and each fault has its message."""

import re
import shutil

import huggingface_hub
import pytest
import torch
from hub import TOKEN, serving
from huggingface_hub import constants
from safetensors.torch import save_file

from labutils import models
from labutils.__main__ import main
from labutils.common.files import write_json

CARD = """---
pipeline_tag: summarization
library_name: peft
base_model: tiny-flan-t5
---

# Tuned

```python
model = AutoModelForSeq2SeqLM.from_pretrained("merged")
```
"""


@pytest.fixture
def mine(base, tmp_path):
    """A folder as `tune` leaves it, with what must not go along."""
    folder = tmp_path / "mine"
    shutil.copytree(base, folder / "merged")
    (folder / "model").mkdir()
    (folder / "README.md").write_text(CARD, "utf-8")
    (folder / "results.json").write_text("{}", "utf-8")
    (folder / "work" / "chats").mkdir(parents=True)
    (folder / "work" / "chats" / "test.csv").write_text("id,dialogue\n1,secret\n", "utf-8")
    return folder


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """The stand-in as the Hub of this process: its folders, its faults and its address."""
    folders, faults = {"new": tmp_path / "hub"}, {}
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name, value in {
        "HF_HUB_OFFLINE": False,
        "HF_HUB_DISABLE_XET": True,
        "HF_TOKEN_PATH": str(tmp_path / "no-token"),
    }.items():
        monkeypatch.setattr(constants, name, value, raising=False)
    again = getattr(huggingface_hub, "close_session", None)
    again = again or huggingface_hub.utils._http.reset_sessions
    monkeypatch.setattr(huggingface_hub.utils._http.time, "sleep", lambda _: None)
    with serving(folders, faults) as address:
        monkeypatch.setattr(constants, "ENDPOINT", address)
        again()
        yield folders, faults, address
    again()


def shared(mine, *words):
    main(["share", str(mine), "--repository", *words])


def there(folders, name="me/mine"):
    return {path.name: path.read_bytes() for path in folders["models", name].iterdir()}


def test_the_model_and_its_card_go_and_nothing_else(hub, mine, capsys):
    folders, _, address = hub
    shared(mine, "mine", "--yes")
    found = there(folders)
    expected = {path.name for path in (mine / "merged").iterdir()} | {"README.md", ".gitattributes"}
    assert found.keys() == expected
    for path in (mine / "merged").iterdir():
        assert found[path.name] == path.read_bytes()
    told = capsys.readouterr().out
    assert "To me/mine (private; a new repository)" in told and f"{address}/me/mine" in told
    assert all(name in told for name in expected - {".gitattributes"})
    assert huggingface_hub.HfApi(endpoint=address).model_info("me/mine").private


def test_the_card_that_goes_loads_the_repository(hub, mine):
    shared(mine, "mine", "--yes")
    card = there(hub[0])["README.md"].decode()
    assert 'from_pretrained("me/mine")' in card and "library_name: transformers" in card
    assert "base_model" not in card  # the name of a folder of this machine
    assert "library_name: peft" in (mine / "README.md").read_text("utf-8")


def test_what_was_shared_is_the_model(hub, mine, tmp_path):
    shared(mine, "mine", "--yes", "--public")
    folders, _, address = hub
    assert not huggingface_hub.HfApi(endpoint=address).model_info("me/mine").private
    one, other = models.load_model(folders["models", "me/mine"]), models.load_model(mine / "merged")
    assert all((a == b).all() for a, b in zip(one.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("said", ["n", "", "later"])
def test_nothing_goes_without_a_yes(hub, mine, monkeypatch, error_of, said):
    monkeypatch.setattr("builtins.input", lambda _: said)
    assert "Nothing was uploaded" in error_of("share", mine, "--repository", "mine")
    assert ("models", "me/mine") not in hub[0]
    monkeypatch.setattr("builtins.input", lambda _: "y")
    shared(mine, "mine")
    assert ("models", "me/mine") in hub[0]


def test_nobody_there_to_ask_is_no_yes(hub, mine, monkeypatch, error_of):
    def ended(_):
        raise EOFError

    monkeypatch.setattr("builtins.input", ended)
    assert "--yes" in error_of("share", mine, "--repository", "mine")


@pytest.mark.parametrize(
    ("name", "said"),
    {
        "chats.csv": "might be chats",
        "predictions.jsonl": "might be chats",
        "results.json": "might be chats",
        "deeper/test.csv": "might be chats",
        ".env": "might be chats",
        "training_args.bin": "pickle",
        "optimizer.pt": "pickle",
        "tokenizer.json": "holds no weights",
    }.items(),
)
def test_what_is_no_part_of_a_model_is_refused(hub, mine, error_of, name, said, monkeypatch):
    monkeypatch.setattr("labutils.own_chats.sharing.MOST_BYTES", 2**18)
    path = mine / "merged" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b" " * 2**19)
    told = error_of("share", mine, "--repository", "mine", "--yes")
    assert said in told and name in told and ("models", "me/mine") not in hub[0]


def test_a_folder_that_is_not_there_is_named(hub, mine, error_of):
    told = error_of("share", mine / "my_modle", "--repository", "mine", "--yes")
    assert "my_modle is no folder" in told


def test_weights_that_were_cut_short_are_refused(hub, mine, error_of):
    path = mine / "merged" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-5])
    assert "damaged" in error_of("share", mine, "--repository", "mine", "--yes")
    path.unlink()
    assert "no model" in error_of("share", mine, "--repository", "mine", "--yes")


@pytest.mark.parametrize("base", ["/here/tiny-flan-t5", "tiny-flan-t5", ""])
def test_an_adapter_whose_base_nobody_has_is_refused(hub, tmp_path, error_of, base):
    write_json(tmp_path / "a" / "adapter_config.json", {"base_model_name_or_path": base})
    save_file({"lora_A": torch.ones(2)}, tmp_path / "a" / "adapter_model.safetensors")
    share = ("share", tmp_path / "a", "--repository", "mine", "--yes")
    assert "which nobody else has" in error_of(*share)
    write_json(
        tmp_path / "a" / "adapter_config.json", {"base_model_name_or_path": "google/flan-t5-base"}
    )
    main([str(word) for word in share])
    assert {"adapter_model.safetensors", "adapter_config.json"} < there(hub[0]).keys()


def test_without_a_login_it_says_how_to(hub, mine, monkeypatch, error_of):
    monkeypatch.delenv("HF_TOKEN")
    assert "hf auth login" in error_of("share", mine, "--repository", "mine", "--yes")
    monkeypatch.setenv("HF_TOKEN", "hf_of_somebody")
    assert "does not know your token (401)" in error_of("share", mine, "--repository", "mine")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE" in error_of("share", mine, "--repository", "mine")


@pytest.mark.parametrize("name", ["mine", "others/mine"])
def test_without_permission_it_says_so(hub, mine, error_of, name):
    hub[1]["me/mine"] = "403"
    told = error_of("share", mine, "--repository", name, "--yes")
    assert "may not write there (403)" in told and ("models", "me/mine") not in hub[0]


def test_a_repository_that_is_there_is_replaced_only_by_force(hub, mine, error_of, capsys):
    shared(mine, "mine", "--yes")
    before = there(hub[0])
    (mine / "README.md").write_text("# Anew\n", "utf-8")
    told = error_of("share", mine, "--repository", "mine", "--yes")
    assert "is there already" in told and there(hub[0]) == before
    shared(mine, "mine", "--yes", "--force")
    assert "it replaces README.md" in capsys.readouterr().out
    assert b"Anew" in there(hub[0])["README.md"]


def test_a_private_model_does_not_go_into_a_public_repository(hub, mine, error_of):
    shared(mine, "mine", "--yes", "--public")
    told = error_of("share", mine, "--repository", "mine", "--yes", "--force")
    assert "there and public" in told


def test_a_connection_that_breaks_leaves_nothing_to_be_seen_and_the_same_goes_on(
    hub, mine, error_of
):
    folders, faults, _ = hub
    faults["*"] = "gone"
    told = error_of("share", mine, "--repository", "mine", "--yes")
    assert "broke off" in told and there(folders).keys() == {".gitattributes"}
    faults.clear()
    shared(mine, "mine", "--yes")
    assert "model.safetensors" in there(folders)


def test_a_hub_that_is_not_there_is_said_to_be(hub, mine, monkeypatch, error_of):
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    told = error_of("share", mine, "--repository", "mine", "--yes")
    assert "the connection to the Hub is not made" in told


@pytest.mark.parametrize("name", ["a/b/c", "my model", "-x", ""])
def test_names_that_the_hub_does_not_take_are_refused(hub, mine, error_of, name):
    told = error_of("share", mine, f"--repository={name}", "--yes")
    assert re.search("no such names|was not shared", told)
