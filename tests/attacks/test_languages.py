"""Languages: files of any script, and signs that look like words, whose scores would mislead."""

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labutils.__main__ import main
from labutils.evaluation import rouge
from labutils.evaluation.predictions import read_predictions

UNREAD = "neither a letter nor a digit"
CUT = "ends words at other letters"
SEVERAL = "Several scripts"
UNANSWERED = "no answer"

CASES = {
    # what: (reference, prediction, ROUGE-1, what a remark must say or "" for none)
    "emoji alone": ("🙂🙂", "🙂🙂", 0, UNREAD),
    "emoji with selectors alone": ("❤️", "❤️", 0, UNREAD),
    "marks alone": ("?!…", "?!…", 0, UNREAD),
    "underscores alone": ("___", "___", 0, UNREAD),
    "digits alone": ("12 30", "12 31", 0.5, ""),
    "digits of two scripts": ("١٢ ٣٠", "12 30", 1, ""),
    "digits in keycaps": ("1 2", "1️⃣ 2️⃣", 1, CUT),
    "Korean nonsense with the digits": ("3월에 12개를 샀다", "나무 3개 구름 12마리", 0, ""),
    "Korean digits without the words": ("3월에 12개를 샀다", "3 12", 0, ""),
    "Chinese nonsense with the digit": ("他买了3双鞋", "天上3朵云", 2 * 1 / (6 + 5), ""),
    "Arabic nonsense with the digits": ("دفع 45 دينارا أمس", "سماء 45 زرقاء اليوم", 0.25, ""),
    "Russian nonsense with the digits": ("Он купил 3 пары", "Снег 3 раза шёл", 0.25, ""),
    "Korean in single letters": ("환불 요청", unicodedata.normalize("NFD", "환불 요청"), 1, ""),
    "emoji between Korean words": ("환불🙂요청", "환불 요청", 1, ""),
    "half-width Japanese": ("サービス", "ｻｰﾋﾞｽ", 1, SEVERAL),
    "a variant of a Chinese character": ("葛城", "葛\U000e0100城", 1, ""),
    "Thai with invisible spaces": ("ขอเงินคืน", "ขอ\u200bเงิน\u200bคืน", 1, ""),
    "Persian with joiners": ("می\u200cخواهم بروم", "میخواهم بروم", 1, ""),
    "Arabic in its shapes": ("لا شكر", "ﻻ ﺷﻜﺮ", 1, ""),
    "Hebrew between marks of direction": ("שלום עולם", "\u200fשלום\u200f עולם", 1, ""),
    "Hindi with a dot apart": ("क़लम", "क\u093cलम", 1, ""),
    "Vietnamese words that differ in tone": ("và về vẽ", "vả vê ve", 0, ""),
    "French in two ways": ("préféré", "pre\u0301fe\u0301re\u0301", 1, ""),
    "German ss and soft hyphens": ("größte Straße fällt", "grösste Stras\u00adse fällt", 1, ""),
    "a Turkish capital": ("İstanbul'da ödeme yapıldı", "istanbul'da ödeme yapıldı", 1, ""),
    "full-width letters in an answer": ("ABC 12", "ＡＢＣ １２", 1, SEVERAL),
    "full-width letters in a reference": ("ＡＢＣ １２", "ABC 12", 1, SEVERAL),
    "mathematical bold letters": ("the bill", "𝐓𝐡𝐞 𝐛𝐢𝐥𝐥", 1, SEVERAL),
    "Cyrillic letters that look Latin": ("the refund", "the r\u0435fund", 0.4, SEVERAL),
    "a Russian answer to English": ("Anna pays 5", "Анна заплатит 5 долларов", 2 / 7, SEVERAL),
    "an English answer to Korean": ("고객은 환불", "The client asks", 0, SEVERAL),
    "an accent in English, in two ways": ("at the café", "at the cafe\u0301", 2 / 3, CUT),
    "a power in English": ("9 m² flat", "9 m2 flat", 2 / 3, CUT),
    "invisible space in an English word": ("a refund", "a re\u200bfund", 0.4, CUT),
    "soft hyphen in an English word": ("a refund", "a re\u00adfund", 0.4, CUT),
    "direction marks around English": ("a refund", "\u200ea refund\u200e", 1, ""),
    "a byte order mark": ("a refund", "\ufeffa refund", 1, ""),
    "a NUL": ("a refund", "a\x00refund", 1, ""),
    "an empty answer": ("고객은 환불", "", 0, UNANSWERED),
    "white space for an answer": ("고객은 환불", "\t\u3000\n", 0, UNANSWERED),
    "invisible characters for an answer": ("고객은 환불", "\u200b\u200d", 0, UNANSWERED),
}  # fmt: skip


