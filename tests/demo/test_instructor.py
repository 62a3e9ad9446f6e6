"""The instructor demo: it answers live or from records, says which, and nothing in it raises."""

import json
import re
import shutil
from html import escape
from types import SimpleNamespace

import pytest
from conftest import KOREAN, MARKUP

from labutils.adapters import load_adapter
from labutils.common.errors import LabError
from labutils.demo import instructor, live, pages
from labutils.demo.compact import shrink_adapter, write_difference
from labutils.demo.live import SYSTEM_NAMES, Demo, read_record
from labutils.generation import generate
from labutils.models import load_model, load_tokenizer
from labutils.multitask.tasks import DIALOGUES
from labutils.prompts import fit_prompts
from labutils.summarization import summarize
from labutils.tracks import tiny_track
from labutils.views import marking
from tools.makers import demo as maker

ESCAPED = "&lt;img src=x onerror=alert(1)&gt;"
CHAT = "#Person1#: Hello, this is Mara. Order 1,204 is late.\n#Person2#: It comes on Friday."


def stored_record(lab):
    """A record of the small runs, in the form that tools/makers/demo.py writes."""
    items = lab.dialogues["test"].to_list()[:3]
    systems = {
        name: {
            "answers": lab.runs[name].predictions[:3],
            "bits": 8,
            "same_answers": 5,
            "rouge": {"rouge1": {"mean": 0.5}},
            "points": [
                {"step": step, "loss": 2 / step if step else None, "rouge1": step / 10,
                 "rougeL": step / 12, "validation_loss": 3 - step / 3,
                 "summaries": [f"{name} {stage} {topic}" for topic in ("one", "two", "three")]}
                for step, stage in {0: "begins", 2: "goes on with", 6: "has ended"}.items()
            ],
        }
        for name in SYSTEM_NAMES
    }  # fmt: skip
    curve = {"dialogues": [(0, 0.1), (140, 0.2)], "code": [(0, 0.9), (140, 0.3)]}
    run = {"targets": "q, v", "rank": 1, "rouge1": {"mean": 0.3, "low": 0.2, "high": 0.4},
           "trainable_parameters": 1000, "total_parameters": 10_000, "saved_mib": 0.004,
           "train_seconds": 12.3}  # fmt: skip
    return {
        "made": "2026-01-01",
        "identity": {"validation_dialogues": 4},
        "test_dialogues": 6,
        "dialogues": items,
        "systems": systems,
        "sweep": {"epochs": 3, "alpha_over_rank": 6, "runs": [run, run | {"rank": 4}]},
        "forgetting": {"curve_rows": 50, "curves": {"full-single": curve, "lora-single": curve}},
    }


@pytest.fixture
def records(lab, base, tmp_path, monkeypatch):
    """A folder like data/demo made from the small runs, and no runs of one's own."""
    folder = tmp_path / "demo"
    folder.mkdir()
    full = load_model(lab.runs["full"].model_folder)
    write_difference(load_model(base), full, folder / "full.safetensors")
    shrink_adapter(lab.runs["lora"].model_folder, folder / "lora", "random-t5")
    (folder / "record.json").write_text(json.dumps(stored_record(lab)), "utf-8")
    monkeypatch.setenv("LAB_ARTIFACTS", str(tmp_path / "nothing"))
    return folder


@pytest.fixture
def demo(lab, records):
    return Demo(lab.track, records)


def test_every_system_answers_a_typed_chat_live(demo):
    answers = {name: demo.answer(name, CHAT) for name in SYSTEM_NAMES}
    live = re.compile(r"live in (\d+\.\d|under 0\.1) s, ")
    assert all(live.match(answer.label) for answer in answers.values())
    assert len({answer.text for answer in answers.values()}) == 3
    assert "5 of 6 test answers" in answers["full"].label
    assert "8 bits" in answers["full"].label and "untouched" in answers["zero-shot"].label


def test_an_answer_takes_one_thread_and_gives_the_others_back(demo, monkeypatch):
    import torch

    used, generate = [], live.generate

    def noting(*args, **options):
        used.append(torch.get_num_threads())
        return generate(*args, **options)

    monkeypatch.setattr(live, "generate", noting)
    torch.set_num_threads(2)
    try:
        demo.answer("full", CHAT)
        assert used == [1] and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)


