"""Reads archives of the FedMedCLIP tools, as fm-archive(5) describes them: a tar of .npy arrays."""
import io
import json
import tarfile

import numpy as np


def read(path):
    """The manifest and the arrays of an archive, by their names without `.npy`; float32."""
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
    """The classifier in a state that belongs to the model of a round: the newest that is not newer."""
    rounds = manifest["rounds"]
    held = [(rounds["latest"], ""), (rounds["previous"], "previous/")]
    if "best" in rounds:
        held.append((rounds["best"], "best/"))
    prefix = max((r, p) for r, p in held if 0 < r <= round)[1]
    return {name[len(prefix):]: a for name, a in arrays.items() if name.startswith(prefix + "mlp/")}
