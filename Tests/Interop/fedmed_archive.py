"""Reads archives of the FedMedCLIP tools: tar archives of .npy arrays, as described in fm-archive(5)."""
import io
import json
import tarfile

import numpy as np


def read(path):
    """Returns the manifest of an archive, and its arrays by name without `.npy`; floats as float32."""
    arrays, manifest = {}, None
    with tarfile.open(path) as tar:
        for member in tar:
            data = tar.extractfile(member).read()
            if member.name == "manifest.json":
                manifest = json.loads(data)
            elif member.name.endswith(".npy"):
                array = np.load(io.BytesIO(data))
                arrays[member.name[:-4]] = array.astype(np.float32) if array.dtype.kind == "f" else array
    return manifest, arrays


def classifier(manifest, arrays, round):
    """Returns the arrays of the newest classifier in a state that is not later than the round."""
    rounds = manifest["rounds"]
    held = [(rounds["latest"], ""), (rounds["previous"], "previous/")]
    if "best" in rounds:
        held.append((rounds["best"], "best/"))
    prefix = max((r, p) for r, p in held if 0 < r <= round)[1]
    return {name[len(prefix):]: a for name, a in arrays.items() if name.startswith(prefix + "mlp/")}
