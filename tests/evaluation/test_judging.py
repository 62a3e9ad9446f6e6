"""Blind judging: sides are hidden and balanced, every click is kept, and rates are right."""

import csv
import os

import pandas as pd
import pytest

from labutils.common.errors import LabError
from labutils.evaluation.judging import (
    Judging,
    agreement,
    cohen_kappa,
    read_judgements,
    wilson,
    win_rates,
)
from labutils.views import widgets

IDS = [f"test_{i}" for i in range(40)]
SYSTEMS = {"full": [f"full {i}" for i in range(40)], "lora": [f"lora {i}" for i in range(40)]}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new" / "judgements.csv"


def prefer(path, rater, winner, count=40, **grades):
    """Judge `count` items, always for one system (or "tie")."""
    session = Judging(path, IDS, SYSTEMS, rater)
    for _ in range(count):
        sides = session.sides(session.position)
        choice = next((side for side, name in sides.items() if name == winner), "tie")
        session.save(choice, grades)
    return session


def test_sides_are_drawn_for_each_item_and_hide_the_system(path):
    session = Judging(path, IDS, SYSTEMS, "ann")
    first = [session.sides(i)["A"] for i in range(40)]
    assert 10 <= first.count("full") <= 30
    assert first == [Judging(path, IDS, SYSTEMS, "ann").sides(i)["A"] for i in range(40)]
    assert first != [Judging(path, IDS, SYSTEMS, "bob").sides(i)["A"] for i in range(40)]
    for i in range(40):
        assert session.texts(i)["A"] == f"{first[i]} {i}"
    assert sorted(session.order) == list(range(40)) != session.order


def test_every_click_is_kept_and_another_session_goes_on(path):
    session = Judging(path, IDS, SYSTEMS, "ann")
    judged = []
    for choice in ("A", "B", "tie"):
        judged.append(IDS[session.position])
        session.save(choice, {"faithfulness_A": 5})
        assert read_judgements(path)["item"].tolist() == judged
    again = Judging(path, IDS, SYSTEMS, "ann")
    assert again.done == set(judged) and again.position == session.position
    assert Judging(path, IDS, SYSTEMS, "bob").done == set()
    other = Judging(path, IDS, {"full": SYSTEMS["full"], "zero-shot": SYSTEMS["lora"]}, "ann")
    assert other.done == set()


def test_a_last_line_cut_short_loses_only_itself(path):
    prefer(path, "ann", "full", count=3)
    whole = path.read_bytes()
    os.truncate(path, len(whole) - 12)
    assert len(read_judgements(path)) == 2
    session = Judging(path, IDS, SYSTEMS, "ann")
    assert len(session.done) == 2
    session.save("tie")
    assert len(read_judgements(path)) == 3


def test_win_rates_count_ties_half_and_add_up(path):
    prefer(path, "ann", "full", count=10, faithfulness_A=4, faithfulness_B=4)
    session = prefer(path, "ann", "tie", count=10)
    assert len(session.done) == 20
    found = win_rates(read_judgements(path))
    assert found["full"]["win_rate"].mean == pytest.approx(0.75)
    assert found["lora"]["win_rate"].mean == pytest.approx(0.25)
    assert 0.5 < found["full"]["win_rate"].low < 0.75 < found["full"]["win_rate"].high < 1
    assert (found["full"]["wins"], found["lora"]["wins"], found["full"]["ties"]) == (10, 0, 10)
    assert found["full"]["faithfulness"] == 4 and found["full"]["coverage"] is None


def test_a_grade_goes_to_the_system_behind_the_side(path):
    session = Judging(path, IDS, SYSTEMS, "ann")
    for _ in range(20):
        side = {name: side for side, name in session.sides(session.position).items()}["full"]
        session.save("tie", {f"coverage_{side}": 5, f"coverage_{'AB'.replace(side, '')}": 1})
    found = win_rates(read_judgements(path))
    assert (found["full"]["coverage"], found["lora"]["coverage"]) == (5, 1)


def test_two_raters_of_one_item_are_one_item(path):
    """Judged by two raters alike, 20 items give the interval of 20 items, not of 40."""
    prefer(path, "ann", "full", count=12)
    prefer(path, "ann", "lora", count=8)
    table = read_judgements(path)
    once = win_rates(table)["full"]["win_rate"]
    twice = win_rates(pd.concat([table, table.assign(rater="bob")]))["full"]
    assert once == twice["win_rate"] and once.mean == pytest.approx(0.6)
    assert twice["judgements"] == 40


def test_ten_wins_of_ten_are_no_proof_of_always():
    found = wilson(1.0, 10)
    assert found.high == 1 and found.low == pytest.approx(0.722, abs=0.001)
    assert wilson(0.5, 100).low == pytest.approx(0.404, abs=0.001)


