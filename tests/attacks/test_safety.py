"""Safety: markup, mathematics, escapes, formulas, paths and pickles in texts and files of others.

A place that shows texts is asked with each kind of hostile text. HTML is parsed: beside a harmless
text the hostile one must bring no tag and no attribute, and be read as it was written.
"""

import ast
import io
import json
import os
import pickle
import re
import shutil
import subprocess
from html.parser import HTMLParser
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from conftest import KOREAN, MARKUP, ROOT
from matplotlib.cbook import is_math_text
from matplotlib.text import Text

import labutils.__main__ as command_line
from labutils import data, doctor, exercises, notebooks, runs, summarize_file
from labutils.adapters import load_adapter
from labutils.common import checkpoints, files, table_files
from labutils.common.errors import LabError
from labutils.common.text import printable
from labutils.demo import instructor, pages
from labutils.demo import plots as demo_plots
from labutils.evaluation import fact_report, rouge
from labutils.evaluation.judging import Judging, read_judgements
from labutils.evaluation.llm_judge import Judge
from labutils.methods import Method
from labutils.models import load_model
from labutils.multitask.tasks import TASKS
from labutils.tracks import tiny_track
from labutils.views import (
    agreement,
    alt_text,
    curves,
    diagrams,
    forgetting,
    marking,
    plots,
    scores,
    tables,
    widgets,
)

HOSTILE = {
    "script": MARKUP,
    "quotes": "' onmouseover='alert(1)' x=\" onfocus=\"alert(2)\" autofocus",
    "closing tags": "</td></tr></table></div></figure><iframe src=//example.org></iframe><style>",
    "comment": "<!-- --!><svg/onload=alert(1)> ]]> <![CDATA[<a href=javascript:alert(3)>x</a>",
    "references": "&lt;script&gt; &#60;img src=x&#62; &amp;lt; &NewLine;",
    "mathematics": r"$\unicode{x}$ costs $5 or $6, \(x\) \[y\] $$z$$ \begin{equation}",
    "Markdown": "| a | `b` **c** [d](javascript:alert(4)) ![e](//example.org) *f*",
    "escapes": "\x1b[31mred\x1b]8;;http://example.org\x07link\x9b2J\x08\x7f",
    "bidi": "\u202etxt.exe\u2066 \u2028 abc",
}
PLAIN = "Bob calls in room 14, and is told that nobody is there."


class Page(HTMLParser):
    """What a browser would see: tags, attributes, texts, and the classes that a text stands in."""

    VOID = ("br", "img", "hr", "input", "link", "meta")

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.strange = set(), set(), []
        self.open, self.texts, self.typeset = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        values = dict(attrs)
        self.attributes |= {f"{tag} {name}" for name in values}
        if tag not in self.VOID:
            self.open.append((tag, values.get("class") or ""))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop()[0] != tag:
            self.strange.append(f"</{tag}>")

    def handle_data(self, data):
        self.texts.append(data)
        if not any("mathjax_ignore" in classes for _, classes in self.open):
            self.typeset.append(data)

    def handle_comment(self, data):
        self.strange.append(data)

    handle_decl = unknown_decl = handle_pi = handle_comment

    @property
    def text(self):
        return squeezed("".join(self.texts).replace("\xa0?", ""))


def squeezed(text):
    return re.sub(r"\s", "", text)


def run_of(name, texts=(PLAIN,)):
    items = pd.DataFrame({"prediction": texts, "rouge1": 0.5, **{m: 0.5 for m in rouge.METRICS}})
    items = items.assign(**{metric: 0.5 for metric in fact_report.COMPARED_FACTS})
    interval = {"mean": 0.5, "low": 0.4, "high": 0.6}
    record = {
        "name": name, "model": name, "dataset": name, "test_dialogues": 1, "steps": 7,
        "references_per_dialogue": 1, "trainable_parameters": 3, "total_parameters": 9,
        "rouge": {metric: interval for metric in rouge.METRICS}, "facts": {},
        "settings": {"adapter": {"rank": 4}},
    }  # fmt: skip
    return SimpleNamespace(
        name=name, predictions=list(texts), items=items, record=record, has_facts=False,
        scores=items[list(rouge.METRICS)], intervals=record["rouge"],
    )  # fmt: skip


