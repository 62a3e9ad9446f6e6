"""Exports: the same tokens as transformers, a table measured on them, all of it or nothing."""

import re
import shutil
import sys

import pytest
import torch
from peft import PrefixTuningConfig

from labutils import adapters, data, models
from labutils.__main__ import main
from labutils.common.errors import LabError
from labutils.common.files import read_json, write_json
from labutils.own_chats import exporting
from labutils.own_chats.runtimes import RUNTIMES
from labutils.prompts import fit_prompt
from labutils.settings import LoraSettings

NAMES = {
    "ctranslate2": ["transformers", "labutils", "CTranslate2, float32", "CTranslate2, int8"],
    "onnx": ["transformers", "labutils", "ONNX Runtime, float32"],
}


def needs(to):
    for name in RUNTIMES[to].packages:
        pytest.importorskip(name, reason=f"{name} is not installed: see tests/exports.txt")
    if to == "onnx" and int(models_version().split(".")[0]) < 5:
        pytest.skip("the ONNX export is for transformers 5; here is " + models_version())


def models_version():
    import transformers

    return transformers.__version__


@pytest.fixture(scope="module", params=NAMES)
def exported(request, base, chats, tmp_path_factory):
    """(format, its folder, what the command printed is in its README)."""
    needs(request.param)
    out = tmp_path_factory.mktemp("exported") / "fast"
    main(["export", str(base), "--to", request.param, "--out", str(out), "--chats", str(chats)])
    return request.param, out


def test_the_tokens_are_transformers_own(exported):
    to, folder = exported
    record = read_json(folder / "export.json")
    assert [each["name"] for each in record["systems"]] == NAMES[to]
    for each in record["systems"]:
        assert each["identical"] == record["chats"] == 6 or each["name"].endswith("int8")
        assert each["seconds"] > 0 and each["mib"] > 0


def test_the_card_shows_what_was_measured(exported):
    to, folder = exported
    record, card = read_json(folder / "export.json"), (folder / "README.md").read_text("utf-8")
    for each in record["systems"]:
        row = f"| {each['name']} | {each['identical']} of 6 | {each['seconds']:.2f} |"
        assert row in card
    for name in ("transformers", *RUNTIMES[to].packages):
        assert f"{name} {record['packages'][name]}" in card
    assert str(folder) not in card


def test_that_8_bits_answer_otherwise_is_said_with_the_count(exported):
    to, folder = exported
    record = read_json(folder / "export.json")
    said = (folder / "README.md").read_text("utf-8")
    assert exporting.comparison(record).attrs["caption"] in said
    assert ("int8 rounds the weights" in said) == (to == "ctranslate2")
    for same, expected in ((1, "5 of these 6 chats get another summary. Whether"), (6, "0 of th")):
        record["systems"] = [{**each, "identical": same} for each in record["systems"]]
        caption = exporting.comparison(record).attrs["caption"]
        assert (expected in caption) == (to == "ctranslate2")
        assert ("read some, or score them" in caption) == (to == "ctranslate2" and same < 6)


def test_the_sizes_are_those_of_the_files(exported):
    to, folder = exported
    sizes = {each["name"]: each["mib"] for each in read_json(folder / "export.json")["systems"]}
    if to == "ctranslate2":
        assert sizes["CTranslate2, int8"] < sizes["CTranslate2, float32"]
        kept = folder / "float32"
    else:
        kept = folder
    weights = sum(
        path.stat().st_size for path in kept.iterdir() if path.suffix in (".bin", ".data")
    )
    exact = next(size for name, size in sizes.items() if name.endswith("float32"))
    assert 0 < exact - weights / 2**20 < 1.5
    assert not (folder / "checkpoint").exists() and (folder / "tokenizer.json").is_file()


def test_the_cards_code_writes_the_labs_summary(exported, base, chats, monkeypatch, capsys):
    _, folder = exported
    (code,) = re.findall(r"```python\n(.+?)```", (folder / "README.md").read_text("utf-8"), re.S)
    (dialogue, *_) = exporting._dialogues(chats)
    model, tokenizer = models.load_model(base), models.load_tokenizer(base)
    ids = tokenizer([fit_prompt(dialogue, tokenizer)], return_tensors="pt")["input_ids"]
    expected = model.generate(input_ids=ids, do_sample=False, max_new_tokens=128)[0]
    monkeypatch.chdir(folder)
    capsys.readouterr()
    exec(code.replace('"#Person1#: ..."', repr(dialogue)), {})
    assert (
        capsys.readouterr().out.strip()
        == tokenizer.decode(expected, skip_special_tokens=True).strip()
    )


@pytest.mark.parametrize("tied", [False, True])
def test_ctranslate2s_probabilities_are_those_of_the_model(tmp_path, tokenizer, tied):
    """A head that is scaled although it is untied finds the same tokens, with other chances."""
    needs("ctranslate2")
    from conftest import random_t5
    from ctranslate2 import Translator
    from transformers import T5Config, T5ForConditionalGeneration

    model = random_t5(T5Config, T5ForConditionalGeneration, tied=tied).eval()
    models.save_model(model, tokenizer, tmp_path / "model")
    exporting.export(tmp_path / "model", "ctranslate2", tmp_path / "out", test_dialogues=1)
    ids = tokenizer("#Person1#: Hello.")["input_ids"]
    read = models.load_model(tmp_path / "model")
    with torch.inference_mode():
        made = read.generate(
            torch.tensor([ids]),
            do_sample=False,
            max_new_tokens=5,
            output_logits=True,
            return_dict_in_generate=True,
        )
    chances = [each.log_softmax(-1).max() for each in made.logits]
    tokens = tokenizer.convert_ids_to_tokens(ids)
    (found,) = Translator(str(tmp_path / "out" / "float32")).translate_batch(
        [tokens], beam_size=1, max_decoding_length=5, return_scores=True, length_penalty=0
    )
    assert found.scores[0] == pytest.approx(float(sum(chances)), abs=0.02)


