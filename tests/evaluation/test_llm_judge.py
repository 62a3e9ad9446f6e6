"""A language model as judge, against a stand-in server: asked, kept, counted and refused."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from labutils.__main__ import main
from labutils.common.errors import LabError
from labutils.evaluation import llm_judge
from labutils.evaluation.judging import Judging, agreement, read_judgements
from labutils.evaluation.llm_judge import Judge, judge_pairs, ratings, some_of

CHATS = [f"#Person1#: I am Ann, room {i}." for i in range(4)]


@pytest.fixture
def server():
    """A server that answers with what `answer` makes of the question."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found.asked.append((self.path, body))
            reply = found.answer(body["messages"][0]["content"])
            if isinstance(reply, tuple):
                status, headers, content = reply
            else:
                content = json.dumps({"choices": [{"message": {"content": reply}}]}).encode()
                status, headers = 200, {}
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self):
            if found.models is None:
                return self.send_error(404)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(found.models)

        def log_message(self, *_):
            pass

    found = HTTPServer(("127.0.0.1", 0), Handler)
    found.asked, found.answer, found.models = [], lambda question: "3", None
    found.address = f"http://127.0.0.1:{found.server_port}/v1"
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def test_a_rating_is_asked_once_and_kept(server, tmp_path):
    cache = tmp_path / "deep" / "judge.jsonl"
    judge = Judge(server.address, cache)
    assert judge.rate(CHATS[0], "Ann is in room 0.") == 3
    (path, body), = server.asked  # fmt: skip
    assert path == "/v1/chat/completions"
    assert body["model"] == "default" and body["temperature"] == 0
    assert CHATS[0] in body["messages"][0]["content"]
    server.answer = lambda question: "5"
    assert Judge(server.address, cache).rate(CHATS[0], "Ann is in room 0.") == 3
    assert len(server.asked) == 1


LISTED = b'{"data": [{"id": "small-chat"}, {"id": "large-chat"}]}'


@pytest.mark.parametrize(
    "models, name",
    [(LISTED, "small-chat"), (None, "default"), (b"<html>", "default"), (b"[1]", "default")],
)
def test_a_judge_without_a_name_is_the_first_that_the_server_lists(server, tmp_path, models, name):
    server.models = models
    Judge(server.address, tmp_path / "judge.jsonl").rate(CHATS[0], "Ann.")
    assert server.asked[0][1]["model"] == name


def test_another_model_behind_the_same_address_is_asked_anew(server, tmp_path):
    for models in (LISTED, LISTED.replace(b"small", b"other"), LISTED):
        server.models = models
        Judge(server.address, tmp_path / "judge.jsonl").rate(CHATS[0], "Ann.")
    assert [body["model"] for _, body in server.asked] == ["small-chat", "other-chat"]


def test_what_was_answered_before_a_kill_is_not_asked_again(server, tmp_path):
    cache = tmp_path / "judge.jsonl"
    Judge(server.address, cache).rate(CHATS[0], "one")
    with open(cache, "a", encoding="utf-8") as file:
        file.write('{"key": "cut sho')
    judge = Judge(server.address, cache)
    assert judge.rate(CHATS[1], "two") == 3
    again = Judge(server.address, cache)
    assert (again.rate(CHATS[0], "one"), again.rate(CHATS[1], "two")) == (3, 3)
    assert len(server.asked) == 2


@pytest.mark.parametrize("reply", ["I think 4 or 5", "7", "", None, "**", "45"])
def test_an_answer_that_is_no_rating_is_counted_and_not_guessed(server, tmp_path, reply):
    server.answer = lambda question: reply
    judge = Judge(server.address, tmp_path / "judge.jsonl")
    assert judge.rate(CHATS[0], "Ann.") is None and judge.unreadable == 1


@pytest.mark.parametrize("reply, read", [(" 4\n", 4), ("**2**", 2), ("5.", 5)])
def test_a_rating_may_be_wrapped_in_signs(server, tmp_path, reply, read):
    server.answer = lambda question: reply
    assert Judge(server.address, tmp_path / "judge.jsonl").rate(CHATS[0], "Ann.") == read


@pytest.mark.parametrize(
    "content", [b"no json", b"[]", b'{"choices": []}', b'{"choices": [{"message": 3}]}']
)
def test_a_reply_that_is_no_completion_is_unreadable(server, tmp_path, content):
    server.answer = lambda question: (200, {}, content)
    judge = Judge(server.address, tmp_path / "judge.jsonl")
    assert judge.rate(CHATS[0], "Ann.") is None and judge.unreadable == 1


@pytest.mark.parametrize(
    "address", ["http://localhost:8080", "http://[::1]:1/v1", "http://127.9.9.9"]
)
def test_this_machine_has_several_names(address, tmp_path):
    assert Judge(address, tmp_path / "judge.jsonl").address == address


