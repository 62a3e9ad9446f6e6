"""The notebooks tried as a person would: opened in JupyterLab, run, moved, clicked, looked at."""

import io
from pathlib import Path

from PIL import Image, ImageOps

PICTURE = Path(__file__).resolve().parents[2] / "artifacts" / "screenshots" / "demo.png"

CHAT = """#Person1#: Hello, this is Mara. My Nordtel router drops the line every evening.
#Person2#: I am sorry. Since when?
#Person1#: Since Tuesday.
#Person2#: A technician can come on Friday at 10.
#Person1#: Thank you, that suits me."""
MARKUP = '<img src=x onerror="window.flag = 1">'


def changed(box, before, seconds=30):
    """Wait until what a box shows is neither what it was nor a note that work goes on."""
    box.page.wait_for_function(
        """([box, before]) => box.innerText.trim() && box.innerText !== before
            && !box.innerText.includes("writing ...")""",
        arg=[box.element_handle(), before],
        timeout=seconds * 1000,
    )
    return box.inner_text()


def move(slider, times=3):
    """Move a slider as the keyboard does."""
    slider.focus()
    for _ in range(times):
        slider.press("ArrowRight")


def check_outputs(notebook):
    """No cell ended in an error, and every picture has a text alternative."""
    page = notebook.page
    errors = page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']")
    assert errors.count() == 0, errors.first.inner_text()
    bare = page.locator(".jp-OutputArea img:not([alt])").count()
    assert bare == 0, f"{bare} pictures without a text alternative"


def test_notebook_1_runs_and_its_widgets_react(open_notebook):
    notebook = open_notebook("01_zero_shot_baseline")
    notebook.run_all()
    check_outputs(notebook)

    browser = notebook.cell("dialogue_browser(")
    box = browser.locator(".widget-html-content").first  # the playground has one, too
    before = box.inner_text()
    move(browser.locator(".noUi-handle"))
    assert changed(box, before) != before

    playground = notebook.cell("prompt_playground(track")
    answer = playground.locator(".widget-html-content").last
    playground.get_by_role("button", name="Summarize").click()
    first = changed(answer, "")
    assert "tokens" in first
    playground.locator("textarea").first.fill(CHAT)
    playground.get_by_role("button", name="Summarize").click()
    assert changed(answer, first) != first
    notebook.screenshots()


def test_the_demo_answers_a_typed_chat_and_runs_nothing_that_is_in_it(open_notebook):
    notebook = open_notebook("instructor_demo")
    notebook.run_all(60)
    check_outputs(notebook)
    asked = notebook.cell("answers_widget(demo)")
    chat, references = asked.locator("textarea").all()
    button = asked.get_by_role("button", name="Summarize")
    page = asked.locator(".widget-html-content").last

    def summaries(before):
        button.press("Enter")  # as without a mouse
        changed(page, before)
        return page.locator("div[style*=grid] > div").all_inner_texts()

    first = summaries("")
    size = notebook.page.viewport_size
    notebook.page.set_viewport_size(size | {"height": 1400})  # else JupyterLab's status is on it
    picture = asked.locator(".widget-vbox").screenshot()
    notebook.page.set_viewport_size(size)
    chat.fill(CHAT)
    references.fill("")
    second = summaries(page.inner_text())
    assert [text.split()[0] for text in second] == ["zero-shot", "full", "lora"]
    assert all("live in" in text for text in second)
    assert all(old != new for old, new in zip(first, second))

    chat.fill(f"{CHAT}\n#Person2#: {MARKUP}")
    references.fill(f"Mara's line drops. {MARKUP}")
    assert len(summaries(page.inner_text())) == 3
    assert MARKUP in page.inner_text() and MARKUP in chat.input_value()
    assert page.locator("img").count() == 0
    assert notebook.page.evaluate("window.flag") is None
    keep_picture(picture)


def test_the_demos_sliders_move_what_is_shown(open_notebook):
    notebook = open_notebook("instructor_demo")
    notebook.run_all(60)
    for name in ("steps_widget(demo)", "forgetting_widget(demo)"):
        cell = notebook.cell(name)
        box = cell.locator(".widget-html-content").last
        before = box.inner_text()
        move(cell.locator(".noUi-handle"), 4)
        assert changed(box, before) != before
    notebook.screenshots()


def keep_picture(png):
    """The picture for README, small enough for a repository."""
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    _, _, right, bottom = ImageOps.invert(picture).getbbox()  # without what is blank beside it
    picture.crop((0, 0, right + 2, bottom)).quantize(64).save(PICTURE, optimize=True)
