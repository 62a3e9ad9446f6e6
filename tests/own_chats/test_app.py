"""The app without its page: what it answers, what it warns of, what it keeps, what it refuses."""

import errno
import json
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from conftest import KOREAN, MARKUP, ROOT

from labutils import data, model_folders
from labutils.common.errors import LabError
from labutils.data import read_table
from labutils.own_chats import answering, app, space
from labutils.own_chats.answering import (
    Answer,
    Summarizer,
    correction_row,
    save_correction,
    with_names,
)
from labutils.own_chats.preparing import prepare
from labutils.own_chats.reading import read_chats

CHAT = (
    "[10:15] Anna Lee: My line drops since Tuesday.\nBo: A technician comes at 10.\nAnna Lee: OK."
)
DIALOGUE = "#Person1#: My line drops since Tuesday.\n#Person2#: A technician comes at 10.\n"
DIALOGUE += "#Person1#: OK."
PERSONS = {"Anna Lee": "#Person1#", "Bo": "#Person2#"}
NAMED = Answer(CHAT, DIALOGUE, PERSONS, "Anna Lee's line drops; Tom comes at 14.")


@pytest.fixture
def said(monkeypatch):
    """What the model says from here on, and the prompts it got."""
    calls = {"text": "#Person1# asks #Person2#, and #Person3# comes at 14.", "prompts": []}

    def summarize(track, model, tokenizer, prompts):
        calls["prompts"] += prompts
        return [calls["text"]]

    monkeypatch.setattr(answering, "summarize", summarize)
    return calls


@pytest.fixture
def summarizer(base):
    return Summarizer(base)


def test_the_model_reads_persons_and_the_reader_their_names(summarizer, said):
    answer = summarizer.answer(CHAT)
    assert DIALOGUE in said["prompts"][0] and (answer.dialogue, answer.persons) == (
        DIALOGUE, PERSONS)  # fmt: skip
    # Bo is too short to find the way back.
    assert answer.summary == "Anna Lee asks #Person2#, and #Person3# comes at 14."
    assert answer.check.startswith("Not in the chat: Person2, Person3, 14. Check this")


def test_speakers_called_as_the_persons_are_get_their_own_names_back():
    persons = {"#Person2#": "#Person1#", "#Person1#": "#Person2#"}
    told = with_names("#Person1# greets. #Person2# has a broken phone.", persons)
    assert told == "#Person2# greets. #Person1# has a broken phone."


def test_speakers_are_kept_for_a_model_that_learned_so(base, said):
    answer = Summarizer(base, keep_speakers=True).answer(CHAT)
    assert CHAT in said["prompts"][0] and answer.persons == {}
    assert answer.summary == said["text"]


@pytest.mark.parametrize("name", ["full", "lora"])
def test_its_answers_are_those_of_the_run(lab, name, monkeypatch, base):
    monkeypatch.setattr(model_folders, "DATA", base.parent)
    run, summarizer = lab.runs[name], Summarizer(lab.runs[name].model_folder)
    texts = dict(zip(lab.dialogues["test"]["id"], lab.dialogues["test"]["dialogue"]))
    for number, predicted in list(zip(run.items["id"], run.predictions))[:3]:
        (dialogue,) = {text for id, text in texts.items() if data.dialogue_id(id) == number}
        assert summarizer.answer(dialogue).summary == predicted


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b\u200e", "\0"])
def test_an_empty_chat_is_refused(summarizer, text):
    with pytest.raises(LabError, match="The chat is empty: paste one"):
        summarizer.answer(text)


def test_an_answer_knows_its_chat_however_it_is_typed(summarizer, said):
    answer = summarizer.answer("Ame\u0301lie: Hi.\r\nBo: Hello.\0 ")
    assert answer.is_of("Ame\u0301lie: Hi.\nBo:  Hello.")
    assert answer.is_of("Amélie: Hi.\nBo: Hello.")
    assert not answer.is_of("Amelie: Hi.\nBo: Hello.")


@pytest.mark.parametrize("turns", [200, 20_000])
def test_a_chat_that_is_too_long_is_cut_and_that_is_said(summarizer, said, turns):
    answer = summarizer.answer("\n".join(f"{'AB'[i % 2]}nna: turn {i}" for i in range(turns)))
    assert "512 tokens" in answer.cut and answer.cut in app.summary_html(answer)
    assert said["prompts"][0].endswith("Summary:")
    assert not summarizer.answer(CHAT).cut