def scored(tmp_path, references, predictions):
    """(the report, the remarks) of a file with these rows."""
    path = tmp_path / "predictions.jsonl"
    rows = [{"human": human, "x": x} for human, x in zip(references, predictions)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    found = read_predictions(path, references="human")
    remarks = [said for said in found.remarks if "one of the references itself" not in said]
    return rouge.score(found.systems, found.references), remarks


@pytest.mark.parametrize("what", CASES)
def test_a_text_is_scored_rightly_or_said_to_be_none(what, tmp_path):
    reference, prediction, expected, remark = CASES[what]
    report, remarks = scored(tmp_path, [reference], [prediction])
    assert report["systems"]["x"]["rouge1"]["mean"] == pytest.approx(expected)
    assert any(remark in said for said in remarks) if remark else remarks == []


def test_several_scripts_in_one_file_are_counted_and_scored_alike(tmp_path):
    references = ["고객은 환불을 요청한다", "Anna books two flights", "客户要求退款"]
    report, (remark,) = scored(tmp_path, references, references)
    assert report["systems"]["x"]["rouge1"]["mean"] == 1
    assert remark == (
        "Several scripts, in letters: references Latin 19, Hangul 10, Han 6; "
        "x Latin 19, Hangul 10, Han 6."
    )


def test_an_answer_of_invisible_characters_is_counted_as_empty(tmp_path):
    report, _ = scored(tmp_path, ["환불"] * 2, ["\u200b\u2060", "환불"])
    assert report["systems"]["x"]["empty"] == 0.5


def test_the_printed_tables_name_the_tokenizer_and_what_is_not_counted(tmp_path, capsys):
    path = tmp_path / "p.csv"
    path.write_text("dialogue,human,x\n민수: 3시에 와,3시에 간다,3시에 간다\n", "utf-8")
    assert main(["score", str(path), "--references", "human"]) in (0, None)
    printed = capsys.readouterr().out
    assert "1.000" in printed and rouge.UNICODE_SCORER in printed
    assert "not counted (no capitals)" in printed


ALPHABETS = {
    "Hangul": "가나다라마바사아자차", "Han": "客户要求退款换货鞋", "Kana": "あいうえおカキクケコ",
    "Thai": "กขคงจฉชซฌญ", "Arabic": "ابتثجحخدذر", "Devanagari": "कखगघचछजझटठ",
    "Cyrillic": "абвгдежзик", "Greek": "αβγδεζηθικ", "Hebrew": "אבגדהוזחטי",
    "Latin": "abcdefghij", "accented": "éèêëàâùûôö", "Khmer": "កខគឃងចឆជឈញ",
}  # fmt: skip


@pytest.mark.thorough
@pytest.mark.parametrize("script", ALPHABETS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_nonsense_shares_no_more_than_its_digits(script, data):
    """Words of other letters with the same numbers: only whole numbers may match."""
    half = len(ALPHABETS[script]) // 2
    texts = []
    for letters in (ALPHABETS[script][:half], ALPHABETS[script][half:]):
        words = data.draw(
            st.lists(st.text(letters, min_size=4, max_size=8), min_size=4, max_size=9)
        )
        texts.append(f"{' '.join(words)} 12 345")
    reference, prediction = texts
    found = rouge.rouge_scores([prediction, reference], [[reference]] * 2)
    assert found.loc[0, "rouge1"] <= 2 * 2 / 12 + 1e-9
    assert found.loc[1].to_numpy() == pytest.approx(1)


@pytest.mark.thorough
@settings(max_examples=400, deadline=None)
@given(st.text(st.characters(), max_size=40), st.text(st.characters(), max_size=40))
def test_any_text_is_scored_between_0_and_1(reference, prediction):
    found = rouge.rouge_scores([prediction, reference], [[reference]] * 2).to_numpy()
    assert ((found >= 0) & (found <= 1)).all()
    assert found[1, 0] in (0, 1)
