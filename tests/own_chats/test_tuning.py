"""Tuning on chats of one's own: an honest verdict, and a model that goes without the lab."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import ROOT

from labutils import data, engine
from labutils.common.errors import LabError
from labutils.common.files import read_json
from labutils.methods import ZERO_SHOT
from labutils.models import load_model
from labutils.own_chats import tuning
from labutils.own_chats.model_card import model_card
from labutils.own_chats.splitting import GROUP
from labutils.runs import Run
from labutils.tracks import choose_track


def run_of(name, scores):
    items = pd.DataFrame({"id": range(len(scores)), "rougeL": scores})
    return Run(None, {"name": name, "seed": 42}, items)


def compared(*means, chats=60, noise=0.1):
    """Runs whose ROUGE-L scatters about these means, the tuned model's last."""
    draw = np.random.default_rng(7)
    names = [f"system {place}" for place in range(len(means) - 1)] + ["tuned"]
    return [run_of(name, mean + noise * draw.standard_normal(chats)) for name, mean in
            zip(names, means)]  # fmt: skip


def test_the_verdict_names_the_closest_system():
    said = tuning.verdict(compared(0.1, 0.3, 0.5))
    assert (
        "The tuned model (tuned) is better than the untouched model and every trivial system"
        in said
    )
    assert "against system 1, the closest of them, on 60 test chats" in said


def test_a_model_that_a_trivial_system_beats_is_called_worse():
    assert tuning.verdict(compared(0.1, 0.6, 0.5)).startswith(
        "The tuned model (tuned) is worse than system 1"
    )


def test_a_noisy_system_further_off_keeps_the_verdict_open():
    draw = np.random.default_rng(7)
    scores = 0.5 + 0.05 * draw.standard_normal(60)
    noisy = scores - np.tile([0.42, -0.30], 30)
    runs = [
        run_of("base", scores - 0.03 + 0.03 * draw.standard_normal(60)),
        run_of("noisy", noisy),
        run_of("tuned", scores),
    ]
    closest, other = tuning.rivals(runs)
    assert closest.name == "base" and closest.settled and not other.settled
    assert tuning.verdict(runs).startswith("Not settled: ROUGE-L +0.060")


def test_a_settled_system_that_is_better_is_told_even_where_a_noisy_one_is_ahead_of_it():
    draw = np.random.default_rng(7)
    scores = 0.5 + 0.05 * draw.standard_normal(60)
    runs = [
        run_of("base", scores + 0.03 + 0.03 * draw.standard_normal(60)),
        run_of("noisy", scores + np.tile([0.42, -0.30], 30)),
        run_of("tuned", scores),
    ]
    ahead, other = tuning.rivals(runs)
    assert ahead.name == "noisy" and not ahead.settled and other.settled
    assert tuning.verdict(runs).startswith("The tuned model (tuned) is worse than base")


def test_luck_is_not_settled_and_the_chats_that_would_settle_it_are_told():
    said = tuning.verdict(compared(0.1, 0.49, 0.5, chats=40))
    assert said.startswith("Not settled") and "system 1" in said
    assert re.search(r"about [\d,]+ test chats would show it|A few chats more", said)


def test_few_chats_are_called_few_even_when_settled():
    assert "8 chats are few" in tuning.verdict(compared(0.1, 0.5, chats=8, noise=0.01))
    assert "are few" not in tuning.verdict(compared(0.1, 0.5, chats=40, noise=0.01))


def test_what_a_few_chats_agree_on_may_still_be_luck():
    """Three coins fall alike one time in four, and a bootstrap does not know that."""
    for chats, settled in ((3, False), (5, False), (6, True)):
        said = tuning.verdict(compared(0.1, 0.5, chats=chats, noise=0.01))
        assert said.startswith("Not settled") != settled
        assert f"{chats} chats are few" in said


def test_one_chat_cannot_tell_how_far_differences_lie_apart():
    said = tuning.verdict([run_of("base", [0.3]), run_of("tuned", [0.6])])
    assert "may be luck on 1 test chat. So few chats do not tell how much a difference" in said
    assert "difference of zero" not in said