def test_live_answers_are_those_of_the_stored_models(demo, lab, records):
    adapted = load_adapter(load_model(lab.track.model), records / "lora")
    tokenizer, chats = load_tokenizer(lab.track.model), lab.dialogues["test"]["dialogue"]
    expected = {
        "zero-shot": lab.runs["zero-shot"].predictions,
        "lora": summarize(lab.track, adapted, tokenizer, fit_prompts(chats, tokenizer)),
    }
    for name, texts in expected.items():
        assert [demo.answer(name, chat).text for chat in chats] == texts


def test_runs_of_ones_own_are_preferred_and_named(lab, records, monkeypatch, tmp_path):
    monkeypatch.setenv("LAB_ARTIFACTS", str(tmp_path / "artifacts"))
    demo = Demo(lab.track, records)
    for name in ("full", "lora"):
        assert f"your own run {lab.runs[name].folder.name}" in demo.source(name)[1]
        item = lab.dialogues["test"][2]
        assert demo.answer(name, item["dialogue"]).text == lab.runs[name].predictions[2]


def test_a_run_without_its_weights_is_not_answered_for_by_the_base(lab, records, monkeypatch):
    monkeypatch.setenv("LAB_ARTIFACTS", str(lab.runs["full"].folder.parents[2]))
    cut(lab.runs["full"].model_folder / "model.safetensors")
    assert "weights stored" in Demo(lab.track, records).source("full")[1]
    shutil.rmtree(lab.runs["full"].model_folder)
    assert "weights stored" in Demo(lab.track, records).source("full")[1]
    (lab.runs["full"].folder / "predictions.jsonl").write_text("{")
    assert "weights stored" in Demo(lab.track, records).source("lora")[1]


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "full.safetensors").unlink(),
        lambda folder: cut(folder / "full.safetensors"),
        lambda folder: (folder / "full.safetensors").write_bytes(b""),
    ],
    ids=["deleted", "cut short", "empty"],
)
def test_without_its_weights_a_system_gives_the_stored_answer_and_says_so(lab, records, damage):
    damage(records)
    demo = Demo(lab.track, records)
    answer = demo.answer("full", lab.dialogues["test"][1]["dialogue"])
    assert answer.text == lab.runs["full"].predictions[1]
    assert answer.for_this_chat
    assert answer.label.startswith("stored answer to this chat, because") and "cut" in answer.label
    assert demo.answer("lora", CHAT).label.startswith("live in")
    page = pages.answers_html(demo, lab.dialogues["test"][1]["dialogue"])
    assert "stored answer to this chat" in page and page.count("live in") == 2


def test_a_stored_answer_to_another_chat_names_it_and_is_not_marked_by_this_one(lab, records):
    cut(records / "lora" / "adapter_model.safetensors")
    demo, item = Demo(lab.track, records), lab.dialogues["test"][2]
    answer = demo.answer("lora", item["dialogue"] + "\n#Person2#: Goodbye.")
    assert answer.text == lab.runs["lora"].predictions[2] and not answer.for_this_chat
    assert f"stored answer to {item['id']}" in answer.label
    card = pages.answers_html(demo, CHAT, ["Mara asks for an order."]).split("<b>lora</b>")[1]
    assert "ROUGE-1" not in card and "not in the chat:" not in card


def test_an_adapter_with_a_broken_config_is_no_reason_to_stop(lab, records):
    (records / "lora" / "adapter_config.json").write_text("{}")
    assert Demo(lab.track, records).answer("lora", CHAT).label.startswith("stored answer")


@pytest.mark.parametrize("text", ["3", "[]", "{}", '{"made": '])
def test_what_is_no_record_is_refused_with_what_to_do(tmp_path, text):
    (tmp_path / "record.json").write_text(text)
    with pytest.raises(LabError, match="record.json.*git checkout data/demo"):
        live.read_record(tmp_path)


