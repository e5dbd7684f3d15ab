"""The work of the tools in PyTorch, for `round`: each command is a process that reads and writes files.

usage: rival.py FOLDER COMMAND FILE ...   FOLDER holds fedmedclip_torch.py, the method in PyTorch

  train SITE          trains a local epoch on SITE/features.npy, labels.npy and text.npy, from SITE/../model.pt
                      if it exists; writes SITE/model.pt and SITE/update.pt
  evaluate SITE       predicts with SITE/model.pt and prints the accuracy
  compress UPDATE     writes UPDATE in half precision, compressed, to UPDATE.z
  decompress UPDATE.z reverses this
  mean MODEL UPDATE ...   writes the mean of the updates to MODEL
"""
import io
import os
import sys
import zlib

import numpy as np
import torch

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
sys.path.insert(0, sys.argv[1])
command, path, *more = sys.argv[2:]


def site():
    import fedmedclip_torch as method

    x, y, text = (
        torch.tensor(np.load(f"{path}/{name}.npy").astype(kind))
        for name, kind in (("features", np.float32), ("labels", np.int64), ("text", np.float32))
    )
    fam, mlp = method.FAM(x.shape[1]), method.MLP(x.shape[1], 512, len(text))
    return method, fam, mlp, x, y, text


if command == "train":
    method, fam, mlp, x, y, text = site()
    if os.path.exists(f"{path}/../model.pt"):
        fam.load_state_dict(torch.load(f"{path}/../model.pt"))
    groups = [{"params": fam.parameters(), "lr": 5e-4}, {"params": mlp.parameters(), "lr": 1e-4}]
    step = torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.02, fused=True)
    for batch in torch.randperm(len(x)).split(32):
        if len(batch) == 32:
            loss, *_ = method.losses(fam, mlp, x[batch], y[batch], text)
            step.zero_grad()
            loss.backward()
            step.step()
    torch.save([fam.state_dict(), mlp.state_dict()], f"{path}/model.pt")
    torch.save(fam.state_dict(), f"{path}/update.pt")
elif command == "evaluate":
    method, fam, mlp, x, y, text = site()
    for module, state in zip((fam, mlp), torch.load(f"{path}/model.pt")):
        module.load_state_dict(state)
        module.eval()
    print((method.predict(fam, mlp, x, text)[0].argmax(1) == y).float().mean().item())
elif command == "compress":
    half = {name: value.half() for name, value in torch.load(path).items()}
    buffer = io.BytesIO()
    torch.save(half, buffer)
    with open(f"{path}.z", "wb") as file:
        file.write(zlib.compress(buffer.getvalue()))
elif command == "decompress":
    with open(path, "rb") as file:
        half = torch.load(io.BytesIO(zlib.decompress(file.read())))
    torch.save({name: value.float() for name, value in half.items()}, f"{path}.pt")
else:
    sums = None
    for update in more:
        state = torch.load(update)
        if sums is None:
            sums = {name: torch.zeros(value.shape) for name, value in state.items()}
        for name, value in state.items():
            sums[name] += value.float() / len(more)
    torch.save(sums, path)
