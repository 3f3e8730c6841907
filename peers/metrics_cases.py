"""Figures as scikit-learn, sacrebleu and rouge-score give them, on random cases (requirements-metrics.txt).

    python peers/metrics_cases.py             compares tools/metrics.ts with them
    python peers/metrics_cases.py --golden    writes tests/golden/metrics.json

Ties, labels that never occur, cases of a single label and answers that are no label (-1) are drawn often.
"""

import argparse
import json
import random
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import CHRF
from scipy.optimize import brentq
from scipy.special import softmax
from sklearn import metrics as sk
from sklearn.calibration import _TemperatureScaling, calibration_curve
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden" / "metrics.json"
COUNTS = {"labels": 200, "texts": 200, "words": 200}
KEPT = {"labels": 30, "texts": 40, "words": 20}
BINS = 15
LOW, HIGH = 0.01, 100.0

WORDS = (
    "the a I you card my has not arrived yet where is money back Transfer fee exchange rate don't can't 24/7 e-mail café naïve Straße "
    "zażółć gęślą привет мир 你好世界 今天天气很好 こんにちは สวัสดีชาวโลก नमस्ते 😀 👩‍💻 İstanbul K KELVIN x_y snake_case 2026 ½ Ⅷ e\u0301t\u00e9 A.B.C. (hi) \"so\""
).split(" ")
JOINS = [" ", " ", " ", "", "  ", "\n", "\t", ", ", ". ", "\u3000", "\u200b", "\ufeff", "\x1c", "\x85", "\u00a0"]


def sentence(r, most):
    return "".join(r.choice(WORDS) + r.choice(JOINS) for _ in range(r.randrange(most + 1)))


def altered(r, text):
    kind = r.randrange(5)
    if kind == 0:
        return text
    if kind == 1:
        return sentence(r, 14)
    characters = list(text)
    for _ in range(r.randrange(1, 6)):
        at = r.randrange(len(characters) + 1)
        if kind == 2 and characters:
            del characters[at % len(characters)]
        elif kind == 3:
            characters.insert(at, r.choice(WORDS))
        else:
            characters = characters[at:] + characters[:at]
    return "".join(characters)


def label_case(r):
    classes = r.choice([1, 2, 2, 3, 4, 6])
    rows = r.choice([1, 2, 3, 8, 20, 40])
    there = r.sample(range(classes), r.randrange(1, classes + 1))
    truth = [r.choice(there) for _ in range(rows)]
    strength = r.choice([0, 0.5, 0.9, 1])
    others = r.choice([list(range(classes)), list(range(-1, classes)), [-1], [r.randrange(classes)]])
    predicted = [t if r.random() < strength else r.choice(others) for t in truth]
    probability, scores = [], []
    for t in truth:
        parts = [r.randrange(5) for _ in range(classes)]
        parts[t] += round(strength * r.randrange(8))
        rest = 20 - sum(parts)
        parts[r.randrange(classes)] += max(rest, 0)
        total = sum(parts)
        probability += [part / total for part in parts]
        own = [r.randrange(-40, 1) / 4 for _ in range(classes)]
        own[t] += round(strength * r.randrange(24)) / 4
        scores += own
    return {"classes": classes, "truth": truth, "predicted": predicted, "probability": probability, "logScores": scores}


def text_case(r):
    references = [sentence(r, 14) for _ in range(r.randrange(1, 5))]
    return {"references": references, "hypotheses": [altered(r, text) for text in references]}


def word_case(r):
    classes = r.randrange(1, 5)
    words = r.sample(WORDS, r.randrange(1, len(WORDS)))
    text = lambda: " ".join(r.choice(words) for _ in range(r.randrange(1, 9)))
    train = [{"text": text(), "label": r.randrange(classes)} for _ in range(r.randrange(1, 16))]
    return {"train": train, "classes": classes, "questions": [text() for _ in range(4)] + ["", "nothing-of-this zzz"]}


def make_cases(counts=COUNTS, seed=0):
    r = random.Random(seed)
    makers = {"labels": label_case, "texts": text_case, "words": word_case}
    return {kind: [maker(r) for _ in range(counts[kind])] for kind, maker in makers.items()}


def temperature_of(scores, truth):
    """What scikit-learn's scaling finds, made exact where its derivative has a zero; at the bounds where that lies beyond."""
    rows = np.arange(len(truth))

    def slope(beta):
        p = softmax(beta * scores, axis=1)
        return float(np.sum(p * (scores - scores[rows, truth][:, None])))

    if slope(1 / HIGH) >= 0:
        return HIGH
    if slope(1 / LOW) <= 0:
        return LOW
    beta = brentq(slope, 1 / HIGH, 1 / LOW, xtol=1e-14, rtol=1e-14)
    found = float(_TemperatureScaling().fit(scores, truth).beta_)
    # It minimises by values of the loss, which are flat around the least: some 1e-4 from where the derivative is 0.
    assert abs(np.log(found) - np.log(beta)) < 1e-4, (found, beta)
    return 1 / beta