@pytest.mark.parametrize("missing", ["model", "folder", "record", "record cut short", "all"])
def test_whatever_is_missing_every_page_and_widget_appears(lab, records, tmp_path, missing):
    track = lab.track
    if missing in ("model", "all"):
        track = type(track)(**(vars(track) | {"model": str(tmp_path / "no model")}))
    if missing == "record":
        (records / "record.json").unlink()
    if missing == "record cut short":
        cut(records / "record.json")
    if missing in ("folder", "all"):
        shutil.rmtree(records)
    demo = Demo(track, records)
    for part in (instructor.answers_widget, instructor.steps_widget, instructor.forgetting_widget,
                 instructor.turned_down_widget):  # fmt: skip
        part(demo)
    for show in (instructor.show_sources, instructor.show_answers, instructor.show_steps,
                 instructor.show_curves, instructor.show_sweep, instructor.show_forgetting,
                 instructor.show_turned_down):  # fmt: skip
        show(demo)
    page = pages.answers_html(demo, CHAT)
    expected = {"model": "stored answer to", "folder": "no answer:", "record": "live in",
                "record cut short": "live in", "all": "no answer:"}  # fmt: skip
    assert expected[missing] in page
    if missing != "model":
        assert "python -m tools.makers.demo" in pages.steps_page(demo)


