# make lab           run the notebooks and print the comparison (installs first)
# make test          style, unit tests, every notebook under nbval (installs first)
# make test-browser  try the notebooks and the app with a headless Chromium
# make bench         time training and generation beside what people use today
# make attack        try to break the lab in a thousand ways, and count what held
# make colab         run every notebook on a simulated Colab
# make jupyter       open the first notebook in JupyterLab
# make instructor    build the notebooks with solutions and teaching notes, in artifacts/instructor
# make demo          open the instructor's demo in JupyterLab
# make slides        write the demo as a reveal.js deck into artifacts/slides
# make clean         delete artifacts/ and .venv
# make notebooks, make picture, make data: for maintainers, see CONTRIBUTING.md

PYTHON ?= python3
VENV ?= .venv
REQUIREMENTS ?= requirements.txt
BIN := $(VENV)/bin
# nbval starts from an empty folder, so that the notebooks train instead of loading earlier runs;
# on few rows, as it asks whether every cell runs, not what comes out; and in the lessons' order,
# as a notebook loads what one before it trained.
TEST_ARTIFACTS ?= $(CURDIR)/artifacts/test
# A test process a core, each with one thread: threads of two that share the cores would spin.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest -n logical --dist loadfile --durations=10

.PHONY: lab test unit nbval browser test-browser bench attack colab jupyter instructor demo slides notebooks picture data clean help

help:
	@sed -n -e '/^# /!q' -e 's/^# //p' Makefile

$(VENV)/installed: $(REQUIREMENTS) pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; try: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r $(REQUIREMENTS)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

lab: $(VENV)/installed
	$(BIN)/python -m labutils run

test: $(VENV)/installed unit nbval

# 130 MB that only `labutils export` and `--report-to tensorboard` need.
$(VENV)/exports: tests/exports.txt $(VENV)/installed
	$(BIN)/pip install --quiet --disable-pip-version-check -r tests/exports.txt
	touch $@

unit: $(VENV)/exports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy
	$(PYTEST) tests

nbval: $(VENV)/installed
	rm -rf $(TEST_ARTIFACTS)
	LAB_TRACK=tiny LAB_TRAIN_ROWS=40 LAB_TEST_DIALOGUES=12 LAB_ARTIFACTS=$(TEST_ARTIFACTS) \
	  $(PYTEST) --no-loadscope-reorder --nbval-lax --nbval-current-env \
	  --nbval-cell-timeout=900 -p no:cacheprovider notebooks

bench: $(VENV)/installed
	$(BIN)/python -m tools.bench

attack: $(VENV)/installed
	$(BIN)/python -m tools.attack

colab: $(VENV)/installed
	$(BIN)/python -m tools.colab

# Playwright drives the system's Chromium, which is installed here if that can be done.
browser: $(VENV)/installed
	$(BIN)/pip install --quiet --disable-pip-version-check -r tests/browser/requirements.txt
	tests/browser/chromium.sh >/dev/null

test-browser: browser
	$(PYTEST) tests/browser -p no:cacheprovider

jupyter: $(VENV)/installed
	$(BIN)/jupyter lab --ip=127.0.0.1 $(JUPYTER_OPTIONS) notebooks/01_zero_shot_baseline.ipynb || { \
	  [ "$$(id -u)" != 0 ] || echo "This is root, for whom JupyterLab does not start: be another user, or," \
	    "in a container that nobody else can reach, make jupyter JUPYTER_OPTIONS=--allow-root"; exit 1; }

instructor: $(VENV)/installed
	$(BIN)/python -m labutils instructor

demo: $(VENV)/installed
	$(BIN)/python -m labutils demo

slides: $(VENV)/installed
	$(BIN)/python -c 'from labutils.notebooks import write_slides; print(write_slides("artifacts/slides"))'

notebooks: $(VENV)/installed
	$(BIN)/python -m tools.publishing

picture: test-browser
	cp artifacts/screenshots/demo.png data/results/demo.png

data: $(VENV)/installed
	$(BIN)/python -m tools.makers.support_chats
	$(BIN)/python -m tools.makers.tasks

clean:
	rm -rf artifacts $(VENV)
