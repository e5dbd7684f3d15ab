"""Attacks on what leaves a small site, as a reader of these files would mount them. Usage: attack.py FOLDER ALL

ALL is a feature archive whose samples have no split; the tools are on the PATH; FOLDER is a folder for files.

Membership: in each of many runs, half of 100 candidate samples are the site's training samples, at random. From half
of the runs (shadows) the attacker learns how its scores are distributed for each candidate as a member and as a
non-member (LiRA, Carlini et al. 2022, arXiv 2112.03570); on the other half it decides. Scores:

    loss     of the released model on the candidate, minus that of the global model (for updates of FedMedCLIP)
    match    the candidate's own statistics, times the released ones
    span     x' (G + cI)^-1 x, which is near 1 if x is one of few samples that span G

For each release the table shows the best score's rate of true positives at 1 % false positives, in percent, with its
standard error, and the bound of the guarantee, Phi(Phi^-1(0.01) + 1/m).

Reconstruction: the largest cosine between a vector in a release (class sums, leading eigenvectors of G, rows of the
change of FAM's first layer) and a training sample, and between it and samples that were not used.
"""
import hashlib
import io
import json
import math
import os
import subprocess
import sys
import tarfile
from statistics import NormalDist

import numpy as np

CANDIDATES, RUNS, OTHERS = 100, 128, 400
WEIGHTS = (1.0, 1.5, 0.5)  # of second moments, class sums and counts, under differential privacy
DELTA = "1e-5"


def read(path):
    """The manifest of an archive, its other members as bytes, and its arrays."""
    files = {}
    with tarfile.open(path) as tar:
        for member in tar:
            files[member.name] = tar.extractfile(member).read()
    manifest = json.loads(files.pop("manifest.json"))
    arrays = {n[:-4]: np.load(io.BytesIO(b)) for n, b in files.items() if n.endswith(".npy")}
    return manifest, files, arrays


def write(path, manifest, files):
    """Writes an archive with these members."""
    for member in manifest["members"]:
        data = files[member["name"]]
        member["bytes"], member["sha256"] = len(data), hashlib.sha256(data).hexdigest()
    entries = {"manifest.json": (json.dumps(manifest, indent=2) + "\n").encode(), **files}
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


class Samples:
    """All samples, and feature archives of some of them."""

    def __init__(self, path):
        self.manifest, self.files, arrays = read(path)
        self.x, self.y = arrays["features"], arrays["labels"]
        self.lines = self.files["samples.tsv"].decode().splitlines()
        norms = np.linalg.norm(self.x.astype(float), axis=1, keepdims=True)
        self.unit = np.trunc(4096 * self.x / norms) / 4096

    def archive(self, path, rows):
        """Writes the feature archive of a site whose training samples are those in rows."""
        manifest = json.loads(json.dumps(self.manifest))
        manifest["site"], manifest["samples"] = "small", len(rows)
        files = {}
        for name, data in (("features.npy", self.x[rows]), ("labels.npy", self.y[rows])):
            stream = io.BytesIO()
            np.lib.format.write_array(stream, data, version=(1, 0))
            files[name] = stream.getvalue()
        files["text.npy"] = self.files["text.npy"]
        files["samples.tsv"] = "".join(
            line + "\n" for line in [self.lines[0]] + [self.lines[r + 1] for r in rows]).encode()
        files["split.txt"] = b"train\n" * len(rows)
        sizes = {"features.npy": list(self.x[rows].shape), "labels.npy": [len(rows)],
                 "text.npy": None, "samples.tsv": [len(rows) + 1], "split.txt": [len(rows)]}
        known = {m["name"]: m for m in manifest["members"]}
        known["split.txt"] = {"name": "split.txt", "dtype": "text", "shape": []}
        manifest["members"] = [known[name] for name in sizes]
        for member in manifest["members"]:
            member["shape"] = sizes[member["name"]] or member["shape"]
        write(path, manifest, files)

    def statistics(self, rows, classes):
        """Counts, class sums and second moments of samples."""
        hot = np.eye(classes)[self.y[rows]]
        return hot.sum(0), hot.T @ self.unit[rows], self.unit[rows].T @ self.unit[rows]


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def train(folder, rows, samples, model, name):
    """What the site sends: the arrays of its update."""
    path = os.path.join(folder, name)
    samples.archive(path + ".tar", rows)
    run("fm-train-local", "-q", "--min-samples", "1", "--features", path + ".tar", "--state-out", path + ".state", "-o", path + ".up", model)
    arrays = read(path + ".up")[2]
    # Without its ledger, the site draws new noise in the next run.
    run("rm", "-rf", path + ".tar", path + ".tar.ledger", path + ".state", path + ".up")
    return arrays