def test_a_model_that_fails_while_it_writes_is_replaced_by_the_stored_answer(demo, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(live, "generate", fail)
    answer = demo.answer("full", demo.dialogues[0]["dialogue"])
    assert answer.text == demo.record["systems"]["full"]["answers"][0]
    assert "the model failed: out of memory" in answer.label


@pytest.mark.parametrize("chat", [MARKUP, KOREAN, f"#Person1#: {MARKUP} " * 500, "\x00", "<b>"])
def test_strange_chats_are_answered_and_never_run(demo, chat):
    page = pages.answers_html(demo, chat, [MARKUP])
    assert "<img" not in page and "<script" not in page and page.count("live in") == 3
    assert ESCAPED in page


def test_an_empty_chat_gives_a_message(demo):
    assert "The chat is empty" in pages.answers_html(demo, " \n")


def test_a_chat_that_is_too_long_is_cut_and_that_is_said(demo):
    assert "cut to fit 512 tokens" in demo.answer("full", "#Person1#: Hello there.\n" * 900).label


def test_shared_words_are_marked_as_rouge_compares_them():
    page = marking.marked_html("Mara orders a lamp.", ["Mara ordered lamps", "She wants it"])
    shared = marking.SHARED_WORD.format
    assert page == f"{shared('Mara')} {shared('orders')} a {shared('lamp')}."


def test_names_and_numbers_that_nobody_said_are_framed():
    text = "#Person1# tells Tom that order 1,204 comes on Monday at 14, says Mara."
    page = marking.marked_html(text, [], CHAT)
    framed = [word for word in ("Person1", "Tom", "1,204", "Monday", "14", "Mara")
              if marking.FLAGGED.format(word) in page]  # fmt: skip
    assert framed == ["Tom", "Monday", "14"]
    assert marking.flags_text(text, CHAT) == "not in the chat: Tom, Monday, 14"
    assert marking.flags_text("Mara waits.", CHAT) == ""
    assert marking.flags_text("At 11:30 for $1,250.50, says O'Neil.", "#Person1#: At 11.") == (
        "not in the chat: 11:30, 1,250.50, O'Neil"  # as `summarize` writes them
    )


def test_the_slider_shows_each_trainings_summary_loss_and_rouge_at_one_step(demo):
    early, late = (re.sub("</?[bu]>", "", pages.steps_page(demo, 2, place)) for place in (0, 2))
    for text in ("step 6 of 6", "full has ended three", "lora has ended three",
                 "validation loss 1.00", "training loss 0.33", "ROUGE-1 0.600"):  # fmt: skip
        assert text in late and text not in early
    assert "full begins three" in early
    assert "not known yet" in early and 'alt="Figure.' in late
    assert pages.shares(demo) == ["0.0%", "33.3%", "100.0%"]


def test_the_sweep_is_read_out_and_not_by_its_intervals(records):
    sweep = read_record(records)["sweep"]
    assert "From rank 1 to 4 ROUGE-1 changes by 0.000 on q, v. (" in pages.sweep_told(sweep)
    runs = [
        {"targets": targets, "rank": rank, "rouge1": {"mean": mean}}
        for targets, rank, mean in (("q, v", 1, 0.4899), ("q, v", 7, 0.5492),
                                    ("all", 1, 0.5382), ("all", 7, 0.606))
    ]  # fmt: skip
    told = pages.sweep_told({"runs": runs})
    assert "from rank 1 to 7 rouge-1 changes by +0.059 on q, v and +0.068 on all." in told.lower()
    assert "At rank 1, all instead of q, v change it by +0.048; both together by +0.116." in told
    assert "paired test" in told


def test_when_form_and_names_were_learned_is_told_below_the_curves(demo):
    for item in demo.record["dialogues"]:
        item["references"] = ["It is about Ann Bell on Friday.", "On Friday Ann Bell calls."]
    for name in pages.TRAINED_NAMES:
        for point, text in zip(demo.points(name), ("Nobody.", "I saw Ann.", "So Ann Bell, Friday")):
            point["summaries"] = [text] * 3
            point["rouge1"] = {"Nobody.": 0.1, "I saw Ann.": 0.6}.get(text, 0.8)
    told = pages.learning_told(demo)
    assert "after 33.3% of full, where 33% of the names" in told and "(at the end 100%)" in told
    assert "in 3 chats" in told


@pytest.mark.parametrize("tested, ahead", [(0.7, "the other way round"), (0.9, "notebook 5 tests")])
def test_curves_of_few_dialogues_do_not_say_who_ends_higher(demo, tested, ahead):
    """A room saw LoRA end above full, by what a few validation dialogues cannot tell."""
    for name, value, score in (("full", 0.81, 0.8), ("lora", 0.82, tested)):
        demo.points(name)[-1]["rouge1"] = value
        demo.record["systems"][name]["rouge_of_unrounded"] = {"rouge1": {"mean": score}}
    told = pages.ends_told(demo.record)
    count = demo.record["identity"]["validation_dialogues"]
    assert "end at 0.810 and 0.820" in told and f"score 0.800 and {tested:.3f}" in told
    assert told.count(f"{count} validation dialogue") == 1 + (tested == 0.7)
    assert ahead in told and ("do not tell" in told) is (tested == 0.7)
    label = pages.steps_figure(demo.record).axes[1].get_ylabel()
    assert f"{count} validation dialogue" in label


def test_what_fared_worst_at_first_and_at_the_end_is_told_below_the_curves():
    curve = {
        "dialogues": [(0, 0.4), (50, 0.5), (100, 0.6)],
        "ratings": [(0, 0.9), (50, 0.3), (100, 0.8)],
        "code": [(0, 1.0), (50, 0.9), (100, 0.2)],
    }
    told = pages.forgetting_told({"curve_rows": 20, "curves": {"full-single": curve, "<b>": curve}})
    assert "of 20 validation rows a task: luck alone moves an accuracy of 0.9 by up to 0.13" in told
    assert "full-single: dialogues changed by +0.20." in told and "&lt;b&gt;" in told
    assert "ratings had fared worst after step 50 (-0.60), code at the end (-0.80)." in told


def test_how_long_lora_turned_down_lists_names_right_is_told_below_the_table(demo):
    right = live.entity_row()["answer"]
    demo.dialogues[0]["references"] = ["Ann calls.", "Ann calls."]
    answers = {
        0: {"chat": "It rains.", "entities": right},
        0.5: {"chat": "Ann calls.", "entities": "; ".join(reversed(right.split("; ")))},
        1: {"chat": "Ann.", "entities": f"{right} and more"},
    }
    told = pages.turned_down_told(demo, answers)
    assert "ROUGE-1 of the summary: 0.00 at 0%, 1.00 at 50%, 0.67 at 100%." in told
    assert told.endswith("The list of names is right at 0%, 50%.")
    assert pages.turned_down_told(demo, answers | {1: {"lora": "no weights"}}) == ""
    nowhere = {share: said | {"entities": "none"} for share, said in answers.items()}
    assert "right at none of these shares." in pages.turned_down_told(demo, nowhere)


def test_a_reader_without_a_kernel_sees_a_summary_change_and_each_thing_once(demo):
    page = re.sub("</?[bu]>", "", pages.progress_page(demo, 2))
    once = ("full goes on with three", "lora goes on with three", "full has ended three",
            "a reference has the word too")  # fmt: skip
    assert all(page.count(text) == 1 for text in once)
    assert "<img" not in page and "References" not in page


def test_the_widgets_turn_their_pages(demo):
    picker, slider, page = instructor.steps_widget(demo).children
    slider.value, picker.value = 1, 2
    assert page.value == pages.steps_page(demo, 2, 1)
    slider, page = instructor.forgetting_widget(demo).children
    slider.value = 1
    assert page.value == pages.forgetting_page(demo.record, 1) and "▼ -0.60" in page.value


@pytest.mark.parametrize("name", ["lora", "full"])
def test_what_is_turned_down_to_nothing_answers_as_the_untouched_model(demo, base, name):
    model, tokenizer = load_model(base), load_tokenizer(base)
    chat = DIALOGUES.prompt(demo.dialogues[0]["dialogue"], tokenizer)
    picker, slider, page = instructor.turned_down_widget(demo).children
    picker.value = name
    assert slider.label == "100%" and escape(demo.turned_down(name, 1)["chat"]) in page.value
    limit = demo.track.max_summary_tokens
    for percent, system in ((0, model), (100, demo._systems[name][0][0])):
        slider.label = f"{percent}%"
        (answer,) = generate(system, tokenizer, [chat], max_new_tokens=limit)
        assert demo.turned_down(name, percent / 100)["chat"] == answer
        assert escape(answer) in page.value
    assert demo.turned_down(name, 0) != demo.turned_down(name, 1)


def test_an_adapter_that_cannot_be_turned_down_stops_nothing(demo, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("out of memory\nat line 3")

    monkeypatch.setattr(live, "interpolated", broken)
    assert demo.turned_down("lora", 0.5) == {"lora": "the model failed: out of memory"}


def test_the_answers_widget_fills_its_boxes_and_asks_all_three(demo):
    picker, chat, references, button, page = instructor.answers_widget(demo).children
    picker.value = 1
    assert chat.value == demo.dialogues[1]["dialogue"]
    assert references.value.splitlines() == demo.dialogues[1]["references"]
    button.click()
    assert page.value.count("live in") == 3 and "ROUGE-1" in page.value
    picker.value = -1
    assert chat.value == references.value == page.value == ""


def test_every_control_has_a_name(demo):
    for widget in (instructor.answers_widget, instructor.steps_widget,
                   instructor.forgetting_widget, instructor.turned_down_widget):  # fmt: skip
        controls = [child for child in widget(demo).children if hasattr(child, "description")]
        nameless = [child for child in controls if not child.description and not is_page(child)]
        assert nameless == []


def is_page(widget):
    return type(widget).__name__ == "HTML"


def test_the_sweeps_table_has_a_row_a_training(demo):
    table = pages.sweep_table(demo.record)
    assert list(table.index) == [("q, v", 1), ("q, v", 4)]
    assert list(table["parameters"]) == ["1,000", "1,000"] and list(table["share"]) == ["10.0%"] * 2
    assert "nothing was chosen by it" in table.attrs["caption"]


# --- What is committed in data/demo -----------------------------------------------------------


@pytest.fixture(scope="module")
def committed():
    return SimpleNamespace(folder=live.RECORDS, record=live.read_record())


def test_the_committed_records_are_small_enough(committed):
    sizes = [path.stat().st_size for path in committed.folder.rglob("*") if path.is_file()]
    assert sum(sizes) <= 3_000_000


def test_the_committed_records_fit_each_other(committed):
    record = committed.record
    count = len(record["dialogues"])
    assert count >= 10 and all(len(item["references"]) == 3 for item in record["dialogues"])
    lengths = set()
    for name in ("full", "lora"):
        system = record["systems"][name]
        steps = [point["step"] for point in system["points"]]
        assert steps[0] == 0 and steps[-1] == system["steps"] and steps == sorted(set(steps))
        assert all(len(point["summaries"]) == count for point in system["points"])
        lengths.add(len(steps))
    assert len(lengths) == 1 and lengths.pop() >= 6
    assert all(len(system["answers"]) == count for system in record["systems"].values())
    tasks = [list(curves) for curves in record["forgetting"]["curves"].values()]
    assert len(tasks) == 4 and all(names == tasks[0] for names in tasks)


def test_the_committed_card_tells_the_committed_record(committed):
    text = (committed.folder / "README.md").read_text("utf-8")
    assert maker.card(committed.record) in text


def test_a_fresh_clone_answers_as_recorded(committed):
    """Most answers, not all: another version may decide a near tie the other way."""
    demo = Demo(tiny_track())
    for name in SYSTEM_NAMES:
        stored = committed.record["systems"][name]["answers"]
        answers = [demo.answer(name, item["dialogue"]) for item in demo.dialogues]
        assert all(answer.label.startswith("live in") for answer in answers)
        assert sum(map(str.__eq__, stored, (one.text for one in answers))) >= len(stored) / 2
