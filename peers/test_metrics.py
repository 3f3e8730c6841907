"""src/metrics against scikit-learn, sacrebleu and rouge-score (requirements-metrics.txt): run.py --suite metrics"""

import json

import metrics_cases
from run import same


def test_metrics(context):
    """200 cases of labels, of texts and of nearest words each: equal to 1e-6."""
    wrong, note = metrics_cases.compare(metrics_cases.make_cases())
    if wrong:
        raise AssertionError(f"{len(wrong)} figures differ: {'; '.join(wrong[:3])}")
    return note


def test_golden(context):
    """The committed golden file is what these libraries give."""
    kept, made = json.loads((context.golden / "metrics.json").read_text()), json.loads(metrics_cases.golden_text())
    same(kept["cases"], made["cases"], "cases of metrics.json")
    wrong, apart = metrics_cases.differences(kept["expected"], made["expected"])
    same(wrong, [], "metrics.json")
    return f"at most {apart:.1e} apart"
