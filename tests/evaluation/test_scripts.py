"""Texts of any script are scored by their words, by a tokenizer that every caption names."""

import re

import evaluate
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from labutils.common.errors import LabError
from labutils.evaluation import bertscore, rouge, scripts
from labutils.evaluation.evaluate_metrics import DIALOGUE_ROUGE
from labutils.evaluation.fact_report import fact_report
from labutils.evaluation.failures import count_failures, failures, longest_copy, numbers
from labutils.evaluation.rouge import SCORER, UNICODE_SCORER, rouge_scores
from labutils.views.diagrams import word_links
from labutils.views.marking import marked_html
from labutils.views.scores import score_tables

KOREAN = "고객은 3월 12일에 주문한 신발을 환불해 달라고 요청했다."
NONSENSE = "나무가 3개 흔들리고 12마리 고양이들이 조용히 지붕으로 올라간다."

SAME_HALF_NONE = {
    "Korean": (KOREAN, "고객은 3월 12일에 주문한 가방을 반품하고 싶어 했다.", NONSENSE),
    "Chinese": ("客户要求退款。", "客户要求换货。", "天上飘着雪花"),
    "Japanese": ("お客様は返金を求めた。", "お客様は交換を望む。", "雪がしきり"),
    "Thai": ("ลูกค้าขอเงินคืน", "ลูกค้าขอเปลี่ยน", "หมู"),
    "Arabic": ("طلب العميل استرداد المبلغ", "طلب العميل تغيير الموعد", "السماء زرقاء والبحر هادئ"),
    "Hindi": ("ग्राहक ने धनवापसी माँगी", "ग्राहक ने जूते बदले", "आसमान नीला दिखता है"),
    "Russian": ("Клиент просит вернуть деньги", "Клиент просит обменять товар", "Идёт снег"),
    "Vietnamese": ("khách hàng muốn được hoàn tiền", "khách hàng muốn đổi giày", "vẽ cá về chợ"),
    "Hebrew": ("הלקוח ביקש החזר כספי", "הלקוח ביקש להחליף נעליים", "שלג יורד"),
    "Greek": ("Ο πελάτης ζητά χρήματα", "Ο πελάτης αλλάζει παπούτσια", "χιονίζει έξω"),
}


@pytest.mark.parametrize("language", SAME_HALF_NONE)
def test_the_same_text_scores_1_half_of_it_between_and_nonsense_nothing(language):
    same, half, none = SAME_HALF_NONE[language]
    found = rouge_scores([same, half, none], [[same]] * 3)
    assert found.loc[0].tolist() == [1, 1, 1, 1]
    assert 0.3 < found.loc[1, "rouge1"] < 0.8 and found.loc[1, "rouge2"] > 0
    assert found.loc[2, "rouge1"] < 0.01
    assert rouge.scorer_of([[same]]) == UNICODE_SCORER


def test_korean_nonsense_with_the_same_digits_is_no_summary():
    assert RougeScorer(["rouge1"]).score(KOREAN, "나무 3 고양이 12")["rouge1"].fmeasure == 1
    found = rouge_scores(["나무 3 고양이 12", NONSENSE], [[KOREAN]] * 2)
    assert found["rouge1"].max() == 0  # 12 and 12일에 are two words


