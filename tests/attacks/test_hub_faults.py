"""Hub faults: refusals, halves, silence, resets, strange certificates, proxies; for each loader."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from conftest import ROOT, write_csv
from hub import serving

from labutils.common.hub import TRIES
from labutils.data import load_splits
from labutils.models import load_model, load_tokenizer, save_model

MODEL, DATASET = "faulty/model", "faulty/dataset"
SHOWN = "Ann: 3 keys, please."

# In a process of its own, because the Hub's address is read when its clients are imported. What is
# tried comes on the command line: kinds, and whether the fault ends in between.
STUDENT = """
import hashlib, json, os, sys, time, urllib.request
from labutils import data, models
from labutils.common.errors import LabError

def weights(model):
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode() + tensor.numpy().tobytes())
    return digest.hexdigest()

LOADERS = {
    "model": lambda: weights(models.load_model("faulty/model")),
    "tokenizer": lambda: models.load_tokenizer("faulty/model")("Ann: 3 keys, please.").input_ids,
    "dataset": lambda: data.load_splits("faulty/dataset"),
}

def outcome(kind):
    start = time.monotonic()
    try:
        return {"loaded": LOADERS[kind](), "seconds": time.monotonic() - start}
    except LabError as error:
        return {"message": str(error), "seconds": time.monotonic() - start}

kinds, heal = sys.argv[1].split(","), sys.argv[2]
found = {"ill": {kind: outcome(kind) for kind in kinds}, "well": {}}
if heal:
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(heal).read()
    found["well"] = {kind: outcome(kind) for kind in kinds}
