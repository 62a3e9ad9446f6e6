"""`inspect` from file to folder: what it says is so, and what it writes trains."""

import json
import re

import pytest
from conftest import KOREAN, MARKUP, made, write_csv
from sample_chats import company_rows, company_table

from labutils import data, tracks
from labutils.__main__ import main
from labutils.own_chats.preparing import prepare
from labutils.own_chats.reading import read_chats
from labutils.own_chats.report import language

NAMED = ["--dialogue", "text", "--summary", "note"]
SECRETS = ["anna.lee@mail.example", "DE89 3704 0044 0532 0130 00", "4111 1111 1111 1111"]


@pytest.fixture
def inspect(base, tmp_path, capsys):
    """The report of rows (or a path) as JSON, and what else the options write."""

    def run(source, *options):
        if isinstance(source, list):
            write_csv(tmp_path / "in.csv", source)
            source = tmp_path / "in.csv"
        main(["inspect", str(source), "--model", str(base), "--json", *map(str, options)])
        return json.loads(capsys.readouterr().out)

    return run


def pairs(count=12):
    return [{"dialogue": row["text"], "summary": row["note"]} for row in company_rows(count)]


def flagged(report):
    return {name: found["chats"] for name, found in report["flagged"].items() if found["chats"]}


def test_it_counts_what_is_there(inspect, tmp_path):
    report = inspect(company_table(tmp_path), *NAMED)
    counts = report["counts"]
    assert (counts["rows"], counts["chats"], counts["customers"]) == (24, 24, 12)
    assert counts["speakers, median"] == counts["speakers, most"] == 2
    assert report["languages"]["English"] >= 20 and sum(report["languages"].values()) == 24
    assert sum(report["plan"]["chats"].values()) == 24 and report["personal_data"] == {}
    assert report["first_chat"][0].startswith("#Person1#: ")


def test_lengths_are_in_the_models_tokens_and_cuts_are_counted(inspect, tokenizer):
    from labutils.prompts import build_prompt

    rows = [*pairs(), {"dialogue": "A: Hi.\nB: " + "Hello there. " * 400, "summary": "Hi. " * 200}]
    report = inspect(rows, "--keep-speakers")
    tokens = [len(tokenizer(build_prompt(row["dialogue"].strip())).input_ids) for row in rows]
    found = report["lengths"]["prompt with the chat"]
    assert found["longest"] == max(tokens) and found["over it"] == sum(n > 512 for n in tokens)
    assert found["tokens cut"] == sum(max(0, n - 512) for n in tokens) > 0
    assert report["flagged"]["are longer than the model reads"]["such_as"][-1] == "chat-13"
    assert flagged(report)["have a longer summary than it writes"] >= 1


def test_it_flags_what_a_careful_reader_would(inspect):
    rows = pairs()
    rows[1]["dialogue"] = rows[0]["dialogue"]
    rows[2] = {"dialogue": rows[3]["dialogue"] + " Bye!", "summary": "Costs 987654."}
    rows[4]["summary"] = rows[4]["dialogue"].split(": ")[1].split("\n")[0]
    rows[5]["summary"] = rows[6]["summary"]
    rows[7] = {"dialogue": "A: Hi.", "summary": "A very long summary of a short chat."}
    rows[8]["dialogue"] = "no speakers here at all"
    rows[9]["dialogue"] = " "
    rows[10]["dialogue"] = "\n".join(f"{'AB'[i % 2]}: word {i}." for i in range(1000))
    rows[11]["summary"] = ""
    found = flagged(inspect(rows))
    assert found.pop("are longer than the model reads") >= 1
    found.pop("have words that it cannot read", None)  # of the small model's few
    found.pop("have a longer summary than it writes", None)
    assert found.pop("have a number in the summary alone") >= 1
    assert found.pop("have a summary longer than the chat") >= 2
    assert found == {
        "are empty": 1,
        "are the same as another": 1,
        "are nearly the same as another": 2,
        "have no speaker that can be told": 1,
        "have one speaker": 1,
        "have 100 turns or more": 1,
        "have a summary that others have, too": 2,
        "have a summary that stands in the chat": 1,
    }