def test_names_that_cannot_be_told_are_not_called_checked(summarizer, said):
    said["text"] = "안녕하세요 7"
    assert "7" in summarizer.answer(KOREAN).check
    said["text"] = "안녕하세요"
    assert "Names cannot be told in this script" in summarizer.answer(KOREAN).check


def test_a_summary_is_marked_with_words_beside_the_colour():
    page = app.summary_html(NAMED)
    assert page.count("<mark") == 3 and ">Framed&nbsp;?<" in page
    assert "Not in the chat: Tom, 14. Check this before you use the summary." in page
    plain = app.summary_html(Answer(CHAT, DIALOGUE, PERSONS, "The line drops since Tuesday."))
    assert "<mark" not in plain and "stand in the chat" in plain


def test_texts_of_others_are_escaped_everywhere():
    answer = Answer(CHAT, DIALOGUE, {}, MARKUP, MARKUP)
    for page in (app.summary_html(answer), app.message_html(MARKUP, "done"),
                 app.heading_html(MARKUP, MARKUP)):  # fmt: skip
        assert "<img" not in page and "<script" not in page and "&lt;" in page


def test_what_is_kept_is_a_training_row(tmp_path):
    path = tmp_path / "corrections.jsonl"
    row = correction_row(NAMED, " Anna Lee's line\ndrops; Bo sends Carla. ", "mine")
    assert save_correction(path, row) == 1
    assert row["summary"] == "#Person1#'s line drops; Bo sends Carla."
    assert row["model_said"] == "#Person1#'s line drops; Tom comes at 14."
    assert (row["accepted"], row["model"]) == (False, "mine")
    (chat,) = read_chats(path).chats
    assert (chat.id, chat.dialogue, chat.summary) == (row["id"], DIALOGUE, row["summary"])
    assert correction_row(NAMED, NAMED.summary, "mine")["accepted"]
    with pytest.raises(LabError, match="The summary is empty"):
        correction_row(NAMED, " \n", "mine")


def answer_to(number):
    text = f"#Person1#: I call about order {number:,} of {'abcdefgh'[number % 8] * 5}.\n"
    return Answer(text + "#Person2#: It is on its way.", text, {}, f"Order {number} comes.")


def rows(count, offset=0):
    answers = map(answer_to, range(offset, offset + count))
    return [correction_row(answer, answer.summary, "mine") for answer in answers]


def test_inspect_prepares_them_for_the_next_tuning(tmp_path):
    for row in rows(12):
        save_correction(tmp_path / "corrections.jsonl", row)
    plan = prepare(tmp_path / "corrections.jsonl", tmp_path / "chats")
    assert sum(map(len, plan.splits.values())) == 12
    summaries = [row["summary"] for row in read_table(tmp_path / "chats" / "train.csv")]
    assert summaries and set(summaries) <= {f"Order {number} comes." for number in range(12)}


def test_a_chat_that_is_corrected_again_has_its_last_summary(tmp_path):
    path = tmp_path / "corrections.jsonl"
    first, other = rows(2)
    for row in (first, other, {**first, "summary": "Better."}, {**first, "summary": "Best."}):
        save_correction(path, row)
    assert [(row["id"], row["summary"]) for row in read_table(path)] == [
        (other["id"], other["summary"]), (first["id"], "Best.")
    ]  # fmt: skip
    assert read_table(path)[-1]["replaced"] == "Better."
    assert len(read_chats(path).chats) == 2
    save_correction(path, {**first, "summary": "Best."})
    assert "replaced" not in read_table(path)[-1]


def save_all(path, some):
    for row in some:
        save_correction(path, row)


def test_two_apps_at_once_lose_nothing(tmp_path):
    path = tmp_path / "corrections.jsonl"
    context = multiprocessing.get_context("spawn")
    apps = [context.Process(target=save_all, args=(path, rows(8, 8 * i))) for i in range(2)]
    for each in apps:
        each.start()
    for each in apps:
        each.join()
        assert each.exitcode == 0
    assert {row["id"] for row in read_table(path)} == {row["id"] for row in rows(16)}


def test_a_full_disk_keeps_what_was_saved(tmp_path, monkeypatch):
    path = tmp_path / "corrections.jsonl"
    first, other = rows(2)
    save_correction(path, first)
    before = path.read_bytes()

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(LabError, match="No space left on device"):
            save_correction(path, other)
    assert path.read_bytes() == before
    assert save_correction(path, other) == 2
    assert not [each for each in tmp_path.iterdir() if "unfinished" in each.name]