def unpacked(arrays):
    """Counts, class sums and second moments of an update, as floats."""
    scale = 2.0 ** -24 if arrays["statistics/counts"].dtype.kind == "i" else 1.0
    counts, sums = (scale * arrays["statistics/" + n].astype(float) for n in ("counts", "class_sums"))
    size = sums.shape[1]
    moments = np.zeros((size, size))
    moments[np.triu_indices(size)] = scale * arrays["statistics/second_moments"].astype(float)
    return counts, sums, moments + np.triu(moments, 1).T


def statistic_scores(release, unit, labels):
    """match and span of each candidate [2, N]."""
    counts, sums, moments = release
    a, b, c = (w * w for w in WEIGHTS)
    quadratic = np.einsum("ij,jk,ik->i", unit, moments, unit, optimize=True)
    match = a * quadratic + b * (sums[labels] * unit).sum(1) + c * counts[labels]
    # Negative eigenvalues are noise.
    values, vectors = np.linalg.eigh(moments)
    level = max(-values[0], 1e-3)
    span = ((unit @ vectors) ** 2 / (np.maximum(values, 0) + level)).sum(1)
    return np.stack([match, span])


def fam_loss(fam, x, labels, texts, scale):
    """The cross-entropy of each sample under FAM."""
    def layer(name, value):
        weight = fam[f"fam/{name}.weight"]
        on = np.abs(weight).mean(1) >= fam[f"fam/{name}.threshold"]
        return (value @ weight.T + fam[f"fam/{name}.bias"]) * on
    hidden = layer("layer1", x)
    hidden = (hidden - hidden.mean(1, keepdims=True)) / np.sqrt(hidden.var(1, keepdims=True) + 1e-5)
    attention = layer("layer2", np.maximum(hidden, 0))
    attention = np.exp(attention - attention.max(1, keepdims=True))
    z = attention / attention.sum(1, keepdims=True) * x
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    logits = scale * z @ (texts / np.linalg.norm(texts, axis=1, keepdims=True)).T
    logits -= logits.max(1, keepdims=True)
    return np.log(np.exp(logits).sum(1)) - logits[np.arange(len(x)), labels]


def lira(scores, member):
    """True positives at 1 % false positives, and their standard error: scores and member [runs, N]."""
    half = len(scores) // 2
    shadow, target = scores[:half], scores[half:]
    inside = np.where(member[:half], shadow, np.nan)
    outside = np.where(member[:half], np.nan, shadow)
    # One deviation for all runs, which is steadier with few shadows.
    means = np.nanmean(inside, 0), np.nanmean(outside, 0)
    deviation = np.sqrt((np.nanvar(inside, 0) + np.nanvar(outside, 0)) / 2) + 1e-12
    ratio = ((target - means[1]) ** 2 - (target - means[0]) ** 2) / (2 * deviation ** 2)
    is_member = member[half:]
    return found(ratio, is_member)


def found(scores, member):
    """The rate of true positives at 1 % false positives of one threshold on all scores, and its standard error."""
    rate = (scores[member] > np.quantile(scores[~member], 0.99)).mean()
    return rate, math.sqrt(max(rate * (1 - rate), 1e-4) / member.sum())


