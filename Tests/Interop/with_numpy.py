"""Predicts with a model in NumPy, written only from fedmedclip(7), and compares with fm-eval.

usage: with_numpy.py MODEL FEATURES STATE PREDICTIONS
PREDICTIONS is the output of `fm-eval predict --split all --features FEATURES --state STATE --predictions-out`.
"""
import sys

import numpy as np

import fedmed_archive


def masked_linear(parameters, name, x):
    w, b, k = (parameters[f"{name}.{part}"].astype(np.float64) for part in ("weight", "bias", "threshold"))
    mask = np.abs(w).mean(axis=1) >= k
    if mask.mean() < 0.01:
        mask = np.abs(w).mean(axis=1) >= 0
    return x @ (w * mask[:, None]).T + b * mask


def relu(x):
    return np.maximum(x, 0)


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)


def entropy(p):
    return -(p * np.log(np.maximum(p, 1e-12))).sum(axis=1, keepdims=True)


def adapted(fam, features):
    h = masked_linear(fam, "fam/layer1", features)
    h = (h - h.mean(axis=1, keepdims=True)) / np.sqrt(h.var(axis=1, keepdims=True) + 1e-5)
    attention = softmax(masked_linear(fam, "fam/layer2", relu(h)))
    return unit(attention * features)


def local(mlp, z):
    for i in (1, 2, 3):
        z = masked_linear(mlp, f"mlp/layer{i}", z)
        norm = {part: mlp[f"mlp/norm{i}.{part}"] for part in ("weight", "bias", "mean", "variance")}
        z = relu((z - norm["mean"]) / np.sqrt(norm["variance"] + 1e-5) * norm["weight"] + norm["bias"])
    return softmax(masked_linear(mlp, "mlp/layer4", z))


def predict(model, features, mlp, scale):
    z = adapted(model, features["features"].astype(np.float64))
    visual = softmax(scale * z @ unit(features["text"].astype(np.float64)).T)
    own = local(mlp, z)
    share = entropy(visual) / (entropy(visual) + entropy(own) + 1e-12)
    return {"fam": visual, "mlp": own, "probabilities": share * own + (1 - share) * visual}


def compare(results, expected):
    worst = 0
    for name, values in results.items():
        difference = np.abs(values - expected[name]).max()
        print(f"{name}\t{difference:.1e}")
        worst = max(worst, difference)
    sys.exit(0 if worst < 1e-5 else 1)


if __name__ == "__main__":
    (manifest, model), (_, features), state, (_, expected) = map(fedmed_archive.read, sys.argv[1:5])
    mlp = fedmed_archive.classifier(*state, manifest["round"])
    compare(predict(model, features, mlp, manifest["encoder"]["logitScale"]), expected)