def test_a_damaged_file_is_named_and_left_alone(tmp_path):
    path = tmp_path / "corrections.jsonl"
    for content in ('{"id": "chat-1"', "[1, 2]\n"):
        path.write_text(content)
        with pytest.raises(LabError, match="corrections.jsonl"):
            save_correction(path, rows(1)[0])
        assert path.read_text() == content


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_file_for_few_eyes_stays_so(tmp_path):
    path = tmp_path / "corrections.jsonl"
    save_all(path, rows(1))
    path.chmod(0o600)
    save_all(path, rows(2))
    assert path.stat().st_mode & 0o777 == 0o600 and len(read_table(path)) == 2


@pytest.mark.parametrize("name", ["merged", "model"])
def test_what_tune_left_is_a_folder_of_its_own(base, tmp_path, name):
    (tmp_path / "mine" / "model").mkdir(parents=True)
    (tmp_path / "mine" / name).exists() and (tmp_path / "mine" / name).rmdir()
    shutil.copytree(base, tmp_path / "mine" / name)
    assert model_folders.model_folder(tmp_path / "mine") == tmp_path / "mine" / name
    assert Summarizer(tmp_path / "mine").name == "mine"


def test_one_transcript_is_read_as_it_is(tmp_path):
    (tmp_path / "a.txt").write_text(CHAT, "utf-8")
    turns = [{"speaker": "Anna", "text": "Hi."}, {"speaker": "Bo", "text": "Hello."}]
    (tmp_path / "b.json").write_text(json.dumps(turns), "utf-8")
    found = [read_chats(tmp_path / name, keep_speakers=True).chats for name in ("a.txt", "b.json")]
    assert [[chat.dialogue for chat in chats] for chats in found] == [
        [CHAT], ["Anna: Hi.\nBo: Hello."]
    ]  # fmt: skip


# --- The command ---------------------------------------------------------------------------------


@pytest.fixture
def with_gradio(monkeypatch):
    """As if gradio were here; nothing may come so far as to use it."""
    for module in (app, space):
        monkeypatch.setattr(module, "import_gradio", lambda: None)
    monkeypatch.setattr(app, "launch", lambda *_, **__: pytest.fail("it was served"))


def test_without_gradio_it_says_how_to_get_it(base, tmp_path, monkeypatch, error_of):
    monkeypatch.setitem(sys.modules, "gradio", None)
    for more in ((), ("--space", tmp_path / "space")):
        message = error_of("app", base, "--corrections", tmp_path / "c.jsonl", *more)
        assert message.strip() == 'error: The app needs gradio: pip install "gradio>=6.24,<7"'
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"


def test_other_machines_are_let_in_by_a_password_only(base, with_gradio, error_of):
    for words in (["--host", "0.0.0.0"], ["--host", "0.0.0.0", "--password", ""], ["--host", ""]):
        assert "set a --password" in error_of("app", base, *words)


def test_a_token_must_fit_an_address_and_stand_alone(base, with_gradio, error_of):
    for token in ("", "short", "with spaces", "semi;colon", "ünïcödeé"):
        assert "8 or more letters" in error_of("app", base, "--token", token)
    both = error_of("app", base, "--token", "long_enough", "--password", "open")
    assert "give one of them" in both


def test_a_port_in_use_is_said(base, with_gradio, error_of):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        message = error_of("app", base, "--port", port)
    assert message.startswith(f"error: Port {port} is in use") and "--port" in message
    assert "at most 65535" in error_of("app", base, "--port", 70_000)


def test_an_address_of_another_machine_is_no_port_in_use(base, with_gradio, error_of):
    for host in ("192.0.2.1", "no such host"):
        words = ("--host", host, "--password", "open", "--port", free_port())
        assert error_of("app", base, *words).startswith(f"error: --host {host} is no address of")


@pytest.mark.parametrize("chat", [None, 5, ["Anna: Hello"], {"chat": "Anna: Hello"}])
def test_a_program_that_sends_no_text_is_told_so(chat, monkeypatch):
    gradio, served = MagicMock(), {}
    gradio.Error = lambda message, **_: LabError(message)
    gradio.api = lambda call, api_name: served.update({api_name: call})
    monkeypatch.setattr(app, "import_gradio", lambda: gradio)
    app.page(MagicMock(side_effect=AttributeError("replace")))
    with pytest.raises(LabError, match="and no text: send it as one, a line a turn"):
        served["summarize"](chat)