def hostile_table(text):
    table = pd.DataFrame({text: [text, "b"]}, index=[text, "c"])
    table.index.name = text
    table.attrs["caption"] = text
    return table


def curve_record(text):
    return {"forgetting": {"curves": {text: {text: [(0, 0.1), (5, 0.6)]}}, "curve_rows": 3}}


def demo_of(text):
    item = {"id": text, "dialogue": text, "references": [text], "topic": text}
    answer = SimpleNamespace(for_this_chat=True, text=text, label=text)
    return SimpleNamespace(
        dialogues=[item], problem=text, record=curve_record(text), answer=lambda *_: answer,
        source=lambda name: (False, text), points=lambda name: [],
    )  # fmt: skip


class Open:
    """What `judging_html` reads of a Judging that has an item left, or none."""

    def __init__(self, text, position):
        self.position, self.done, self.ids = position, {}, ["x"]
        self.texts = lambda place: {"A": text, "B": text}
        self.result = lambda: [hostile_table(text)]


def sources(text):
    return pages.sources_html(demo_of(text)) + pages.missing_html(demo_of(text))


PLACES = {
    "a dialogue with references and summaries": lambda t: widgets.dialogue_html(t, [t], {t: t}),
    "summaries with marked words": lambda t: widgets.dialogue_html(
        "Ann.", ["Ann calls."], {"a": f"Ann met Bob. {t}"}, marked=True
    ),
    "one marked summary": lambda t: marking.marked_html(f"Bob. {t}", ["Ann."], "Ann."),
    "a table's cells, heads and caption": lambda t: tables.table_html(hostile_table(t)),
    "the playground's answer": lambda t: widgets.playground_html({"answer": t, "tokens": 3}),
    "the playground's refusal": lambda t: widgets.playground_html({"error": t}),
    "an item to judge": lambda t: widgets.judging_html(Open(t, 0), [t]),
    "the judges' result": lambda t: widgets.judging_html(Open(t, None), [t]),
    "the answers of an adapter turned down": lambda t: (
        widgets.share_slider([t], lambda system, share: {t: f"Bob. {t}"}).children[2].value
    ),
    "the demo's card": lambda t: pages.card_html(t, f"Bob. {t}", ["Ann."], "Ann.", [t]),
    "the demo's answers": lambda t: pages.answers_html(demo_of(t), f"Ann. {t}", [t]),
    "the demo's stored chat": lambda t: pages.answers_page(demo_of(f"Bob. {t}")),
    "the demo's forgetting": lambda t: pages.forgetting_page(curve_record(t)),
    "the demo's sources and problems": sources,
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("place", PLACES)
def test_html_shows_a_hostile_text_as_it_is(place, kind):
    plain, hostile = Page(PLACES[place](PLAIN)), Page(PLACES[place](HOSTILE[kind]))
    assert hostile.tags <= plain.tags | {"br"} and hostile.attributes <= plain.attributes
    assert not hostile.strange and not hostile.open
    assert squeezed(HOSTILE[kind]) in hostile.text


@pytest.mark.parametrize(
    "place",
    ["a dialogue with references and summaries", "summaries with marked words",
     "a table's cells, heads and caption", "the judges' result",
     "the answers of an adapter turned down"],
)  # fmt: skip
def test_mathjax_is_kept_from_dollars_in_an_output(place):
    assert not any("$" in data for data in Page(PLACES[place](HOSTILE["mathematics"])).typeset)


def test_mathjax_is_kept_from_the_demos_outputs(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    demo = demo_of(HOSTILE["mathematics"])
    for show in (instructor.show_sources, instructor.show_answers):
        show(demo)
    found = [Page(html.data) for html in shown]
    assert len(found) == 2 and not any("$" in data for page in found for data in page.typeset)


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_notebooks_own_html_shows_a_hostile_text_as_it_is(kind):
    """The answers that notebook 4 lists; its systems and tasks have names that cannot harm."""
    text = HOSTILE[kind]
    cells = json.loads((ROOT / "notebooks/04_multitask_and_forgetting.ipynb").read_text("utf-8"))
    sources = ["".join(cell["source"]) for cell in cells["cells"]]
    (source,) = [source for source in sources if "def answers(task)" in source]
    row = {"task": "code", "counts": (1, 1), "answer": text, "prediction": text}
    run = SimpleNamespace(name="full", items=pd.DataFrame([row]))
    names = {"runs": [run, run], "TASKS": [SimpleNamespace(name="code")] * 2}
    names["worst_row"] = lambda task: 0  # of an earlier cell
    *statements, shown = ast.parse(source).body
    exec(compile(ast.Module(statements, []), "<cell>", "exec"), names)
    page = Page(eval(compile(ast.Expression(shown.value), "<cell>", "eval"), names).data)
    assert page.tags == {"b", "ul", "li", "code"} and not page.attributes
    assert not page.strange and page.text.count(squeezed(text)) >= 2


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_text_alternative_cannot_leave_its_attribute(kind):
    figure, axis = plt.subplots(figsize=(1, 1))
    axis.scatter([1], [2], label="dots")
    axis.set_title(HOSTILE[kind].replace("$", ""))
    page = Page(alt_text.image_html("AAAA", alt_text.describe(figure) + HOSTILE[kind]))
    assert page.tags == {"img"} and page.attributes == {"img src", "img alt", "img style"}
    assert not page.text


def parts(widget):
    return [widget, *(part for child in getattr(widget, "children", ()) for part in parts(child))]


@pytest.mark.parametrize("kind", ["script", "quotes"])
@pytest.mark.parametrize("name", ["browser", "judging", "demo's answers", "demo's forgetting"])
def test_a_widgets_labels_hold_no_text_from_outside(name, kind, tmp_path):
    """ipywidgets 7 shows a description as HTML."""
    text = HOSTILE[kind]
    item = {"dialogue": text, "references": [text]}
    box = {
        "browser": lambda: widgets.dialogue_browser([item], [run_of(text, [text])]),
        "judging": lambda: widgets.judging_widget(
            Judging(tmp_path / "j.csv", [text], {text: [text], "b": [text]}, "ann"), [text]
        ),
        "demo's answers": lambda: instructor.answers_widget(demo_of(text)),
        "demo's forgetting": lambda: instructor.forgetting_widget(demo_of(text)),
    }[name]()
    for part in parts(box):
        labels = [getattr(part, trait, None) for trait in ("description", "tooltip", "placeholder")]
        assert not any(text[:8] in (label or "") for label in labels)
        if type(part).__name__ == "HTML":
            assert not {"script", "img", "iframe"} & Page(part.value).tags


NAME = "_$x^{$\\frac \x1b[31m\u202e<b>"


def scores_report(name):
    words = ["a b c", "d e f", "a c"]
    return rouge.score({name: words, f"{name}2": words[::-1]}, [[w, "a b"] for w in words])


def matrix(name):
    cell = {"metric": name, "mean": 0.5, "low": 0.4, "high": 0.6, "n": 9, "change": -0.1,
            "change_low": -0.2, "change_high": -0.05, "p_holm": 0.02, "more": {}}  # fmt: skip
    scores = {name: cell, "another": cell}
    return {"tasks": list(scores), "systems": [{"name": name, "scores": scores}]}


HISTORY = [{"step": 10, "loss": 2.0, "validation_loss": 1.5, "rougeL": 0.6}]
SWEEP_RUN = {"targets": NAME, "rank": 1, "trainable_parameters": 3000,
             "rouge1": {"mean": 0.5, "low": 0.4, "high": 0.6}}  # fmt: skip
FRAME = pd.DataFrame({NAME: [0.1, 0.2], "b": [0.3, 0.5]})
FIGURES = {
    "comparison": lambda n: plots.plot_comparison([run_of(n)]),
    "scores": lambda n: scores.plot_scores(scores_report(n)),
    "ranks": lambda n: plots.plot_ranks({n: [run_of(n)]}),
    "rates": lambda n: plots.plot_rates({n: 0.5}, {n: 0.5}, 3),
    "forgetting": lambda n: forgetting.plot_forgetting(matrix(n)),
    "gain and loss": lambda n: forgetting.plot_gain_and_loss(matrix(n), {n: []}),
    "history": lambda n: curves.plot_history(HISTORY, title=n),
    "losses": lambda n: curves.plot_losses({n: HISTORY}, {n: 5}, "rougeL"),
    "task curves": lambda n: curves.plot_task_curves({n: [(0, 0.1), (5, 0.6)]}, title=n),
    "ROUGE and facts": lambda n: agreement.plot_rouge_and_facts(FRAME, FRAME, "facts F1"),
    "the demo's forgetting": lambda n: demo_plots.plot_forgetting_curves({n: {n: [(0, 0.1)]}}),
    "the demo's sweep": lambda n: demo_plots.plot_sweep({"runs": [SWEEP_RUN]}),
    "a mixture": lambda n: diagrams.draw_mixture({n: 9}, {n: 1.0}, [n]),
    "shared words": lambda n: diagrams.draw_shared_words(f"Ann {n}", f"Ann pays {n}"),
}


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_draws_a_hostile_name_as_letters(name):
    figure = FIGURES[name](NAME)
    found = [text for text in figure.findobj(Text) if "frac" in text.get_text()]
    labels = [label for axis in figure.axes for label in axis.get_legend_handles_labels()[1]]
    assert found or any("frac" in label for label in labels)
    for text in found:
        assert not (text.get_parse_math() and is_math_text(text.get_text()))
    figure.savefig(io.BytesIO(), dpi=20)
    plt.close(figure)
    assert printable(alt := alt_text.describe(figure)) == alt or name in ("a mixture",)


def printed_table(text):
    tables.print_table(hostile_table(text))


def printed_scores(text):
    for table in scores.score_tables(scores_report(text)):
        tables.print_table(table)


def printed_verdict(text):
    def answer(*_):
        raise ValueError(text)

    exercises.check("3.2", answer)


def printed_error(text):
    print(LabError(f"{text} is wrong."))


def printed_diagnosis(text):
    doctor.print_diagnosis()


def printed_title(text):
    print(notebooks.cell_title(SimpleNamespace(source=f"# {text}")))


def printed_remarks(text):
    row = {"id": text, "dialogue": text, "reference": "a b", text: ""}
    files.write_text("p.jsonl", json.dumps(row) + "\n" + json.dumps(row | {"id": "y"}) + "\n")
    command_line.main(["score", "p.jsonl", "--references", "reference"])


PRINTERS = (
    printed_table, printed_scores, printed_verdict, printed_error, printed_diagnosis,
    printed_title, printed_remarks,
)  # fmt: skip


@pytest.mark.parametrize("kind", ["escapes", "bidi"])
@pytest.mark.parametrize("show", PRINTERS, ids=lambda show: show.__name__)
def test_a_terminal_is_told_no_escape(show, kind, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "diagnose", lambda: [(False, f"{HOSTILE[kind]} is missing")])
    show(HOSTILE[kind])
    shown = capsys.readouterr().out  # a bar of progress on stderr has its own \r
    assert shown.strip() and printable(shown) == shown
    assert ("\\x1b" if kind == "escapes" else "\\u202e") in shown


@pytest.mark.parametrize("text", [KOREAN, "क्षि שלום مرحبا 👩‍👩‍👧\u200f ok\ttab\nline\r\nend", ""])
def test_a_terminal_is_told_every_other_text_as_it_is(text):
    assert printable(text) == text == str(LabError(text))


FORMULAS = ('=HYPERLINK("//example.org";"x")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1+1")


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_in_a_csv_is_kept_and_told(formula, tmp_path):
    """A prefix would change the user's own text."""
    rows = [{"id": "a", "dialogue": formula, "prediction": f"{formula} x"}]
    table_files.write_table(tmp_path / "out.csv", rows)
    assert data.read_table(tmp_path / "out.csv") == rows
    assert summarize_file.formulas(rows) == 2


def test_numbers_and_dashes_of_a_table_are_no_formulas():
    rows = [{"a": "-3.5", "b": "+1,000", "c": 7, "d": None, "e": "Ann - Bob", "f": "-"}]
    assert summarize_file.formulas(rows) == 0


def test_summarize_says_how_many_cells_look_like_formulas(base, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    files.write_text("in.csv", "dialogue\n=1+1\nAnn calls.\n")
    monkeypatch.setattr(
        summarize_file, "summarize", lambda track, model, tokenizer, prompts, **_: ["@x"] * 2
    )
    for out, told in (("out.csv", True), ("out.jsonl", False)):
        command_line.main(["summarize", "in.csv", "--model", str(base), "--out", out])
        assert ("1 cell looks like a formula" in capsys.readouterr().out) == told


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_in_a_summary_is_disarmed_where_a_spreadsheet_would_compute_it(
    base, monkeypatch, tmp_path, capsys, formula
):
    """A customer typed it in mid-chat, and the model begins with it."""
    monkeypatch.chdir(tmp_path)
    files.write_text("in.csv", "dialogue\nAnn calls.\n")
    monkeypatch.setattr(summarize_file, "summarize", lambda *_, **__: [formula])
    for out, expected in (("out.csv", f"'{formula}"), ("out.jsonl", formula)):
        command_line.main(["summarize", "in.csv", "--model", str(base), "--out", out])
        assert data.read_table(out)[0]["prediction"] == expected
        assert "formula" not in capsys.readouterr().out


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_in_a_judgement_is_disarmed_and_read_back(formula, tmp_path):
    path = tmp_path / "judgements.csv"
    Judging(path, [formula], {formula: ["x"], "b": ["y"]}, "ann").save("A")
    cells = path.read_text("utf-8").splitlines()[1].replace('"', "")
    assert not re.search(r"(^|,)[=+\-@\t]", cells)
    found = read_judgements(path)
    assert found["item"][0] == formula and formula in (found["A"][0], found["B"][0])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -np.inf])
def test_a_json_file_of_the_lab_holds_no_number_that_json_lacks(value, tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        files.write_json(tmp_path / "x.json", {"score": value})
    assert not list(tmp_path.iterdir())


BAD_NAMES = (
    "", "..", ".", "/etc", "../up", "a/b", "a\\b", "C:x", "a\0b", "x" * 300, "a\n", " a", "a.",
    "\x1b[31m", "\u202ea", "<b>", "a|b", "`a`", "[a](b)", "$a$", "a*", "\ud800",
)  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
def test_a_name_that_could_leave_its_folder_or_its_text_is_refused(name):
    for make in (Method, lambda bad: TASKS[0].__class__(**vars(TASKS[0]) | {"name": bad})):
        with pytest.raises(LabError, match="up to 60 characters"):
            make(name)


@pytest.mark.parametrize("name", ["con", "NUL", "lora-1.5e-3", "이름", "nearest chat", "π" * 60])
def test_any_other_name_is_a_folder_among_the_runs(name):
    track = tiny_track()
    folder = runs.run_folder(track, Method(name).name, {})
    assert folder.parent == track.artifacts / "runs" and len(folder.name.encode()) < 255
    assert folder.name not in (name, f"{name}.") and not folder.name.startswith(".")


@pytest.mark.parametrize("name", ["../up", "/tmp/x", "a/b", "a/"])
def test_a_figure_is_written_into_its_folder_alone(name):
    with pytest.raises(LabError, match="The figure's name"):
        plots.save_figure(plt.figure(figsize=(1, 1)), tiny_track(), name)


@pytest.mark.parametrize("number", ["../README", "/etc/passwd", "01/..", "01_zero", "\0", "*"])
def test_a_notebook_is_named_by_its_number_alone(number):
    with pytest.raises(LabError, match="There is no notebook"):
        notebooks.find_notebooks([number])


@pytest.mark.parametrize("rater", ["../ann", "a b", "=1", "", "\x1b[1m", "x" * 41])
def test_a_rater_is_letters_and_digits(rater, tmp_path):
    with pytest.raises(LabError, match="The rater is"):
        Judging(tmp_path / "j.csv", ["x"], {"a": ["x"], "b": ["y"]}, rater)


def test_a_run_from_elsewhere_brings_no_markup_in_its_name(tmp_path):
    items = pd.DataFrame({"id": ["a"], "prediction": ["x"], **{m: [0.5] for m in rouge.METRICS}})
    empty = {str: "", runs.Number: 0, dict: {}, list: []}
    record = {name: empty[kind] for name, kind in runs.RECORDED.items()}
    runs.save_run(tmp_path, record | {"name": "full"}, items)
    assert runs.load_run(tmp_path, ("id", "prediction")).name == "full"
    runs.save_run(tmp_path, record | {"name": MARKUP}, items)
    with pytest.raises(LabError, match="damaged .*characters"):
        runs.load_run(tmp_path, ("id", "prediction"))


@pytest.mark.parametrize("target", ["file", "nowhere"])
def test_a_link_in_the_artifacts_is_replaced_and_not_followed(target, tmp_path):
    outside, inside = tmp_path / "outside", tmp_path / "artifacts" / "report.json"
    inside.parent.mkdir()
    if target == "file":
        outside.write_text("mine")
    inside.symlink_to(outside)
    files.write_json(inside, {"x": 1})
    assert not inside.is_symlink() and files.read_json(inside) == {"x": 1}
    assert not outside.exists() if target == "nowhere" else outside.read_text() == "mine"


def test_setting_linked_runs_aside_leaves_what_they_point_to(tmp_path, capsys):
    outside, inside = tmp_path / "outside", tmp_path / "artifacts" / "runs"
    (outside / "keep").mkdir(parents=True)
    inside.parent.mkdir()
    inside.symlink_to(outside)
    files.set_aside(inside)
    assert (outside / "keep").is_dir() and not inside.exists()


TINY = ROOT / "data" / "tiny-flan-t5"


class Payload:
    """Pickled, it makes a file when it is read."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return open, (str(self.mark), "w")


def test_the_payload_works(tmp_path):
    pickle.loads(pickle.dumps(Payload(tmp_path / "mark"))).close()
    assert (tmp_path / "mark").exists()


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.safetensors"])
def test_a_model_of_others_runs_no_pickle(name, tmp_path):
    folder = shutil.copytree(TINY, tmp_path / "model")
    (folder / "model.safetensors").unlink()
    (folder / name).write_bytes(pickle.dumps(Payload(tmp_path / "mark")))
    with pytest.raises(LabError):
        load_model(folder)
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize("name", ["adapter_model.bin", "adapter_model.safetensors"])
def test_an_adapter_of_others_runs_no_pickle(name, tmp_path):
    folder = shutil.copytree(ROOT / "data" / "demo" / "lora", tmp_path / "adapter")
    (folder / "adapter_model.safetensors").unlink()
    (folder / name).write_bytes(pickle.dumps(Payload(tmp_path / "mark")))
    with pytest.raises(LabError):
        load_adapter(load_model(TINY), folder)
    assert not (tmp_path / "mark").exists()


def test_a_checkpoint_of_others_runs_no_pickle(tmp_path):
    import torch

    folder = checkpoints.checkpoint_folder(tmp_path / "checkpoints", 3)
    folder.mkdir(parents=True)
    torch.save({"step": Payload(tmp_path / "mark")}, folder / checkpoints.STATE)
    assert checkpoints.load_checkpoint(folder.parent) is None
    assert not (tmp_path / "mark").exists()


def test_a_model_of_others_runs_no_code_of_its_own(tmp_path):
    folder = shutil.copytree(TINY, tmp_path / "model")
    config = files.read_json(folder / "config.json")
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Own", "AutoModel": "own.Own"}}
    files.write_json(folder / "config.json", config)
    (folder / "own.py").write_text(f"open({str(tmp_path / 'mark')!r}, 'w')\nclass Own: pass\n")
    with pytest.raises(LabError, match="could not be loaded"):
        load_model(folder)
    assert not (tmp_path / "mark").exists()


SOURCES = [path for room in ("labutils", "tools") for path in sorted((ROOT / room).rglob("*.py"))]
CALLS = {"eval", "exec", "compile", "__import__", "system", "popen", "unsafe_load", "full_load"}
OWN_SOLUTIONS = "tools/mutate_solutions.py"


def dangers(source):
    """What a program says that could run what it reads."""
    for node in ast.walk(ast.parse(source)):
        given = {k.arg: ast.unparse(k.value) for k in getattr(node, "keywords", [])}
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if called in CALLS or called.startswith("os.") and called[3:] in CALLS:
            yield called
        if called == "torch.load" and given.get("weights_only") != "True":
            yield "torch.load without weights_only"
        if called.endswith("yaml.load") or called.endswith(("pickle.load", "pickle.loads")):
            yield called
        allowed = [
            given.get(word, "False") for word in ("trust_remote_code", "shell", "allow_pickle")
        ]
        if set(allowed) != {"False"}:
            yield f"{called}({given})"
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
            if {"pickle", "dill", "joblib", "cloudpickle"} & names and node.names[0].name != (
                "UnpicklingError"
            ):
                yield ast.unparse(node)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_program_runs_what_it_reads(path):
    found = list(dangers(path.read_text("utf-8")))
    allowed = ["compile", "exec"] if str(path.relative_to(ROOT)) == OWN_SOLUTIONS else []
    assert sorted(found) == allowed


@pytest.mark.parametrize(
    "source",
    ["eval(x)", "exec(x)", "os.system(x)", "torch.load(x)", "torch.load(x, weights_only=False)",
     "yaml.load(x)", "pickle.loads(x)", "import pickle", "from joblib import load",
     "f(trust_remote_code=True)", "run(x, shell=True)", "np.load(x, allow_pickle=True)"],
)  # fmt: skip
def test_a_program_that_does_would_be_found(source):
    assert list(dangers(source))


SERVERS = (
    "Makefile",
    "labutils/notebooks.py",
    "labutils/commands/lab.py",
    "tests/browser/conftest.py",
)
WIDE_OPEN = (
    r"(token|password) *= *(''|\"\"|\n)|0\.0\.0\.0|ip=(?!127\.0\.0\.1)|allow_origin|disable_check"
)


@pytest.mark.parametrize("name", SERVERS)
def test_jupyter_listens_on_loopback_with_its_token(name):
    assert not re.search(WIDE_OPEN, (ROOT / name).read_text("utf-8"))


@pytest.mark.parametrize("id", ["0", "1000"])
def test_make_jupyter_allows_root_only_if_told_so(id, tmp_path):
    """And says to root why it stopped."""
    for program, code in {"jupyter": 'echo "$@"; exit 1', "id": f"echo {id}"}.items():
        (tmp_path / program).write_text(f"#!/bin/sh\n{code}\n")
        (tmp_path / program).chmod(0o755)
    (tmp_path / "installed").touch()
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = [
        "make",
        "-o",
        f"{tmp_path}/installed",
        f"VENV={tmp_path}",
        f"BIN={tmp_path}",
        "jupyter",
    ]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    started = done.stdout.partition("notebooks/01_zero_shot_baseline.ipynb\n")
    assert done.returncode and "--ip=127.0.0.1" in started[0]
    assert ("JUPYTER_OPTIONS=--allow-root" in started[2]) == (id == "0")


ELSEWHERE = (
    "http://example.org/v1", "http://10.0.0.2:8080/v1", "https://127.0.0.1/", "127.0.0.1:80",
    "http://127.0.0.1.example.org/v1", "http://127.0.0.1@example.org/v1", "file:///etc/hosts",
    "http://[::1", "http://localhost:port/v1", "", "http://example.org#@127.0.0.1/",
    "http://127.0.0.1\\@example.org/", "http://localhost.example.org", "http://0.0.0.0:80/",
    "ftp://127.0.0.1/", "http://2130706434.example.org", "//127.0.0.1/v1",
)  # fmt: skip


@pytest.mark.parametrize("address", ELSEWHERE)
def test_a_judge_sends_no_text_to_another_machine(address, tmp_path):
    with pytest.raises(LabError, match="must be http on this machine"):
        Judge(address, tmp_path / "judge.jsonl")


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/v1\r\nHost: example.org", "http://[::1]:9"]
)
def test_an_address_smuggles_no_header(address, tmp_path):
    with pytest.raises(LabError, match="gave no answer"):
        Judge(address, tmp_path / "judge.jsonl").rate("a", "b")
