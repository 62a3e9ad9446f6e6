"""Widgets: they react, and show what is in their boxes (tests/attacks/test_safety: as text)."""

import pytest
from conftest import KOREAN, MARKUP, made, write_csv

from labutils import data
from labutils.prompts import TEMPLATES
from labutils.tracks import choose_track
from labutils.views import widgets


def test_marked_summaries_show_what_the_chat_lacks():
    chat = "#Person1#: Hello, Ann here."
    page = widgets.dialogue_html(chat, ["Ann calls."], {"a": "Ann met Bob."}, marked=True)
    assert "<b><u>Ann</u></b>" in page and ">Bob&nbsp;?</mark>" in page
    assert "<mark" not in widgets.dialogue_html(chat, ["Ann calls."], {"a": "Ann met Bob."})


def test_strange_dialogues_get_through_the_whole_lab(base, tmp_path):
    """From a file of one's own to a stored run and its page."""
    texts = [KOREAN, MARKUP, "#Person1#: Hi. " * 7000]
    rows = [{"id": f"x_{i}", "dialogue": text, "summary": text} for i, text in enumerate(texts)]
    for split in data.SPLITS:
        write_csv(tmp_path / f"{split}.csv", rows)
    track = choose_track("tiny", model=str(base), dataset=str(tmp_path))
    run, test = made("zero-shot", track), data.load_dialogues(track)["test"]
    assert len(run.predictions) == 3 and run.record["test_dialogues"] == 3
    assert "안녕하세요" in widgets.item_html(test, [run], 0)
    assert "<script" not in widgets.item_html(test, [run], 1)


def test_the_browser_turns_to_the_dialogue_of_the_slider(lab):
    test, found = lab.dialogues["test"], list(lab.runs.values())
    slider, page = widgets.dialogue_browser(test, found).children
    pages = []
    for position in (0, 5, 2):
        slider.value = position
        pages.append(page.value)
        assert page.value == widgets.item_html(test, found, position)
        for text in [test[position]["references"][2], *(run.name for run in found)]:
            assert widgets.escape(text) in page.value
    assert slider.max == len(test) - 1 and len(set(pages)) == 3


def test_readers_without_a_kernel_see_a_dialogue(monkeypatch, lab):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    widgets.show_item(lab.dialogues["test"], [lab.runs["full"]], 1)
    assert widgets.escape(lab.runs["full"].predictions[1]) in shown[0].data
    widgets.show_item(lab.dialogues["test"], [lab.runs["full"]], 99)
    assert widgets.escape(lab.runs["full"].predictions[-1]) in shown[1].data, "the last one"


@pytest.fixture
def playground(track, model, tokenizer):
    texts = ["#Person1#: Hi.", f"{KOREAN}\n{MARKUP}"]
    names = ("picker", "dialogue", "named", "template", "button", "answer")
    box = widgets.prompt_playground(track, model, tokenizer, texts)
    return dict(zip(names, box.children))


def test_the_playground_answers_what_is_in_its_boxes(playground, track, model, tokenizer):
    for number, name in ((0, "conversation"), (1, "brief")):
        playground["picker"].index = number
        playground["named"].value = TEMPLATES[name]
        playground["answer"].value = ""
        playground["button"].click()
        expected = widgets.try_prompt(
            model,
            tokenizer,
            playground["dialogue"].value,
            TEMPLATES[name],
            max_new_tokens=track.max_summary_tokens,
        )
        assert expected["answer"] and expected["prompt"].endswith(TEMPLATES[name][-10:])
        assert playground["answer"].value == widgets.playground_html(expected)


@pytest.mark.parametrize(
    "box, text, message",
    [
        ("template", "Summarize!", "exactly once"),
        ("template", "{dialogue:d}", "exactly once"),
        ("template", "{dialogue", "not a valid format text"),
        ("template", "word " * 600 + "{dialogue}", "no room"),
        ("dialogue", "  \n", "The dialogue is empty"),
    ],
)
def test_bad_input_in_the_playground_gives_a_message_not_a_traceback(
    playground, box, text, message
):
    playground[box].value = text
    playground["button"].click()
    assert "Not sent:" in playground["answer"].value and message in playground["answer"].value
