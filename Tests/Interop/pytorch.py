"""Loads a model into PyTorch modules and compares its predictions with fm-eval.

usage: pytorch.py MODEL FEATURES STATE PREDICTIONS   (as for with_numpy.py; requires PyTorch)
"""
import sys

import torch
from torch import nn
from torch.nn.functional import normalize

import fedmed_archive
from with_numpy import compare


class MaskedLinear(nn.Linear):
    def __init__(self, arrays, name):
        weight = torch.from_numpy(arrays[f"{name}.weight"])
        super().__init__(weight.shape[1], weight.shape[0])
        self.threshold = nn.Parameter(torch.from_numpy(arrays[f"{name}.threshold"]))
        self.weight.data = weight
        self.bias.data = torch.from_numpy(arrays[f"{name}.bias"])

    def forward(self, x):
        mean = self.weight.abs().mean(dim=1)
        mask = (mean >= self.threshold).float()
        if mask.mean() < 0.01:
            mask = (mean >= 0).float()
        return nn.functional.linear(x, self.weight * mask[:, None], self.bias * mask)


class FAM(nn.Module):
    def __init__(self, arrays):
        super().__init__()
        self.layer1, self.layer2 = (MaskedLinear(arrays, f"fam/layer{i}") for i in (1, 2))
        self.norm = nn.LayerNorm(self.layer1.out_features, elementwise_affine=False)

    def forward(self, x):
        attention = self.layer2(self.norm(self.layer1(x)).relu()).softmax(dim=1)
        return normalize(attention * x)


class MLP(nn.Sequential):
    def __init__(self, arrays):
        layers = []
        for i in (1, 2, 3):
            norm = nn.BatchNorm1d(len(arrays[f"mlp/norm{i}.weight"]))
            for ours, theirs in (("weight", norm.weight), ("bias", norm.bias), ("mean", norm.running_mean),
                                 ("variance", norm.running_var)):
                theirs.data = torch.from_numpy(arrays[f"mlp/norm{i}.{ours}"])
            layers += [MaskedLinear(arrays, f"mlp/layer{i}"), norm, nn.ReLU()]
        super().__init__(*layers, MaskedLinear(arrays, "mlp/layer4"))


def entropy(p):
    return -(p * p.clamp(min=1e-12).log()).sum(dim=1, keepdim=True)


if __name__ == "__main__":
    (manifest, model), (_, features), state, (_, expected) = map(fedmed_archive.read, sys.argv[1:5])
    fam, mlp = FAM(model).eval(), MLP(fedmed_archive.classifier(*state, manifest["round"])).eval()
    with torch.no_grad():
        z = fam(torch.from_numpy(features["features"]))
        scale = manifest["encoder"]["logitScale"]
        visual = (scale * z @ normalize(torch.from_numpy(features["text"])).T).softmax(dim=1)
        local = mlp(z).softmax(dim=1)
        share = entropy(visual) / (entropy(visual) + entropy(local) + 1e-12)
        both = share * local + (1 - share) * visual
    compare({"fam": visual.numpy(), "mlp": local.numpy(), "probabilities": both.numpy()}, expected)