def test_a_redirection_and_a_proxy_are_not_followed(server, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    judge = Judge(server.address, tmp_path / "judge.jsonl")
    assert judge.rate(CHATS[0], "Ann.") == 3
    server.answer = lambda question: (302, {"Location": "http://127.0.0.1:9/"}, b"")
    with pytest.raises(LabError, match="gave no answer .*302"):
        judge.rate(CHATS[1], "Ann.")


def test_a_server_that_is_slow_broken_or_gone_stops_with_one_sentence(
    monkeypatch, server, tmp_path
):
    monkeypatch.setattr(llm_judge, "PATIENCE", 0.2)
    judge = Judge(server.address, tmp_path / "judge.jsonl")
    server.answer = lambda question: (500, {}, b"out of memory")
    with pytest.raises(LabError, match="500"):
        judge.rate(CHATS[0], "Ann.")
    server.answer = lambda question: time.sleep(0.6) or "3"
    with pytest.raises(LabError, match="timed out"):
        judge.rate(CHATS[0], "Ann.")
    with pytest.raises(LabError, match="Is its server running"):
        Judge("http://127.0.0.1:9/v1", tmp_path / "other.jsonl").rate(CHATS[0], "Ann.")
    assert not (tmp_path / "judge.jsonl").exists()


def test_controls_tell_a_judge_that_reads_from_one_that_does_not(server, tmp_path):
    """A stand-in that looks for the chat's room in the summary puts the references on top."""

    def reads(question):
        chat, summary = question.split("Dialogue:\n")[1].split("Summary:\n")
        room = chat.split("room ")[1][0]
        return "5" if f"room {room}" in summary else "1"

    server.answer = reads
    judge = Judge(server.address, tmp_path / "judge.jsonl")
    systems = {
        "references": [f"Ann is in room {i}." for i in range(4)],
        "another chat's": [f"Ann is in room {(i + 1) % 4}." for i in range(4)],
    }
    rated = ratings(judge, systems, CHATS, [1, 3])
    assert rated.index.tolist() == [1, 3] and len(server.asked) == 4
    assert rated.mean().to_dict() == {"references": 5, "another chat's": 1}
    with pytest.raises(LabError, match="one of each is needed"):
        ratings(judge, {"one": ["a"]}, CHATS, [0])


@pytest.fixture
def rooms(tmp_path):
    """A predictions file: "good" knows each chat's room, "bad" none."""
    path = tmp_path / "rooms.csv"
    rows = [f'{i},"{chat}",Ann is in room {i}.,She is in room {i}.,Ann is in.'
            for i, chat in enumerate(CHATS)]  # fmt: skip
    path.write_text("\n".join(["id,dialogue,human,good,bad", *rows]), "utf-8")
    return path


def test_score_has_a_judge_rate_and_says_whether_to_believe_it(server, rooms, capsys):
    def reads(question):
        chat, summary = question.split("Dialogue:\n")[1].split("Summary:\n")
        return "5" if f"room {chat.split('room ')[1][0]}" in summary else "1"

    server.answer = reads
    asked = ["score", str(rooms), "--references", "human", "--judge", server.address]
    main([*asked, "--json"])
    found = json.loads(capsys.readouterr().out)["judge"]
    means = {name: one["mean"] for name, one in found["ratings"].items()}
    assert means == {"references": 5, "another chat's": 1, "good": 5, "bad": 1}
    assert found["trusted"] and found["n"] == 4 and len(server.asked) == 16
    server.answer = lambda question: "4"
    main([*asked, "--judge-sample", "3"])
    assert len(server.asked) == 16  # all kept beside the file
    told = capsys.readouterr().out
    assert "as they should" in told and "earlier call of the same model: 12" in told
    rooms.with_suffix(".judge.jsonl").unlink()
    main(asked)
    assert "this judge's ratings count for nothing" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change, piece",
    [
        (["--judge", "http://example.org/v1"], "it must be http on this machine"),
        (["--judge", "SERVER", "--judge-sample", "0"], "--judge-sample is 0"),
        (["--judge", "SERVER", "--id", "id", "--systems", "another chat's"], "rename them"),
    ],
)
def test_a_judge_that_cannot_be_asked_is_refused(server, rooms, change, piece, capsys):
    rooms.write_text(rooms.read_text("utf-8").replace("good", "another chat's"), "utf-8")
    change = [server.address if word == "SERVER" else word for word in change]
    with pytest.raises(SystemExit, match="2"):
        main(["score", str(rooms), "--references", "human", *change])
    assert piece in capsys.readouterr().err
    assert server.asked == []


def test_a_judge_takes_a_raters_place_sides_drawn_and_choices_kept(server, tmp_path):
    server.answer = lambda question: (
        "A" if "good" in question.split("Summary A:\n")[1].split("Summary B:")[0] else "B"
    )
    systems = {"x": ["good"] * 4, "y": ["bad"] * 4}
    file, judge = tmp_path / "judgements.csv", Judge(server.address, tmp_path / "judge.jsonl")
    session = Judging(file, list("abcd"), systems, "llm", seed=3)
    assert judge_pairs(judge, session, CHATS, [0, 1, 3]) == 0
    table = read_judgements(file)
    assert sorted(table["item"]) == ["a", "b", "d"]
    assert all(row[row["choice"]] == "x" for _, row in table.iterrows())
    asked = len(server.asked)
    again = Judging(file, list("abcd"), systems, "llm", seed=3)
    assert judge_pairs(judge, again, CHATS, [0, 1, 3]) == 0 and len(server.asked) == asked
    person = Judging(file, list("abcd"), systems, "me", seed=3)
    while (place := person.position) is not None:
        person.save(next(s for s, name in person.sides(place).items() if name == "x"))
    assert agreement(read_judgements(file))["llm", "me"]["items"] == 3


def test_an_unreadable_choice_leaves_its_item_open(server, tmp_path):
    server.answer = lambda question: "Both are fine."
    session = Judging(tmp_path / "j.csv", ["a"], {"x": ["one"], "y": ["two"]}, "llm")
    judge = Judge(server.address, tmp_path / "judge.jsonl")
    assert judge_pairs(judge, session, CHATS[:1], [0]) == 1
    assert session.position == 0 and judge.unreadable == 1


def test_a_sample_is_drawn_by_seed_and_never_larger_than_there_are():
    assert some_of(100, 5) == some_of(100, 5) == sorted(some_of(100, 5))
    assert some_of(100, 5) != some_of(100, 5, seed=1)
    assert some_of(3, 20) == [0, 1, 2]
