"""A method is data: one entry makes another run, and its settings decide where that run lies."""

import pytest
from conftest import made
from peft import IA3Config, PromptEncoderConfig

from labutils.common.errors import LabError
from labutils.engine import make_run
from labutils.methods import ZERO_SHOT, Method
from labutils.runs import plain
from labutils.settings import LoraSettings, TrainingSettings

SHORT = TrainingSettings(epochs=0.2, batch_size=4, validations=1)


def test_another_kind_of_adapter_is_one_entry(track, no_training_twice):
    ia3 = Method("ia3", SHORT, IA3Config(task_type="SEQ_2_SEQ_LM"))
    run = make_run(ia3, track)
    record = run.record
    assert record["name"] == "ia3" and record["settings"]["adapter"]["peft_type"] == "IA3"
    assert 0 < record["trainable_parameters"] < 0.02 * record["total_parameters"]
    assert (run.model_folder / "adapter_model.safetensors").is_file()
    # peft writes into a config that it is given; the method must be found again all the same.
    assert make_run(ia3, track).folder == run.folder
    no_training_twice(1)


@pytest.fixture
def no_training_twice(monkeypatch):
    """A function that tells whether so many trainings took place."""
    from labutils import engine

    trained, fine_tune = [], engine.fine_tune

    def counted(*args, **options):
        trained.append(1)
        return fine_tune(*args, **options)

    def check(expected):
        assert len(trained) == expected

    monkeypatch.setattr(engine, "fine_tune", counted)
    return check


def test_a_variant_differs_in_what_it_was_asked_for(track):
    lora = track.lora
    other = lora.variant("lora-rank-1", adapter={"rank": 1}, epochs=0.5)
    assert (other.name, other.adapter.rank, other.training.epochs) == ("lora-rank-1", 1, 0.5)
    assert other.adapter.targets == lora.adapter.targets
    assert other.training.learning_rate == lora.training.learning_rate
    assert lora.variant() == lora and lora.variant().settings() == lora.settings()


def test_methods_of_other_settings_leave_other_runs(lab):
    same, other = made("full", lab.track), lab.track.full.variant(learning_rate=5e-3)
    run = make_run(other, lab.track)
    assert run.folder != same.folder and run.record["settings"]["training"]["learning_rate"] == 5e-3


def test_settings_are_plain_values_in_every_record(track):
    assert ZERO_SHOT.settings() == {}
    found = plain(track.lora.settings())
    assert found["adapter"]["targets"] == list(track.lora.adapter.targets)
    config = IA3Config(task_type="SEQ_2_SEQ_LM", target_modules={"k", "v", "wo"})
    assert plain(Method("ia3", SHORT, config).settings())["adapter"]["target_modules"] == [
        "k",
        "v",
        "wo",
    ]


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Method(""), "Method.name is ''"),
        (lambda: Method("a/b", SHORT), "Method.name is 'a/b'"),
        (lambda: Method("lora", adapter=LoraSettings()), "'lora' has an adapter, but no training"),
        (lambda: Method("x", SHORT).variant(epochs=-1), "TrainingSettings.epochs is -1"),
        (lambda: Method("x", SHORT).variant(adapter={"rank": 1}), "'x' has no LoraSettings"),
        (lambda: ZERO_SHOT.variant(epochs=1), "'zero-shot' trains nothing"),
        (lambda: Method("x", SHORT, rule=len), "'x' is trained, or has a rule"),
        (
            lambda: Method("x", SHORT, LoraSettings()).variant(adapter={"rank": 0}),
            "LoraSettings.rank is 0",
        ),
    ],
)
def test_a_method_that_cannot_be_is_refused(make, message):
    with pytest.raises(LabError, match=message.replace("(", r"\(")):
        make()


def test_tokens_that_a_network_makes_are_refused_before_the_work(track):
    config = PromptEncoderConfig(task_type="SEQ_2_SEQ_LM", num_virtual_tokens=4)
    with pytest.raises(LabError, match="PromptEncoderConfig is not fitted to encoder-decoders"):
        make_run(Method("p-tuning", SHORT, config), track)