@pytest.mark.parametrize(
    "text, words",
    [
        ("고객은 3개를", ["고객은", "3개를"]),
        ("退款3元, iPhone", ["退", "款", "3", "元", "iphone"]),
        ("サービスは", ["サ", "ー", "ビ", "ス", "は"]),
        ("ที่นี้", ["ที่", "นี้"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("٣ رسائل", ["3", "رسائل"]),
        ("Straße, CAFÉ", ["strasse", "café"]),
    ],
)
def test_words_keep_their_marks_and_scripts_without_spaces_give_characters(text, words):
    assert scripts.words(text) == words


@pytest.mark.parametrize(
    "one, other",
    [
        ("한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"),  # written as single letters
        ("café", "cafe\u0301"),
        ("ＡＢＣ１２", "abc12"),
        ("ｶﾞ", "ガ"),
        ("१२", "12"),
        ("می\u200cخواهم", "میخواهم"),
        ("\u200fשלום\u200f", "שלום"),
        ("ΛΌΓΟΣ", "λόγος"),
    ],
)
def test_one_word_in_two_encodings_is_one_word(one, other):
    assert scripts.words(one) == scripts.words(other) != []


LATIN = st.text(
    st.sampled_from("abcdeéüßABCSING0129 .,!?#'\n-é“”") | st.characters(max_codepoint=126)
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(LATIN, LATIN), min_size=1, max_size=4))
def test_latin_scores_are_rouge_scores_own(pairs):
    own = RougeScorer(rouge.METRICS, use_stemmer=True)
    predictions, references = zip(*pairs)
    texts = [[text] for text in references]
    found = rouge.rouge_of_references(predictions, texts, scorer=SCORER)
    for place, (prediction, reference) in enumerate(pairs):
        lines = [re.sub(r"(?<=[.!?])\s+(?=\S)", "\n", text.strip())
                 for text in (reference, prediction)]  # fmt: skip
        expected = own.score(*lines)
        fmeasures = [expected[metric].fmeasure for metric in rouge.METRICS]
        assert found[place][0] == pytest.approx(fmeasures, abs=1e-9)


@pytest.mark.parametrize(
    "texts, scorer",
    [
        (
            ["Anna books a table at the café."],
            SCORER,
        ),
        (["Anna calls — “again”, she says…"], SCORER),
        (["Le client préfère être remboursé."], UNICODE_SCORER),
        (["Der Kunde möchte fünf Schuhe zurückgeben."], UNICODE_SCORER),
        (["Anna calls the bank.", "Anna calls 안녕."], SCORER),
        (["Anna calls the bank.", KOREAN], UNICODE_SCORER),
        (["#Person1#은 #Person2#에게 환불을 요청한다."], UNICODE_SCORER),
        (["١٢٣"], UNICODE_SCORER),
        (["123", "?!", "🙂"], SCORER),
        ([], SCORER),
    ],
)
def test_the_references_choose_the_tokenizer(texts, scorer):
    assert rouge.scorer_of([texts]) == scorer


def test_one_tokenizer_reads_a_whole_file_and_its_caption_names_it():
    references = [[KOREAN], ["She books two tables."]]
    report = rouge.score({"one": [NONSENSE, "She booked a table."]}, references)
    assert report["scorer"] == UNICODE_SCORER in score_tables(report)[0].attrs["caption"]
    # No stemmer, in a row that is English alone either: book and booked are two words.
    assert rouge_scores(["booked"], [["books"]]).loc[0, "rouge1"] == 1
    assert rouge_scores(["", "booked"], [[KOREAN], ["books"]]).loc[1, "rouge1"] == 0
    report = rouge.score({"one": ["She booked a table."]}, [["She books two tables."]])
    assert report["scorer"] == SCORER in score_tables(report)[0].attrs["caption"]


def test_references_of_one_another_are_read_by_the_files_tokenizer():
    # The dialogues with two references are English alone.
    texts = [["books"], [KOREAN], ["booked", "books"]]
    assert rouge.reference_scores(texts)["mean"].loc[0, "rouge1"] == 0
    report = rouge.score({"one": ["a"] * 3}, texts)
    assert report["references"]["rouge1"]["mean"] == 0


def test_an_answer_in_another_script_is_not_scored_on_its_digits():
    found = rouge_scores(["Анна придёт в 10:30 завтра утром"], [["Anna comes at 10:30"]])
    assert found.loc[0, "rouge1"] == pytest.approx(2 * 2 / (7 + 5))


def test_the_evaluate_metric_scores_and_says_the_same():
    metric = evaluate.load(DIALOGUE_ROUGE)
    found = metric.compute(predictions=[KOREAN, NONSENSE], references=[[KOREAN]] * 2)
    assert found["rouge1"] == 0.5
    assert SCORER in metric.inputs_description and UNICODE_SCORER in metric.inputs_description


@pytest.mark.parametrize(
    "text, lines",
    [
        ("退款了。他很高兴！“好吗？”她说。", ["退款了。", "他很高兴！", "“好吗？”她说。"]),
        ("ग्राहक आया। वह गया।", ["ग्राहक आया।", "वह गया।"]),
        ("هل جاء؟ نعم", ["هل جاء؟", "نعم"]),
        ("고객이 왔다. 갔다.", ["고객이 왔다.", "갔다."]),
    ],
)
def test_sentences_of_other_scripts_end_too(text, lines):
    assert rouge.one_sentence_a_line(text).split("\n") == lines


def test_numbers_are_the_same_in_the_digits_of_any_script():
    for text in ("1,200", "１，２００", "١٬٢٠٠", "१२००"):
        assert numbers(text) == {"1200"}, text
    assert not failures("يدفع 45 دولارا", "العميل: ٤٥ دولارا")["new_numbers"]
    assert failures("يدفع 46 دولارا", "العميل: ٤٥ دولارا")["new_numbers"]
    assert not failures("Person1은 3개", "#Person1#: 3개")["new_numbers"]


def test_names_are_not_counted_where_scripts_have_no_capitals():
    found = count_failures(["민수가 왔다."], ["지영: 누가 왔어요?"])
    assert found["new_names"] is None and found["new_numbers"] == 0
    assert count_failures(["Сказали, что пришёл Иван."], ["Анна: кто там?"])["new_names"] == 1
    assert count_failures(["ის მოვიდა"], ["ანა: ვინ მოვიდა?"])["new_names"] is None  # Georgian
    report = rouge.score({"one": ["민수가 왔다."]}, [["왔다."]], dialogues=["지영: 누가 왔어요?"])
    assert report["systems"]["one"]["new_names"] is None
    cells = score_tables(report)[-1]["one"]
    assert cells["have names not in the dialogue"] == "not counted (no capitals)"
    assert cells["have numbers not in the dialogue"] == "0.0%"


def test_a_latin_name_with_a_korean_particle_is_known():
    assert not failures("고객은 Samsung은 쓴다", "고객: Samsung을 써요")["new_names"]
    assert failures("고객은 Nokia를 쓴다", "고객: Samsung을 써요")["new_names"]


def test_copies_loops_and_lengths_are_counted_in_characters_without_spaces():
    dialogue = "客户：我要退款，鞋子太小了。\n客服：好的。"
    found = failures("客户：我要退款，鞋子太小了", dialogue)
    assert found["copied"] and found["continues_dialogue"] and not found["repeats"]
    assert not failures("客户要求客服退款，客服说好。", dialogue)["repeats"]
    assert failures("客户要求退款因为鞋子太小" * 2, dialogue)["repeats"]
    assert longest_copy("他说鞋子太小", dialogue) == 4
    assert count_failures(["客户要求退款。"])["words"] == 6
    assert failures("\u200b\u200d \ufeff")["empty"] and not failures("好")["empty"]


def test_the_fact_score_and_bert_score_are_kept_to_english():
    with pytest.raises(LabError, match="reads English.*--facts"):
        fact_report({}, [[KOREAN]], ids=["a"], dialogues=["b"], facts={})
    (remark,) = bertscore.add_bert_scores({}, {"one": [KOREAN]}, [[KOREAN]])
    assert "English" in remark


def test_shared_words_are_marked_and_drawn_in_any_script():
    assert marked_html("고객은 간다", ["고객은 온다"]).startswith("<b><u>고객은</u></b> ")
    assert "<b><u>退</u></b><b><u>款</u></b>了" in marked_html("退款了", ["要退款"])
    assert "?</mark>" in marked_html("고객은 ３개", [], "고객: 2개")
    assert word_links("고객은 오늘 간다", "고객은 어제 간다")[0] == [(0, 0), (2, 2)]