def nearest(vectors, samples):
    """The largest cosine between a vector and a sample."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = vectors[norms[:, 0] > 0] / norms[norms > 0][:, None]
    return np.abs(vectors @ samples.T / np.linalg.norm(samples, axis=1)).max()


def main():
    folder, path = sys.argv[1:]
    samples = Samples(path)
    random = np.random.default_rng(1)
    classes = len(samples.manifest["classes"])
    order = random.permutation(len(samples.y))
    candidates, rest = order[:CANDIDATES], order[CANDIDATES:]
    member = np.array([random.permutation(np.arange(CANDIDATES) < CANDIDATES // 2) for _ in range(RUNS)])
    spec = os.path.join(folder, "spec.tar")
    samples.archive(spec, candidates)

    def model(name, *options):
        file = os.path.join(folder, name)
        run("fm-aggregate", "--init", "--like", spec, "--seed", "1", *options, "-o", file)
        return file

    rows = []

    def report(release, epsilon, scores, bound, member_cosine, other_cosine, attack=lira):
        best = max((attack(s, member) for s in scores), key=lambda r: r[0])
        rows.append([release, epsilon, f"{100 * best[0]:.1f}", f"{100 * best[1]:.1f}",
                     "-" if bound is None else f"{100 * bound:.1f}", f"{member_cosine:.2f}", f"{other_cosine:.2f}"])
        print("\t".join(rows[-1]), flush=True)

    print("release\tepsilon\ttrue_positives\terror\tbound\tnearest_member\tnearest_other")
    x = samples.x[candidates].astype(float)
    labels, texts = samples.y[candidates], read(spec)[2]["text"].astype(float)
    scale = samples.manifest["encoder"]["logitScale"]

    # FedMedCLIP: the loss of the update. With noise, the bound is that of (epsilon, delta): exp(epsilon) 0.01 + delta.
    for epsilon in (None, 8, 3, 1):
        options = [] if epsilon is None else [
            "--dp", str(epsilon), "--delta", DELTA, "--dp-samples", str(CANDIDATES // 2), "--dp-rounds", "1"]
        first = model("fedmedclip.tar", "--method", "fedmedclip", "--contrast", "classes", "--hidden", "64",
                      "--local-epochs", "10", *options)
        start = read(first)[2]
        before = fam_loss(start, x, labels, texts, scale)
        losses, near = [], [[], []]
        for number in range(RUNS):
            update = train(folder, candidates[member[number]], samples, first, "site")
            losses.append(before - fam_loss(update, x, labels, texts, scale))
            if number < 8:
                change = (update["fam/layer1.weight"] - start["fam/layer1.weight"]).astype(float)
                near[0].append(nearest(change, x[member[number]]))
                near[1].append(nearest(change, x[~member[number]]))
        name = "none" if epsilon is None else str(epsilon)
        bound = None if epsilon is None else min(1, 0.01 * math.exp(epsilon) + float(DELTA))
        for words, attack in (("update of FedMedCLIP", lira), ("update of FedMedCLIP, one threshold", found)):
            report(words, name, [np.array(losses)], bound, np.mean(near[0]), np.mean(near[1]), attack)

    # Statistics of the site, and their sum with those of two other sites, as the server sees it under secure
    # aggregation: three sites share the noise, each adding half of its variance.
    unit = samples.unit[candidates]
    for epsilon in (None, 8, 3, 1):
        options = [] if epsilon is None else ["--dp", str(epsilon), "--delta", DELTA]
        first = model(f"gaussian-{epsilon}.tar", "--method", "gaussian", *options)
        site, total, near = [], [], [[], []]
        noise, bound = 0.0, None
        if epsilon is not None:
            noise = multiplier(epsilon, float(DELTA))
            bound = NormalDist().cdf(NormalDist().inv_cdf(0.01) + 1 / noise)
        for number in range(RUNS):
            release = unpacked(train(folder, candidates[member[number]], samples, first, "site"))
            site.append(statistic_scores(release, unit, labels))
            own = samples.statistics(candidates[member[number]], classes)
            others = samples.statistics(random.choice(rest, 2 * OTHERS, replace=False), classes)
            summed = [a + b for a, b in zip(own, others)]
            add_noise(summed, noise * math.sqrt(1.5), random)
            total.append(statistic_scores(summed, unit, labels))
            if number < 8:
                vectors = np.concatenate([release[1], np.linalg.eigh(release[2])[1][:, -10:].T])
                near[0].append(nearest(vectors, unit[member[number]]))
                near[1].append(nearest(vectors, unit[~member[number]]))
        name = "none" if epsilon is None else str(epsilon)
        report("statistics of one site", name, np.array(site).transpose(1, 0, 2), bound,
               np.mean(near[0]), np.mean(near[1]))
        report("sum of three sites", name, np.array(total).transpose(1, 0, 2), bound, float("nan"), float("nan"))


def add_noise(statistics, noise, random):
    """Adds continuous noise like that of the tools; it is as good for an attack."""
    delta = noise * math.sqrt(sum(w * w for w in WEIGHTS))
    counts, sums, moments = statistics
    counts += delta / WEIGHTS[2] * random.standard_normal(counts.shape)
    sums += delta / WEIGHTS[1] * random.standard_normal(sums.shape)
    upper = np.triu(random.standard_normal(moments.shape), 1) / math.sqrt(2)
    moments += delta / WEIGHTS[0] * (upper + upper.T + np.diag(random.standard_normal(len(moments))))


def multiplier(epsilon, delta):
    """m for one release, by the conversion of the accountant over many orders."""
    orders = 1 + np.logspace(-2, 3, 4000)
    def spent(m):
        return (orders / (2 * m * m) + np.log1p(-1 / orders) - np.log(delta * orders) / (orders - 1)).min()
    low, high = 0.05, 1000.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (low, middle) if spent(middle) <= epsilon else (middle, high)
    return high


main()