def of_labels(case):
    classes, truth, predicted = case["classes"], np.array(case["truth"]), np.array(case["predicted"])
    labels = list(range(classes))
    occur = sorted((set(case["truth"]) | set(case["predicted"])) - {-1})
    probability = np.array(case["probability"]).reshape(-1, classes)
    scores = np.array(case["logScores"]).reshape(-1, classes)
    precision, recall, f1, support = sk.precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0)
    per_class = [
        {"precision": p, "recall": q, "f1": f, "support": int(s)} for p, q, f, s in zip(precision, recall, f1, support)
    ]
    sides = [np.unique(truth == c).size == 2 for c in labels]
    areas = [float(sk.roc_auc_score(truth == c, probability[:, c])) if sides[c] else None for c in labels]
    known = [area for area in areas if area is not None]
    macro = sum(known) / len(known) if known else None
    if classes > 2 and all(sides):
        own = sk.roc_auc_score(truth, probability, multi_class="ovr", average="macro", labels=labels)
        assert abs(own - macro) < 1e-12
    confidence = probability.max(axis=1)
    correct = (probability.argmax(axis=1) == truth).astype(int)
    share, mean = calibration_curve(correct, confidence, n_bins=BINS, pos_label=1)
    edges = np.linspace(0, 1, BINS + 1)
    at = np.searchsorted(edges[1:-1], confidence)
    filled = sorted(set(at.tolist()))
    bins = [
        {"from": edges[i], "to": edges[i + 1], "count": int(np.sum(at == i)), "confidence": m, "accuracy": a}
        for i, m, a in zip(filled, mean, share, strict=True)
    ]
    return {
        "accuracy": sk.accuracy_score(truth, predicted),
        "balancedAccuracy": sk.balanced_accuracy_score(truth, predicted),
        "macroF1": sk.f1_score(truth, predicted, labels=occur, average="macro", zero_division=0),
        "perClass": per_class,
        "count": len(truth),
        "confusion": sk.confusion_matrix(truth, predicted, labels=[*labels, -1])[:classes].reshape(-1).tolist(),
        "rocAuc": {"perClass": areas, "macro": macro},
        "ece": sum(b["count"] * abs(b["confidence"] - b["accuracy"]) for b in bins) / len(truth),
        "bins": bins,
        "softmax": softmax(scores / 2, axis=1).reshape(-1).tolist(),
        "temperature": temperature_of(scores, truth),
    }


def of_texts(case):
    chrf, rouge = CHRF(), RougeScorer(["rougeL"], use_stemmer=False)
    pairs = list(zip(case["references"], case["hypotheses"]))
    return {
        "chrf": [chrf.sentence_score(hypothesis, [reference]).score for reference, hypothesis in pairs],
        "corpusChrf": chrf.corpus_score(case["hypotheses"], [case["references"]]).score,
        "rougeL": [rouge.score(reference, hypothesis)["rougeL"].fmeasure for reference, hypothesis in pairs],
    }


def of_words(case):
    texts, labels = [row["text"] for row in case["train"]], [row["label"] for row in case["train"]]
    most = DummyClassifier(strategy="most_frequent").fit([[0]] * len(labels), labels).predict([[0]])[0]
    vectorizer = TfidfVectorizer()
    try:
        known = vectorizer.fit_transform(texts)
        likeness = (vectorizer.transform(case["questions"]) @ known.T).toarray()
    except ValueError:  # no text has a word
        likeness = np.zeros((len(case["questions"]), len(texts)))
    # The first of those that are alike but for rounding.
    nearest = [labels[int(np.argmax(row >= row.max() - 1e-9))] for row in likeness]
    return {"majority": int(most), "nearest": nearest}


def expected(cases):
    warnings.filterwarnings("ignore")
    of = {"labels": of_labels, "texts": of_texts, "words": of_words}
    return {kind: [of[kind](case) for case in cases[kind]] for kind in of}


def differences(found, want, path=""):
    """Every place where two results are further apart than 1e-6, and the largest difference of numbers."""
    if isinstance(want, dict) and isinstance(found, dict) and found.keys() == want.keys():
        parts = [differences(found[key], want[key], f"{path}.{key}") for key in want]
    elif isinstance(want, list) and isinstance(found, list) and len(found) == len(want):
        parts = [differences(f, w, f"{path}[{i}]") for i, (f, w) in enumerate(zip(found, want))]
    elif isinstance(want, (int, float)) and isinstance(found, (int, float)):
        apart = abs(found - want)
        return ([] if apart <= 1e-6 else [f"{path}: {found}, expected {want}"]), apart
    else:
        return ([] if found == want else [f"{path}: {found}, expected {want}"]), 0.0
    return [line for lines, _ in parts for line in lines], max([apart for _, apart in parts], default=0.0)


def compare(cases):
    """(lines that differ, a note)"""
    command = ["node", "--import", "tsx", str(ROOT / "tools" / "metrics.ts")]
    ran = subprocess.run(command, input=json.dumps(cases), capture_output=True, text=True, cwd=ROOT, check=False)
    if ran.returncode != 0:
        raise RuntimeError(ran.stderr)
    wrong, apart = differences(json.loads(ran.stdout), expected(cases))
    return wrong, f"{', '.join(f'{len(v)} {k}' for k, v in cases.items())}; at most {apart:.1e} apart"


def golden_text():
    cases = make_cases(KEPT, 1)
    body = {"cases": cases, "expected": expected(cases)}
    return json.dumps(body, ensure_ascii=True, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--golden", action="store_true")
    if parser.parse_args().golden:
        GOLDEN.write_text(golden_text())
    else:
        lines, note = compare(make_cases())
        print("\n".join([*lines[:20], note]))
        sys.exit(1 if lines else 0)