print(json.dumps(found))
"""

# {fault: (what the message must say of the cause, and of the cure)}
CAUSES = {
    "503": (r"out of order (503)", "Run the same again later"),
    "503-files": (r"out of order (503)", "Run the same again later"),
    "404": ("none of this id, or not for everybody (404)", "Check the id"),
    "429": ("asks to wait 300 s", "HF_TOKEN"),
    "cut": ("breaks off", "Run the same again"),
    "reset": ("breaks off", "Run the same again"),
    "stall": ("fell silent for 7 s", "HF_HUB_DOWNLOAD_TIMEOUT=60"),
    "silent": ("fell silent for 7 s", "HF_HUB_DOWNLOAD_TIMEOUT=60"),
    "longer": ("of another length than announced", "Run the same again"),
    "shorter": ("of another length than announced", "Run the same again"),
    "certificate": ("certificate is not known", "SSL_CERT_FILE"),
    "proxy silent": ("the proxy 127.0.0.1:", "NO_PROXY=huggingface.co"),
    "proxy 407": ("wants a name and a password", "HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT"),
}
KINDS = ("model", "tokenizer", "dataset")
QUICK = {("429", "model"), ("longer", "dataset"), ("503-files", "tokenizer")}


def cases():
    for fault in (*CAUSES, "once"):
        for kind in KINDS:
            marks = () if (fault, kind) in QUICK else pytest.mark.thorough
            yield pytest.param(fault, kind, marks=marks, id=f"{fault}-{kind}")


@pytest.fixture(scope="module")
def folders(base, tmp_path_factory):
    """What the Hub holds: a model, and a dataset large enough to be cut."""
    chats = tmp_path_factory.mktemp("hub") / "chats"
    chats.mkdir()
    for split, count in {"train": 40, "validation": 8, "test": 8}.items():
        rows = [
            {"id": f"{split}_{i}", "dialogue": SHOWN * 5, "summary": f"{i} keys.", "topic": "keys"}
            for i in range(count)
        ]
        write_csv(chats / f"{split}.csv", rows)
    return {("models", MODEL): base, ("datasets", DATASET): chats}


@pytest.fixture(scope="module")
def whole(folders):
    """{kind: what is loaded when nothing is wrong}."""
    return {
        "model": weights_of(folders["models", MODEL]),
        "tokenizer": load_tokenizer(folders["models", MODEL])(SHOWN).input_ids,
        "dataset": load_splits(folders["datasets", DATASET]),
    }


def weights_of(folder):
    """A digest of a model's weights, as STUDENT takes it."""
    digest = hashlib.sha256()
    for name, tensor in sorted(load_model(folder).state_dict().items()):
        digest.update(name.encode() + tensor.numpy().tobytes())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for localhost, with its key."""
    if not (openssl := shutil.which("openssl")):
        pytest.skip("openssl, which makes the certificate, is not here")
    made = tmp_path_factory.mktemp("certificate") / "localhost.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    key = made.with_suffix(".key")
    options = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", made]
    subprocess.run([openssl, "req", "-x509", *options, *subject], check=True, capture_output=True)
    made.write_text(made.read_text() + key.read_text())
    return made


def student(home, kinds, heal="", **environment):
    """What a student's process finds; at most a minute a kind."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if name != "HF_HUB_OFFLINE" and not name.lower().endswith("_proxy")
    }
    done = subprocess.run(
        [sys.executable, "-c", STUDENT, ",".join(kinds), heal],
        cwd=ROOT,
        env={**clean, "HF_HOME": str(home), "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60 * len(kinds) + 120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def attacked(fault, kinds, folders, home, certificate):
    """What a student finds under a fault, and when it has ended; and what lies in the cache."""
    if fault == "certificate":
        with serving(folders, {}, certificate()) as address:
            hub = dict(HF_ENDPOINT=address)
            found = student(home, kinds, **hub)
            found["blobs"] = blobs(home)
            found["well"] = student(home, kinds, SSL_CERT_FILE=str(certificate()), **hub)["ill"]
    elif fault.startswith("proxy"):
        with (
            serving(folders, {}, certificate()) as address,
            serving({}, {"*": fault.split()[1]}) as proxy,
        ):
            hub = dict(HF_ENDPOINT=address, SSL_CERT_FILE=str(certificate()), HTTPS_PROXY=proxy)
            found = student(home, kinds, **hub)
            found["blobs"] = blobs(home)
            found["well"] = student(home, kinds, NO_PROXY="localhost", **hub)["ill"]
    else:
        with serving(folders, {"*": fault}) as address:
            found = student(home, kinds, f"{address}/heal", HF_ENDPOINT=address)
            found["blobs"] = blobs(home)
    return found


def blobs(home):
    """(name, SHA-1) of every file in the cache that counts as whole; the stand-in names them so."""
    files = (home / "hub").glob("*--*/blobs/*")
    return [
        (path.name, hashlib.sha1(path.read_bytes()).hexdigest())
        for path in files
        if not path.name.endswith(".incomplete")
    ]


@pytest.fixture(scope="module")
def outcome(request, folders, tmp_path_factory):
    """A function of a fault: what was found. Faults are tried side by side: they mostly wait."""
    chosen = {}
    for item in request.session.items:
        if item.module is request.module and hasattr(item, "callspec"):
            fault, kind = item.callspec.params["fault"], item.callspec.params["kind"]
            chosen.setdefault(fault, []).append(kind)
    pem = request.getfixturevalue("certificate") if any(map(needs_tls, chosen)) else None
    with ThreadPoolExecutor(4) as pool:
        # The patient ones first.
        order = sorted(chosen, key=lambda fault: "s" not in fault)
        running = {
            fault: pool.submit(
                attacked,
                fault,
                chosen[fault],
                folders,
                tmp_path_factory.mktemp("home"),
                lambda: pem,
            )
            for fault in order
        }
        yield lambda fault: running[fault].result()


def needs_tls(fault):
    return fault == "certificate" or fault.startswith("proxy")


@pytest.mark.parametrize(("fault", "kind"), cases())
def test_a_fault_is_told_and_nothing_of_it_stays(outcome, whole, fault, kind):
    found = outcome(fault)
    ill = found["ill"][kind]
    if fault == "once":
        assert ill.get("loaded") == whole[kind], ill
    else:
        cause, cure = CAUSES[fault]
        assert "message" in ill, f"not refused: {str(ill)[:200]}"
        assert f"The {kind} 'faulty/" in ill["message"]
        assert cause in ill["message"] and cure in ill["message"], ill["message"]
        assert "LAB_TRACK=tiny" in ill["message"] and "\n" not in ill["message"]
    assert all(name == content for name, content in found["blobs"]), "a half file counts as whole"
    assert found["well"][kind].get("loaded") == whole[kind], found["well"][kind]


KEPT = 10 * 2**20  # what the Hub's client writes at once; less of a broken connection is lost


@pytest.mark.thorough
def test_a_large_file_goes_on_where_its_connection_broke_off(base, tmp_path):
    """More often than a request is tried, as each one brings the file further."""
    from transformers import T5Config, T5ForConditionalGeneration

    config = T5Config.from_pretrained(base, vocab_size=175_000)
    model = T5ForConditionalGeneration(config)
    model.lm_head.weight = torch.nn.Parameter(torch.randn(config.vocab_size, config.d_model))
    save_model(model, load_tokenizer(base), folder := tmp_path / "large")
    breaks = (folder / "model.safetensors").stat().st_size // KEPT
    assert breaks > TRIES
    asked_for = []
    with serving({("models", MODEL): folder}, {"*": "pieces"}, asked_for=asked_for) as address:
        found = student(tmp_path / "home", ["model"], HF_ENDPOINT=address)["ill"]["model"]
    assert found.get("loaded") == weights_of(folder), found
    ranges = [asked for name, asked in asked_for if name == "model.safetensors"]
    assert ranges == [None, *(f"bytes={KEPT * i}-" for i in range(1, breaks + 1))]