def test_there_is_no_way_to_share_it(base, error_of):
    assert "No such option" in error_of("app", base, "--share")


def test_a_folder_without_a_model_is_refused(tmp_path, with_gradio, error_of):
    assert "holds neither a model" in error_of("app", tmp_path, "--port", 1 + free_port())
    assert "is no folder" in error_of(
        "app", tmp_path / "gone", "--corrections", tmp_path / "c.jsonl"
    )
    assert not (tmp_path / "gone").exists()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.mark.parametrize("name", ["mine.csv", "mine.txt", "mine"])
def test_corrections_are_kept_as_json_lines_or_not_at_all(
    base, tmp_path, with_gradio, error_of, name
):
    """Three of them in a .csv left the last one; a table of one's own became JSON lines."""
    (tmp_path / name).write_text("id,dialogue\n1,Hi\n")
    assert "must end in .jsonl" in error_of("app", base, "--corrections", tmp_path / name)
    with pytest.raises(LabError, match="must end in .jsonl"):
        save_correction(tmp_path / name, rows(1)[0])
    assert (tmp_path / name).read_text() == "id,dialogue\n1,Hi\n"


def test_a_folder_takes_no_corrections(base, tmp_path, with_gradio, error_of):
    (tmp_path / "a.jsonl").mkdir()
    assert "is a folder" in error_of("app", base, "--corrections", tmp_path / "a.jsonl")


def test_corrections_that_cannot_be_kept_are_said_at_once(base, tmp_path, with_gradio, error_of):
    (tmp_path / "file").write_text("in the way")
    message = error_of("app", base, "--corrections", tmp_path / "file" / "c.jsonl")
    assert "Cannot write to" in message


# --- A Space -------------------------------------------------------------------------------------


@pytest.fixture
def tuned(base, tmp_path):
    """A folder as `tune` leaves it, with corrections beside the model."""
    shutil.copytree(base, tmp_path / "mine" / "model")
    save_all(tmp_path / "mine" / "corrections.jsonl", rows(1))
    return tmp_path / "mine"


def test_a_space_is_whole_and_holds_no_chats(tuned, tmp_path, with_gradio, monkeypatch, capsys):
    monkeypatch.setattr(space, "version", lambda _: "6.31.0")
    out = tmp_path / "space"
    space.write_space(tuned, out, keep_speakers=True)
    assert {path.name for path in out.iterdir()} == {
        "app.py", "requirements.txt", "README.md", "model", "labutils"
    }  # fmt: skip
    names = {path.name for path in out.rglob("*")}
    assert "model.safetensors" in names and not names & {"corrections.jsonl", "__pycache__"}
    assert "sdk: gradio\nsdk_version: 6.31.0\napp_file: app.py" in (out / "README.md").read_text()
    assert "keep_speakers=True" in (out / "app.py").read_text()
    compile((out / "app.py").read_text(), "app.py", "exec")
    with pytest.raises(LabError, match="is there already"):
        space.write_space(tuned, out)


def test_a_space_that_cannot_be_written_whole_is_not_there(tuned, tmp_path, with_gradio,
                                                           monkeypatch):  # fmt: skip
    monkeypatch.setattr(space, "version", lambda _: "6.31.0")
    copy = space.shutil.copytree

    def full(source, *args, **options):
        if "labutils" not in str(source):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return copy(source, *args, **options)

    monkeypatch.setattr(space.shutil, "copytree", full)
    with pytest.raises(LabError, match=r"\(No space left on device\)"):
        space.write_space(tuned, tmp_path / "space")
    assert {path.name for path in tmp_path.iterdir()} <= {"mine", "artifacts"}


def test_a_space_answers_without_the_packages_that_it_leaves_out(tuned):
    modules = {name.replace("pillow", "PIL").replace("ipython", "IPython")
               for name in space.ONLY_FOR_LESSONS}  # fmt: skip
    code = (
        f"import sys\nsys.modules.update(dict.fromkeys({sorted(modules)!r}))\n"
        "from labutils.own_chats import app\n"
        "from labutils.own_chats.answering import Summarizer\n"
        f"answer = Summarizer({str(tuned)!r}).answer('Anna: Hi.')\n"
        "print(len(app.summary_html(answer)) > 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "True\n", done.stderr
