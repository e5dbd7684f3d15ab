"""Recomputes a head in closed form from the sites' features with scikit-learn, and its predictions with NumPy,
written only from the manual, and compares them with the tools' model, state and predictions.

usage: gaussian.py MODEL STATE PREDICTIONS SITE_FEATURES OTHER_FEATURES ..."""
import sys
import tarfile

import numpy as np

from fedmed_archive import read


def unit(x):
    x = x.astype(np.float64)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def largest_error(name, ours, theirs, tolerance):
    error = np.abs(ours - theirs).max() / np.abs(theirs).max()
    print(f"{name}: {error:.1e}")
    if error > tolerance:
        sys.exit(f"{name}: the error exceeds {tolerance}")


manifest, model = read(sys.argv[1])
_, state = read(sys.argv[2])
_, predictions = read(sys.argv[3])
u, y, own = [], [], None
for path in sys.argv[4:]:
    features, arrays = read(path)
    if features["site"] == "Global":
        continue
    with tarfile.open(path) as tar:
        splits = np.array(tar.extractfile("split.txt").read().decode().split())
    if own is None:
        own = unit(arrays["features"])
    u.append(unit(arrays["features"])[splits == "train"])
    y.append(arrays["labels"][splits == "train"])
u, y = np.vstack(u), np.concatenate(y)
z = (u - model["mean"]) / model["scale"]
parameters = manifest["parameters"]
if parameters["head"] != "nb":
    try:
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
        from sklearn.linear_model import Ridge
    except ImportError:
        print("scikit-learn is not installed: the head is not compared")
    else:
        if parameters["head"] == "lda":
            lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=parameters["shrinkage"]).fit(z, y)
            largest_error("weight", model["weight"], lda.coef_, 1e-4)
            bias = lda.intercept_ - np.log(lda.priors_)
            largest_error("bias", model["bias"], bias, 1e-4)
        else:
            # Try all penalties of the grid, because the chosen one is not stored in the model.
            errors = []
            for penalty in 10 ** np.arange(-4, 1.01, 0.25):
                ridge = Ridge(alpha=penalty * len(y)).fit(z, np.eye(len(model["prior"]))[y])
                errors.append(np.abs(model["weight"] - ridge.coef_).max() / np.abs(ridge.coef_).max())
            print(f"weight: {min(errors):.1e}")
            if min(errors) > 1e-4:
                sys.exit("weight: no penalty gives this weight")

scores = (own - model["mean"]) / model["scale"] @ model["weight"].T + model["bias"]
t, prior = state["personal/temperature"], state["personal/prior"]
ridge = parameters["head"] == "ridge"
shared = model["temperature"] * scores + (0 if ridge else np.log(model["prior"]))
site = t * scores + np.log(prior) - (np.log(model["prior"]) if ridge else 0)
v = (own - state["residual/mean"]) / state["residual/scale"]
personal = site + v @ state["residual/weight"].T + state["residual/bias"]
for name, logits in [("shared", shared), ("prior", site), ("probabilities", personal)]:
    largest_error(name, predictions[name], softmax(logits), 1e-5)
