"""Any text: random rows through the readers and writers, random chats through the template.

hypothesis draws them, by a fixed seed; with --thorough more of them.
"""

import csv
import io
import json
import re
import sys
from functools import partial
from itertools import chain

import pyarrow
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from labutils import data, summarize_file
from labutils.common import table_files
from labutils.common.errors import LabError
from labutils.prompts import TEMPLATES, build_prompt, fit_prompts

EXAMPLES = 400 if "--thorough" in sys.argv else 40
drawn = settings(
    derandomize=True,
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    # The folder of a test serves all its examples: each writes its file anew.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
TEXTS = st.text(st.characters(), max_size=60) | st.text(
    "\",\r\n\t #:;'\\\u2028\x85\0{}é안", max_size=30
)
WHOLE = TEXTS.filter(table_files.is_text)
ROWS = st.lists(
    st.fixed_dictionaries({"id": TEXTS, "dialogue": TEXTS, "summary": TEXTS}), max_size=4
)


def same_or_refused(read, expected):
    """Whether something is read as it was written, or refused with a LabError."""
    try:
        found = read()
    except LabError:
        return True
    return found == expected


@drawn
@given(
    rows=ROWS.filter(lambda rows: all(table_files.is_text(t) for row in rows for t in row.values()))
)
def test_csv_rows_come_back_as_they_were(tmp_path, rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, ["id", "dialogue", "summary"])
    writer.writeheader()
    writer.writerows(rows)
    (tmp_path / "a.csv").write_bytes(text.getvalue().encode())
    assert data.read_table(tmp_path / "a.csv") == rows
    assert same_or_refused(
        lambda: data.read_rows(tmp_path / "a.csv"), [{**row, "topic": ""} for row in rows]
    )


@drawn
@given(rows=ROWS, ascii_only=st.booleans())
def test_jsonl_rows_come_back_as_they_were(tmp_path, rows, ascii_only):
    lines = "".join(json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in rows)
    (tmp_path / "a.jsonl").write_bytes(lines.encode(errors="surrogatepass"))
    assert same_or_refused(lambda: data.read_table(tmp_path / "a.jsonl"), rows)
    assert same_or_refused(
        lambda: data.read_rows(tmp_path / "a.jsonl"), [{**row, "topic": ""} for row in rows]
    )


@drawn
@given(rows=st.lists(st.fixed_dictionaries({"dialogue": WHOLE}), min_size=1, max_size=4))
def test_parquet_rows_come_back_as_they_were(tmp_path, rows):
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    assert data.read_table(tmp_path / "a.parquet") == rows
    asked = partial(summarize_file.read_dialogues, tmp_path / "a.parquet")
    assert same_or_refused(lambda: list(chain(*asked().chunks())), rows)


@drawn
@given(content=st.binary(max_size=200), name=st.sampled_from(["a.csv", "a.jsonl", "a.parquet"]))
def test_any_bytes_are_read_or_refused(tmp_path, content, name):
    (tmp_path / name).write_bytes(content)
    assert same_or_refused(lambda: bool(data.read_table(tmp_path / name)) >= 0, True)


@drawn
@given(rows=st.lists(st.dictionaries(WHOLE.filter(bool), WHOLE, min_size=1), min_size=1),
       ending=st.sampled_from(["csv", "jsonl"]))  # fmt: skip
def test_rows_that_are_written_come_back(tmp_path, rows, ending):
    path = tmp_path / f"out.{ending}"
    table_files.write_table(path, rows)
    columns = {key for row in rows for key in row}
    if ending == "csv":  # which has an empty cell where a row has none
        rows = [{key: row.get(key, "") for key in columns} for row in rows]
    assert same_or_refused(lambda: data.read_table(path), rows)


@drawn
@given(dialogues=st.lists(WHOLE, min_size=1, max_size=3), limit=st.integers(8, 80),
       template=st.sampled_from([*TEMPLATES.values()]))  # fmt: skip
def test_a_prompt_keeps_its_instruction_and_its_limit(tokenizer, dialogues, limit, template):
    frame = build_prompt("", template)
    try:
        prompts = fit_prompts(dialogues, tokenizer, template=template, max_tokens=limit)
    except LabError as error:
        assert "leave no room" in str(error)
        return
    start, end = template.split("{dialogue}")
    for dialogue, prompt in zip(dialogues, prompts):
        assert prompt.startswith(start) and prompt.endswith(end)
        assert dialogue.startswith(prompt[len(start) : len(prompt) - len(end)])
        size = len(tokenizer(prompt)["input_ids"])
        assert size <= limit, (size, limit, len(tokenizer(frame)["input_ids"]))


@drawn
@given(
    text=st.lists(WHOLE | st.sampled_from(["#Person1#: Hi.", "Anna: a: b", " ", "x"])).map(
        "\n".join
    )
)
def test_turns_lose_no_sign(text):
    def signs(shown):
        return re.sub(r"[\s:]", "", shown)

    found = data.turns(text)
    assert signs("".join(speaker + said for speaker, said in found)) == signs(text)


@drawn
@given(rows=st.lists(st.fixed_dictionaries({
    "id": st.sampled_from(["test_0_1", "test_0_2", "test_1_1", "plain", "a_1", "a_1_1"]),
    "dialogue": st.sampled_from(["a", "b"]), "summary": WHOLE, "topic": st.just("")})))  # fmt: skip
def test_references_are_grouped_or_refused(rows):
    try:
        grouped = data.group_references(rows)
    except LabError:
        names = {}
        for row in rows:
            names.setdefault(data.dialogue_id(row["id"]), set()).add(row["dialogue"])
        assert any(len(texts) > 1 for texts in names.values())
        return
    assert len({item["id"] for item in grouped}) == len(grouped)
    for item in grouped:
        own = [row for row in rows if data.dialogue_id(row["id"]) == item["id"]]
        assert item["references"] == [row["summary"] for row in own]
        assert {row["dialogue"] for row in own} == {item["dialogue"]}
