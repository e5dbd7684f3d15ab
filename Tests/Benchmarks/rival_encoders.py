"""Time the forward pass of CLIP's vision tower in PyTorch, ONNX Runtime or OpenVINO on a Linux CPU.

usage: rival_encoders.py --checkpoint DIR --library openvino --precision bfloat16 --threads 1

DIR holds a CLIPModel in Hugging Face layout. Needs torch and transformers; for ONNX Runtime also onnx
and onnxruntime, for OpenVINO all of these and openvino. The timing covers random float32 pixels to
projected embeddings; --batch 0, the default, tries 1, 4, 8, 16 and 32. --variant picks another way than
the first in VARIANTS. --cache keeps exported models by the name of DIR: empty it when the weights
change. Standard error has a line on every run, standard output a TSV table with the fastest.
"""
import argparse, os, re, sys, time, numpy
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

VARIANTS = {
    "torch": {"float32": ["mkldnn", "eager", "compile"], "int8": ["onednn", "x86"],
              "bfloat16": ["compile-autocast", "compile-convert", "eager-convert", "eager-autocast"]},
    "onnxruntime": {"float32": ["float32"], "int8": ["QInt8-channel", "QInt8-tensor", "QUInt8-channel"]},
    "openvino": dict.fromkeys(("float32", "bfloat16", "int8"), ["THROUGHPUT", "LATENCY"])}

def random_pixels(batch):
    return numpy.random.default_rng(0).standard_normal((batch, 3, 224, 224), dtype="float32")

def load_tower(checkpoint):
    import transformers
    config = transformers.CLIPConfig.from_pretrained(checkpoint)
    config.vision_config.projection_dim = config.projection_dim  # its own may be wrong: CLIPModel ignores it
    return transformers.CLIPVisionModelWithProjection.from_pretrained(
        checkpoint, config=config.vision_config, dtype="float32").eval().requires_grad_(False)

def torch_runner(args, variant, batch):
    import torch, torch.ao.quantization as quantization, torch.utils.mkldnn
    torch.set_num_threads(args.threads)
    model = load_tower(args.checkpoint)
    if variant == "mkldnn":  # gives the linear layers to oneDNN rather than MKL
        model = torch.utils.mkldnn.to_mkldnn(model)
    elif variant.endswith("convert"):
        model = model.bfloat16()  # it converts the pixels itself
    elif args.precision == "int8":
        torch.backends.quantized.engine = variant
        model = quantization.quantize_dynamic(model, {torch.nn.Linear: quantization.per_channel_dynamic_qconfig})
    def forward(pixels):
        with torch.autocast("cpu", torch.bfloat16, enabled=variant.endswith("autocast")):
            return model(pixels).image_embeds.float()
    if variant.startswith("compile"):  # needs a C++ compiler; freezing, set below, packs the weights
        forward = torch.compile(forward, dynamic=False)
    return torch.no_grad()(lambda pixels: forward(torch.from_numpy(pixels)).numpy()), torch.__version__

def onnx_model(args, variant):
    kind = variant if args.library == "onnxruntime" else "static" if args.precision == "int8" else "float32"
    plain, path = (Path(args.cache, f"{Path(args.checkpoint).resolve().name}-{k}.onnx") for k in ("float32", kind))
    if not plain.exists():
        import torch
        plain.parent.mkdir(parents=True, exist_ok=True)
        torch.onnx.export(load_tower(args.checkpoint), (torch.zeros(2, 3, 224, 224),), plain, dynamo=False,
                          input_names=["pixels"], output_names=["embeddings"], dynamic_axes={"pixels": {0: "batch"}})
    if not path.exists():
        from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_dynamic, quantize_static
        if kind == "static":  # for OpenVINO, which would run a dynamically quantized model in float32
            class Calibration(CalibrationDataReader):  # random images: the ranges do not affect the speed
                get_next = iter([{"pixels": random_pixels(2)}, None]).__next__
            quantize_static(plain, path, Calibration(), op_types_to_quantize=["MatMul", "Gemm"], per_channel=True,
                            extra_options={"ActivationSymmetric": True, "MatMulConstBOnly": True})
        else:
            quantize_dynamic(plain, path, ["MatMul", "Gemm"], per_channel=kind.endswith("channel"),
                             reduce_range=False, weight_type=QuantType[kind.split("-")[0]])
    return path

def onnxruntime_runner(args, variant, batch):
    import onnxruntime as ort
    options = ort.SessionOptions()  # all graph optimizations are on by default
    options.intra_op_num_threads, options.inter_op_num_threads = args.threads, 1
    session = ort.InferenceSession(onnx_model(args, variant), options, providers=["CPUExecutionProvider"])
    return lambda pixels: session.run(["embeddings"], {"pixels": pixels})[0], ort.__version__

def openvino_runner(args, variant, batch):
    import openvino
    model = openvino.Core().read_model(onnx_model(args, variant))
    model.reshape({"pixels": [batch, 3, 224, 224]})  # it plans better when it knows the batch
    request = openvino.compile_model(model, "CPU", {
        "INFERENCE_NUM_THREADS": args.threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": variant,
        "INFERENCE_PRECISION_HINT": "f32" if args.precision == "float32" else "bf16"}).create_infer_request()
    return lambda pixels: request.infer([pixels], share_inputs=True)["embeddings"], openvino.__version__

def measure(args, variant, batch):
    run, version = globals()[args.library + "_runner"](args, variant, batch)
    pixels, count = random_pixels(batch), -(-args.images // batch)
    run(pixels)  # to warm up
    cpu, start = time.process_time(), time.perf_counter()
    for _ in range(count):
        run(pixels)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    speed = round(batch * count / seconds, 2)
    peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024
    print(f"{variant}, batch {batch}: {speed} images/s, {peak} MB, {cpu / seconds:.2f} cores busy", file=sys.stderr)
    return args.library, version.split("-")[0], args.precision, args.threads, batch, speed, peak

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--checkpoint", "--library", "--precision"):
        parser.add_argument(name, required=True)
    for name, default in {"threads": 1, "images": 64, "batch": 0, "cache": "rival-cache", "variant": ""}.items():
        parser.add_argument("--" + name, type=type(default), default=default)
    args = parser.parse_args()
    variants = VARIANTS.get(args.library, {}).get(args.precision) or parser.error("no such library or precision")
    variant = args.variant or variants[0]
    for name in {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"} & os.environ.keys():
        del os.environ[name]
    threads = f"{args.threads}"
    os.environ |= {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "TORCHINDUCTOR_FREEZING": "1"}
    os.environ |= {"PYTHONWARNINGS": "ignore", "TRANSFORMERS_VERBOSITY": "error", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    # Every step gets a fresh process: it reads the settings above as it loads its library, and neither
    # the export nor an earlier batch size counts towards its peak memory.
    with ProcessPoolExecutor(1, max_tasks_per_child=1) as pool:
        if args.library != "torch":
            pool.submit(onnx_model, args, variant).result()
        sizes = [args.batch] if args.batch else [1, 4, 8, 16, 32]
        best = max((pool.submit(measure, args, variant, size).result() for size in sizes), key=lambda row: row[5])
    print("library\tversion\tprecision\tthreads\tbatch\timages_per_second\tpeak_rss_mb")
    print(*best, sep="\t")