def test_kappa_is_cohens():
    # Cohen's own kind of table: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: kappa 0.4.
    one = ["yes"] * 25 + ["no"] * 25
    other = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert cohen_kappa(one, other) == pytest.approx(0.4)
    assert cohen_kappa(one, one) == 1 and cohen_kappa(["tie"] * 3, ["tie"] * 3) == 0
    assert cohen_kappa(["a", "b"], ["b", "a"]) == -1


def test_agreement_is_about_systems_and_not_about_sides(path):
    """Ann and Bob see other sides and other orders, and prefer one system for the same items."""
    for rater in ("ann", "bob"):
        session = Judging(path, IDS, SYSTEMS, rater)
        while (position := session.position) is not None:
            winner = "full" if position < 10 else "lora" if position < 20 else "tie"
            sides = {name: side for side, name in session.sides(position).items()}
            session.save(sides.get(winner, "tie"))
    prefer(path, "cid", "full", count=40)
    found = agreement(read_judgements(path))
    assert found["ann", "bob"] == {"kappa": 1.0, "items": 40}
    assert found["ann", "cid"] == {"kappa": 0.0, "items": 40}
    other = {"full": SYSTEMS["full"], "zero-shot": SYSTEMS["lora"]}
    Judging(path, IDS, other, "ann").save("A")
    with pytest.raises(LabError, match="3 systems"):
        agreement(read_judgements(path))


def test_texts_that_have_changed_are_judged_again(path):
    prefer(path, "ann", "full", count=5)
    changed = {name: [f"{text}!" for text in texts] for name, texts in SYSTEMS.items()}
    assert len(Judging(path, IDS, SYSTEMS, "ann").done) == 5
    assert Judging(path, IDS, changed, "ann").done == set()
    fewer = Judging(path, IDS[:3], {name: texts[:3] for name, texts in SYSTEMS.items()}, "ann")
    assert fewer.done <= set(IDS[:3])


@pytest.mark.parametrize(
    "choice, grades, message",
    [("C", {}, "'C'"), ("A", {"coverage_A": 6}, "coverage_A is 6"), ("A", {"x": 1}, "grade x")],
)
def test_a_wrong_answer_is_not_saved(path, choice, grades, message):
    session = Judging(path, IDS, SYSTEMS, "ann")
    with pytest.raises(LabError, match=message):
        session.save(choice, grades)
    assert not path.exists()


def test_what_cannot_be_judged_is_refused(path, tmp_path):
    with pytest.raises(LabError, match="not 1"):
        Judging(path, IDS, {"full": SYSTEMS["full"]}, "ann")
    with pytest.raises(LabError, match="=cmd"):
        Judging(path, IDS, SYSTEMS, "=cmd")
    with pytest.raises(LabError, match="same id"):
        Judging(path, ["x"] * 40, SYSTEMS, "ann")
    with pytest.raises(LabError, match="39 ids"):
        Judging(path, IDS[1:], SYSTEMS, "ann")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(LabError, match="holds no judgements: its columns are a, b"):
        Judging(tmp_path / "other.csv", IDS, SYSTEMS, "ann")
    session = prefer(path, "ann", "full")
    with pytest.raises(LabError, match="judged already"):
        session.save("A")
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match="Cannot write"):
        Judging(tmp_path / "file" / "j.csv", IDS, SYSTEMS, "ann").save("A")


def test_formulas_are_stored_as_text_and_read_back(path):
    names = {"=1+1": ["x"], "+b": ["y"]}
    session = Judging(path, ["@item"], names, "ann")
    session.save("A")
    with open(path, newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert row["item"] == "'@item" and {row["A"], row["B"]} == {"'=1+1", "'+b"}
    assert Judging(path, ["@item"], names, "ann").position is None
    assert set(win_rates(read_judgements(path))) == set(names)


def test_the_widget_saves_what_is_clicked_and_shows_the_next(path):
    dialogues = [f"#Person1#: dialogue {i}" for i in range(40)]
    session = Judging(path, IDS, SYSTEMS, "ann")
    page, grades, buttons = widgets.judging_widget(session, dialogues).children
    first = session.position
    assert f"dialogue {first}<" in page.value
    assert f"{session.texts(first)['A']}" in page.value
    grades.children[0].value = 3
    buttons.children[1].click()
    assert read_judgements(path)["choice"].tolist() == ["B"]
    assert read_judgements(path)["faithfulness_A"].tolist() == ["3"]
    assert grades.children[0].value is None
    assert f"dialogue {session.position}<" in page.value and "2 of 40" in page.value
    for _ in range(39):
        buttons.children[2].click()
    assert "All 40 items are judged" in page.value and buttons.children[0].disabled
    rate = win_rates(read_judgements(path))["full"]["win_rate"]
    assert (
        f"{rate}".replace(", ", ",&nbsp;") in page.value
        and "Wilson" in page.value
        and "kappa" not in page.value
    )
    buttons.children[0].click()
    assert "Not saved" in page.value and len(read_judgements(path)) == 40
    prefer(path, "bob", "full", count=40)
    assert "ann and bob" in widgets.judging_html(session, dialogues)