def test_no_number_of_chats_settles_a_difference_of_zero():
    same = [run_of("base", [0.5] * 9), run_of("tuned", [0.5] * 9)]
    assert "No number of chats" in tuning.verdict(same)


def test_few_chats_are_gone_through_more_often(track):
    assert tuning.with_enough_steps(track.full, track).recipe.epochs == tuning.MOST_EPOCHS
    assert tuning.method_for(track, "lora") == track.lora
    with pytest.raises(LabError, match="full or lora"):
        tuning.method_for(track, "ia3")


def grouped(runs, groups):
    for run in runs:
        run.items[GROUP] = [f"g{place % groups}" for place in range(len(run.items))]
    return runs


def test_chats_of_one_customer_are_resampled_together_and_the_verdict_says_so():
    alone = tuning.verdict(compared(0.1, 0.3, 0.5))
    assert "What was resampled: single chats" in alone
    runs = grouped(compared(0.1, 0.3, 0.5), groups=40)
    said = tuning.verdict(runs)
    assert "What was resampled: 40 groups of test chats that are one customer's" in said
    assert "interval by group of chats" in tuning.results_table(recorded(runs)).attrs["caption"]
    assert tuning.rivals(runs)[0].difference != tuning.rivals(compared(0.1, 0.3, 0.5))[0].difference
    assert "60 chats of 9 groups are few" in tuning.verdict(grouped(runs, groups=9))
    assert tuning.verdict(grouped(runs, groups=1)).startswith("Not settled")
    close = tuning.verdict(grouped(compared(0.1, 0.49, 0.5, chats=40), groups=20))
    assert re.search(r"chats in groups like these would show it|Chats of a few customers", close)
    few = tuning.verdict(grouped(compared(0.1, 0.3, 0.5), groups=5))
    assert "Chats of a few customers more should settle it" in few  # no number of chats of these 5
    assert tuning.verdict(grouped(runs, groups=60)) == alone


def recorded(runs):
    """The same with what a table tells beside scores."""
    told = dict(test_dialogues=60, references_per_dialogue=1, dataset="d", scorer="s")
    told |= dict(model="m", device_name="CPU", failures={"n": 60, "new_names": 3, "new_numbers": 6})
    for run in runs:
        run.record |= told
        run.items["rouge1"] = run.items["rougeL"]
    return runs


def test_the_method_is_what_the_plan_finds_room_for(track, monkeypatch, capsys):
    assert tuning.method_for(track, None) == track.full
    full = r"Method: full, because full .* needs 0\.\d GiB, and this machine has [1-9][\d.]+\.\n"
    assert re.fullmatch(full, capsys.readouterr().out)
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(total=2**20))
    assert tuning.method_for(track, None) == track.lora
    small = (
        r"Method: lora, because full .* GiB, lora 0.*: too little; a smaller --model may fit\.\n"
    )
    assert re.fullmatch(small, capsys.readouterr().out)
    assert tuning.method_for(track, "full") == track.full and capsys.readouterr().out == ""


@pytest.fixture(scope="module", params=["full", "lora"])
def handed_over(request, base, chats, tmp_path_factory):
    """A small model tuned on a few chats: the method's name, the track, the runs, the folder."""
    folder = tmp_path_factory.mktemp("tuned")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_ARTIFACTS", str(folder / "artifacts"))
        patch.setattr(tuning, "MOST_EPOCHS", 1)
        track = choose_track("tiny", model=str(base), dataset=str(chats))
        runs = tuning.tune(track, tuning.method_for(track, request.param))
        tuning.hand_over(track, runs, folder / "mine")
    return request.param, track, runs, folder / "mine"


def test_what_is_handed_over_needs_no_lab(handed_over, monkeypatch, capsys):
    """The card's own lines, run as they stand, write the lab's summary."""
    name, track, runs, folder = handed_over
    card = (folder / "README.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.+?)```", card, re.S)
    dialogue = data.load_dialogues(track)["test"]["dialogue"][0]
    monkeypatch.chdir(folder)
    capsys.readouterr()
    exec(code.replace('"#Person1#: ..."', repr(dialogue)), {})
    said = capsys.readouterr().out.strip()
    if name == "full":
        assert said == runs[-1].predictions[0]
    else:  # merging rounds, and the random model's answers hang by a digit
        assert said[:20] == runs[-1].predictions[0][:20]