def test_an_adapter_is_merged(base, chats, tmp_path):
    needs("ctranslate2")
    torch.manual_seed(1)
    adapted = adapters.add_adapter(models.load_model(base), LoraSettings(rank=2))
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight)
    adapted.peft_config["default"].base_model_name_or_path = str(base)
    models.save_model(adapted, models.load_tokenizer(base), tmp_path / "adapter")
    made = exporting.export(tmp_path / "adapter", "ctranslate2", tmp_path / "out", chats=chats)
    assert made["systems"][2]["identical"] == 6
    assert made["systems"][2]["mib"] == pytest.approx(made["systems"][0]["mib"], rel=0.2)


def test_a_prefix_cannot_be_merged(base, chats, tmp_path, error_of):
    config = PrefixTuningConfig(task_type="SEQ_2_SEQ_LM", num_virtual_tokens=2)
    adapters.add_adapter(models.load_model(base), config).save_pretrained(tmp_path / "prefix")
    out = tmp_path / "fast"
    message = error_of(
        "export", tmp_path / "prefix", "--to", "onnx", "--out", out, "--chats", chats
    )
    assert "prompt or prefix cannot be merged" in message
    assert not out.exists()


@pytest.fixture
def tuned(base, chats, tmp_path):
    """A folder as `tune` leaves one of a file of chats."""
    shutil.copytree(base, tmp_path / "tuned" / "model")
    shutil.copytree(chats, tmp_path / "tuned" / "work" / "chats")
    record = {
        "max_summary_tokens": 7,
        "max_prompt_tokens": 99,
        "settings": {"template": "{dialogue}\nBrief:"},
    }
    write_json(tmp_path / "tuned" / "run.json", record)
    return tmp_path / "tuned"


def test_what_tune_left_is_compared_on_its_own_chats_and_limits(tuned, tmp_path, capsys):
    needs("ctranslate2")
    out = tmp_path / "out"
    words = ["--to", "ctranslate2", "--out", str(out), "--test-dialogues", "4"]
    main(["export", str(tuned), *words])
    record = read_json(out / "export.json")
    assert (record["chats"], record["max_summary_tokens"], record["max_prompt_tokens"]) == (
        4,
        7,
        99,
    )
    card = (out / "README.md").read_text("utf-8")
    assert '"{dialogue}\\nBrief:".format' in card and "max_decoding_length=7" in card
    assert "4 chats, greedy, at most 7 tokens" in capsys.readouterr().out


def test_an_export_with_other_tokens_is_not_kept(base, tmp_path, monkeypatch):
    needs("ctranslate2")
    monkeypatch.setattr(exporting, "_plain_tokens", lambda model, ids, mask, **_: ids)
    with pytest.raises(LabError, match="only 0 of 2 chats, so nothing is exported"):
        exporting.export(base, "ctranslate2", tmp_path / "out", test_dialogues=2)
    assert not list(tmp_path.glob("*out*"))


def test_only_an_earlier_export_is_replaced_and_by_force(base, tmp_path, error_of):
    needs("ctranslate2")
    out = tmp_path / "out"
    words = ["export", base, "--to", "ctranslate2", "--out", out, "--test-dialogues", "1"]
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    assert "is there already" in error_of(*words)
    assert "no earlier export" in error_of(*words, "--force")
    assert [path.name for path in out.iterdir()] == ["mine.txt"]
    shutil.rmtree(out)
    main([str(word) for word in words])
    (out / "export.json").write_text("{}")
    main([str(word) for word in [*words, "--force"]])
    assert read_json(out / "export.json")["chats"] == 1
    shutil.copytree(base, out / "model")
    inside = ["export", out / "model", "--to", "ctranslate2", "--out", out, "--force"]
    assert "no earlier export" in error_of(*inside) and (out / "model").is_dir()


@pytest.mark.parametrize("to", NAMES)
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    base, tmp_path, monkeypatch, error_of, to
):
    for name in RUNTIMES[to].packages:
        monkeypatch.setitem(sys.modules, name, None)
    told = error_of("export", base, "--to", to, "--out", tmp_path / "out")
    assert f"pip install {' '.join(RUNTIMES[to].packages)}" in told
    assert not (tmp_path / "out").exists()


def test_bad_input_is_refused_before_anything_is_written(
    base, chats, tmp_path, error_of, monkeypatch
):
    monkeypatch.setattr(exporting, "_check_packages", lambda to: None)
    words = ["--to", "ctranslate2", "--out", tmp_path / "out"]
    assert "is no folder" in error_of("export", tmp_path / "nothing", *words)
    assert "neither a model" in error_of("export", chats, *words)
    bare = tmp_path / "chats.csv"
    bare.write_text("text\nhello\n", "utf-8")
    assert "lacks the column dialogue" in error_of("export", base, *words, "--chats", bare)
    assert "test-dialogues" in error_of("export", base, *words, "--test-dialogues", 0)
    assert not (tmp_path / "out").exists()


def test_the_chats_are_the_tiny_tracks_where_none_are_known(base):
    rows = data.read_rows(exporting._chats_of(base) / "test.csv")
    assert exporting._dialogues(exporting._chats_of(base)) == list(
        dict.fromkeys(row["dialogue"] for row in rows)
    )
