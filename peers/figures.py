"""Figures of `real_exports.py`: what was asked, what was found, and whether that is enough."""

import numpy as np

# By format; "reference" are those that all of them rest on.
FIGURES = {}
PART = ["reference"]


def figure(what, limit, found, ok):
    FIGURES.setdefault(PART[0], []).append({"what": what, "limit": limit, "found": found, "ok": bool(ok)})
    print(f"{'ok  ' if ok else 'FAIL'} {what}: {found} ({limit})", flush=True)


def near(what, apart, limit):
    """The furthest word; written so that NaN fails."""
    apart = np.concatenate(apart) if isinstance(apart, list) else apart
    furthest = float(apart.max()) if len(apart) else float("nan")
    figure(what, "no limit" if limit is None else f"{limit:.0e}".replace("e-0", "e-"), f"{furthest:.1e}", limit is None or furthest <= limit)


def nine_of_ten(apart):
    return np.sort(apart)[: max(1, int(0.9 * len(apart)))]


def nearest_half(apart):
    return np.sort(apart)[: len(apart) // 2]


def as_near(what, runner, torch_own, limit=1e-4):
    """
    How far a runner in f32 is from the same computed in f64, beside how far PyTorch in f32 is from that: where the limit cannot be kept by PyTorch
    either, a runner is held to twice of what PyTorch is off. [words] each, in nats.
    """
    own, found = float(torch_own.max()), float(runner.max())
    allowed = max(limit, 2 * own)
    asked = f"{limit:.0e}".replace("e-0", "e-") if allowed == limit else f"twice PyTorch's {own:.1e}"
    figure(f"{what}, from the same in f64 (PyTorch in f32: {own:.1e})", asked, f"{found:.1e}", found <= allowed)


def all_of(what, found, of):
    figure(what, f"{of} of {of}", f"{found} of {of}", of > 0 and found == of)


def no_warning(what, told, more=()):
    """Warnings to whoever calls, and tensors that were missing or left over."""
    said = [*(str(one.message) for one in told if issubclass(one.category, UserWarning)), *map(str, more)]
    figure(f"{what}: loads without a warning", "none", said[0][:120] if said else "none", not said)