def test_scripts_and_languages_are_told(inspect):
    rows = pairs(4) + [{"dialogue": KOREAN, "summary": "인사"}]
    report = inspect(rows)
    assert report["languages"] == {"English": 4, "Hangul": 1}
    assert "chat-5" in report["flagged"]["have words that it cannot read"]["such_as"]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("A: Ich habe das nicht und die Rechnung ist zu hoch.", "German"),
        ("A: Je ne suis pas sûr que vous avez le bon numéro.", "French"),
        ("A: No es el problema, gracias por los datos que usted tiene.", "Spanish"),
        ("A: The parcel is lost and you have to help.", "English"),
        ("Xylo brk", "Latin"), ("12 34", "none"), ("你好吗", "Han"),
        ("Привет, как дела", "Cyrillic"), ("#Person1#: 네\n#Person2#: 안녕", "Hangul"),
    ],
)  # fmt: skip
def test_a_language_is_guessed_or_left_open(text, expected):
    assert language(text) == expected


def test_languages_of_many_chats_are_guessed_from_some_drawn_by_seed(
    base, inspect, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("labutils.own_chats.report.MOST_GUESSED", 5)
    found = inspect(pairs(9) + [{"dialogue": KOREAN, "summary": "인사"}])["languages"]
    assert sum(found.values()) == 5
    assert inspect(tmp_path / "in.csv")["languages"] == found
    main(["inspect", str(tmp_path / "in.csv"), "--model", str(base)])
    assert "Latin script, of 5 of the 10 chats, drawn at random." in capsys.readouterr().out


def secret_rows():
    rows = pairs()
    for row, secret in zip(rows, SECRETS):
        row["dialogue"] += f"\nAgent: Yours is {secret}, right?"
        row["summary"] += f" It is {secret}."
    return [{"id": f"t{number}", **row} for number, row in enumerate(rows)]


def test_personal_data_is_counted_and_never_shown_whole(base, inspect, tmp_path, capsys):
    rows = secret_rows()
    rows[5]["id"] = rows[5]["dialogue"] = "bob@mail.example"
    report = inspect(rows, "--html", tmp_path / "r.html")
    assert {kind: found["found"] for kind, found in report["personal_data"].items()} == {
        "e-mail": 3, "IBAN": 2, "card number": 2
    }  # fmt: skip
    main(["inspect", str(tmp_path / "in.csv"), "--model", str(base)])
    for shown in (str(report), capsys.readouterr().out, (tmp_path / "r.html").read_text("utf-8")):
        assert not any(secret in shown for secret in [*SECRETS, "bob@mail.example"])
        assert "an...le" in shown and "41...11" in shown


def test_a_preview_says_that_it_alone_is_masked(base, inspect, tmp_path, capsys):
    inspect(secret_rows(), "--html", tmp_path / "r.html")
    source, note = str(tmp_path / "in.csv"), "(with personal data masked here; the file keeps it"
    assert note in (tmp_path / "r.html").read_text("utf-8")
    for name, mask, said in (("kept.csv", [], True), ("masked.csv", ["--mask"], False)):
        out = tmp_path / name
        main(["inspect", source, "--model", str(base), "--out", str(out), *mask])
        assert (note in capsys.readouterr().out) == said == (SECRETS[0] in out.read_text("utf-8"))
    write_csv(tmp_path / "in.csv", pairs())
    main(["inspect", source, "--model", str(base)])
    assert note not in capsys.readouterr().out


@pytest.mark.parametrize("out", ["masked.csv", "masked.jsonl", "prepared"])
def test_a_masked_copy_has_no_personal_data(inspect, tmp_path, out):
    rows = secret_rows()
    rows[4]["id"], rows[5]["id"] = "chat-6", "bob@mail.example"
    report = inspect(rows, "--mask", "--out", tmp_path / out)
    paths = sorted((tmp_path / out).glob("*.csv")) or [tmp_path / out]
    written = [row for path in paths for row in data.read_table(path)]
    assert len({row["id"] for row in written}) == 12 == len(written)
    assert {"chat-6", "chat-6'"} < {row["id"] for row in written}
    assert not any(s in str(written) for s in [*SECRETS, "bob@mail.example"])
    assert str(written).count("#IBAN#") == 2 and report["personal_data"]["IBAN"]["found"] == 2


def test_the_prepared_folder_trains_and_is_scored(base, inspect, tmp_path):
    rows = [{**row, "ticket": f"T_7_{i}"} for i, row in enumerate(company_rows())]
    rows[3]["note"] = rows[4]["note"] = ""
    report = inspect(rows, *NAMED, "--out", tmp_path / "chats")
    track = tracks.choose_track("tiny", model=str(base), dataset=str(tmp_path / "chats"))
    found = data.load_dialogues(track)
    assert {name: len(found[name]) for name in found} == report["plan"]["chats"]
    assert sum(report["plan"]["chats"].values()) == 22
    assert len(data.read_table(tmp_path / "chats" / "without_summary.csv")) == 2
    run = made("full", track)
    assert list(run.items["id"]) == list(found["test"]["id"])
    assert run.record["test_dialogues"] == len(found["test"]) and run.record["steps"] > 0


def test_the_groups_that_stay_together_are_numbered_and_no_customer_is_named(inspect, tmp_path):
    inspect(company_table(tmp_path), *NAMED, "--out", tmp_path / "chats")
    splits = data.load_splits(tmp_path / "chats")
    groups = {}
    for split in splits:
        for row in data.read_table(tmp_path / "chats" / f"{split}.csv"):
            groups.setdefault(row["chat_group"], set()).add((split, int(row["id"][2:]) // 2))
    assert len(groups) == 12 and all(len(of_one) == 1 for of_one in groups.values())
    assert "C-" not in (tmp_path / "chats" / "test.csv").read_text("utf-8")


def test_a_file_is_not_written_over_itself(tmp_path, error_of):
    """Not even by force: its other columns would be gone."""
    path = tmp_path / "chats.csv"
    path.write_text("id,dialogue,summary,mine\n1,A: Hi,Hi.,x\n")
    before = path.read_bytes()
    assert "holds the chats" in error_of("inspect", path, "--out", path, "--force")
    assert path.read_bytes() == before


def test_a_table_of_prepared_chats_is_not_split_into_its_own_folder(inspect, tmp_path, error_of):
    """Two thirds of a third were left, and the rest was gone."""
    out = tmp_path / "chats"
    inspect(company_rows(), "--dialogue", "text", "--summary", "note", "--out", out)
    before = (out / "train.csv").read_bytes()
    words = ["inspect", out / "train.csv", "--out", out, "--force"]
    assert "holds the chats" in error_of(*words)
    assert (out / "train.csv").read_bytes() == before


@pytest.mark.parametrize("name", ["all.csv", "all.jsonl"])
def test_one_table_of_all_chats_keeps_whose_they_are(base, inspect, tmp_path, capsys, name):
    rows = [{"client" if n == "customer" else n: v for n, v in r.items()} for r in company_rows()]
    rows[0]["client"] = ""
    write_csv(tmp_path / "in.csv", rows)
    out, named = tmp_path / name, [*NAMED, "--customer", "client"]
    main(["inspect", str(tmp_path / "in.csv"), *named, "--model", str(base), "--out", str(out)])
    assert "--customer customer" in capsys.readouterr().out.split("Written:")[1]
    assert "C-" not in out.read_text("utf-8")
    assert [row["customer"] for row in data.read_table(out)][:4] == [
        "", "customer-1", "customer-2", "customer-2"
    ]  # fmt: skip
    first, again = inspect(tmp_path / "in.csv", *named), inspect(out, "--customer", "customer")
    assert again["counts"] == first["counts"] and again["plan"] == first["plan"]


def test_one_table_of_chats_of_nobody_known_has_no_such_column(inspect, tmp_path):
    inspect(pairs(), "--out", tmp_path / "all.csv")
    assert list(data.read_table(tmp_path / "all.csv")[0]) == ["id", "dialogue", "summary"]


def test_a_prepared_folder_is_kept_unless_replacing_it_is_asked_for(inspect, tmp_path, error_of):
    out = tmp_path / "chats"
    inspect(pairs(), "--out", out)
    before = (out / "train.csv").read_text("utf-8")
    message = error_of(lambda: inspect(pairs(), "--out", out, "--seed", 1))
    assert "is there already" in message and "--force" in message
    assert (out / "train.csv").read_text("utf-8") == before
    inspect(pairs(), "--out", out, "--seed", 1, "--force")
    assert (out / "train.csv").read_text("utf-8") != before
    (out / "mine.txt").write_text("mine")
    message = error_of(lambda: inspect(pairs(), "--out", out, "--force"))
    assert "holds other things (mine.txt)" in message
    assert sorted(path.name for path in tmp_path.iterdir() if path.name[0] == ".") == []


def test_an_interrupted_writing_leaves_the_earlier_folder(inspect, tmp_path, monkeypatch, error_of):
    out = tmp_path / "chats"
    inspect(pairs(), "--out", out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("labutils.own_chats.preparing.write_json", full)
    words = ("--out", out, "--force", "--seed", 9)
    assert "No space left" in error_of(lambda: inspect(pairs(), *words))
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir() if path.name[0] == "."] == []


def test_hostile_texts_are_inert(inspect, tmp_path, base, capsys):
    rows = pairs()
    rows[0] = {"dialogue": f"{MARKUP}\x1b[2J", "summary": '=HYPERLINK("http://x")'}
    rows = [{"id": "=1+1" if i == 0 else f"{MARKUP}{i}", **row} for i, row in enumerate(rows)]
    inspect(rows, "--html", tmp_path / "r.html", "--out", tmp_path / "all.csv")
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "<script" not in page and "<img" not in page and "&lt;img src=x" in page
    assert not re.search(r"(src|href)\s*=\s*[\"']?\w+:|@import|url\(", page)
    written = data.read_table(tmp_path / "all.csv")
    assert (written[0]["id"], written[0]["summary"][:2]) == ("'=1+1", "'=")
    main(["inspect", str(tmp_path / "in.csv"), "--model", str(base)])
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("out", ["chats", "chats.csv"])
def test_a_summary_that_begins_with_a_dash_is_learned_as_it_was(inspect, tmp_path, out):
    """A spreadsheet would compute it, so it stands with a ' in the file."""
    rows = [{**row, "summary": f"- {row['summary']}"} for row in pairs()]
    inspect(rows, "--out", tmp_path / out)
    if out == "chats":
        splits = data.load_splits(tmp_path / out)
        found = {row["summary"] for split in splits.values() for row in split}
    else:
        found = {chat.summary for chat in read_chats(tmp_path / out).chats}
    assert len(found) > 1 and all(summary.startswith("- ") for summary in found)


def test_summaries_of_none_can_be_inspected_and_not_prepared(inspect, tmp_path, error_of):
    rows = [{"dialogue": row["dialogue"]} for row in pairs()]
    report = inspect(rows)
    assert report["plan"]["without_summary"] == 12 and "0 chats with a summary" in str(report)
    message = error_of(lambda: inspect(rows, "--out", tmp_path / "chats"))
    assert "three at least" in message and "Nothing was written" in message
    assert not (tmp_path / "chats").exists()


def test_prepare_does_the_same_from_python(tmp_path):
    from labutils.own_chats.reading import Columns

    plan = prepare(company_table(tmp_path), tmp_path / "chats", Columns(dialogue="text"), seed=3)
    assert len(data.read_table(tmp_path / "chats" / "test.csv")) == len(plan.splits["test"]) == 4
    record = json.loads((tmp_path / "chats" / "prepared.json").read_text("utf-8"))
    assert record["seed"] == 3 and record["masked"] is False