def test_plain_peft_loads_the_adapter_as_the_page_says(handed_over, monkeypatch):
    """The page's four lines, run as they stand."""
    name, _, runs, folder = handed_over
    if name == "full":
        pytest.skip("it has no adapter")
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(from peft import AutoPeft.+?)```", page, re.S)
    monkeypatch.chdir(folder.parent)
    said = {}
    exec(code.replace("my_adapter", folder.name), said)
    ids = said["tokenizer"]("#Person1#: Hello.", return_tensors="pt")["input_ids"]
    model, merged = said["model"], load_model(folder / "merged")
    assert any("lora" in weight for weight, _ in model.named_parameters())
    ours, theirs = (each(input_ids=ids, labels=ids).logits for each in (merged, model))
    assert torch.allclose(ours, theirs, atol=1e-4)


def test_the_card_tells_what_the_records_tell(handed_over):
    name, track, runs, folder = handed_over
    card, results = (folder / "README.md").read_text("utf-8"), read_json(folder / "results.json")
    record = runs[-1].record
    assert f"tuned on {record['train_rows']} chats" in card
    assert results["verdict"] in card and tuning.verdict(runs) == results["verdict"]
    for run in runs:
        mean = run.record["rouge"]["rougeL"]["mean"]
        assert re.search(rf"^\| {run.name} \|.*{mean:.3f}", card, re.M)
    told = f"{record['train_rows']} chats to learn from, others to choose the checkpoint by"
    assert f"{told}, {record['test_dialogues']} to test." in card
    limit = record["max_prompt_tokens"]
    assert f"fits into {limit} tokens; these lines do not." in card  # they cut nothing
    assert "masked" not in card  # the lab did not split these chats, and cannot know
    assert ("LoRA of rank 7" in card) == (name == "lora") == (folder / "merged").is_dir()
    assert [run.name for run in runs][-2:] == [ZERO_SHOT.name, name]


@pytest.mark.parametrize(
    "name, licence",
    [("google/flan-t5-large", "Apache 2.0"), ("tiny-flan-t5", "MIT"), ("me/mine", "see its own")],
)
@pytest.mark.parametrize("masked", [True, False])
def test_the_card_names_the_bases_licence_and_what_was_done_to_the_chats(
    handed_over, name, licence, masked
):
    _, _, runs, _ = handed_over
    record = {**runs[-1].record, "model": name}
    prepared = {"masked": masked, "chats": {"train": 9, "validation": 3, "test": 3}}
    card = model_card(record, tuning.results_table(runs), "Better.", prepared)
    assert "chats to learn from, 3 to choose the checkpoint by" in card
    assert f"({name}: {licence}" in card
    assert f"personal data was {'' if masked else 'not '}masked" in card


def test_what_cannot_be_counted_in_a_script_without_capitals_is_told_so(handed_over, monkeypatch):
    _, track, runs, folder = handed_over
    unnamed = [replace(run, record={**run.record, "failures": {**run.record["failures"],
               "new_names": None}}) for run in runs]  # fmt: skip
    table = tuning.results_table(unnamed)
    assert set(table["with a new name"]) == {"not counted (no capitals)"}
    assert table["with a new number"].str.endswith("%").all()
    card = " ".join(model_card(unnamed[-1].record, table, "Better.", None).split())
    assert re.search(r"\d% of the test summaries have a number that is not in their chat. Names "
                     "cannot be told in these scripts. Somebody should", card)  # fmt: skip


def test_handing_over_again_replaces_the_older_set_and_loads_the_model_once(
    handed_over, monkeypatch
):
    name, track, runs, folder = handed_over
    loaded, load = [], engine.load_model
    monkeypatch.setattr(engine, "load_model", lambda *a, **o: (loaded.append(a), load(*a, **o))[1])
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    tuning.hand_over(track, runs, folder)
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert after == before and len(loaded) == (name == "lora")
    for path in runs[-1].model_folder.iterdir():  # the adapter alone, without its base's embedding
        assert (folder / "model" / path.name).read_bytes() == path.read_bytes()
