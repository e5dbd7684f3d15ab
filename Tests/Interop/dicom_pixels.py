"""Compare the pixels that fm-pixels prints with those of pydicom and DCMTK.

usage: dicom_pixels.py FM-PIXELS [FOLDER ...]

Compares every file in the folders, or those in pydicom's wheel, and prints a line for each: the file, the syntax, the
frames, and pass or the reason why it is not compared. Gray values are compared after modality and VOI transformations,
as brightness of 0 to 1; colors as RGB. Lossy JPEG may differ by 2 of 255 in gray and by 4 in colors. Exits with 1 if a file differs.
"""
import collections, os, subprocess, sys, tempfile, warnings
import numpy, pydicom
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, convert_color_space, pixel_array

warnings.simplefilter("ignore")

def ours(tool, path, frame, full=False):
    out = subprocess.run([tool, path, str(frame)] + (["full"] if full else []), capture_output=True, check=True).stdout
    head, _, data = out.partition(b"\n")
    kind, *rest = head.decode().split(" ", 2)
    if kind == "none": return kind, " ".join(rest)
    shape = tuple(map(int, rest))
    if kind == "gray": return kind, numpy.frombuffer(data).reshape(shape)
    return kind, numpy.frombuffer(data, "u1").reshape(shape + (3,))

def has_window(ds):
    lut = "VOILUTSequence" in ds and len(ds.VOILUTSequence) > 0
    return lut, lut or ("WindowCenter" in ds and "WindowWidth" in ds and ds.WindowCenter is not None and ds.WindowCenter != "")

def reference_gray(ds, frame):
    raw = pixel_array(ds, index=frame)
    values = apply_modality_lut(raw, ds)
    lut, window = has_window(ds)
    if lut:
        depth = ds.VOILUTSequence[0].LUTDescriptor[2]
        shown = apply_voi_lut(values, ds) / (2.0 ** depth - 1)
    elif window:
        shown = apply_voi_lut(values, ds).astype("f8")
        bits = ds.BitsStored
        low, high = (0, 2 ** bits - 1) if ds.PixelRepresentation == 0 else (-2 ** (bits - 1), 2 ** (bits - 1) - 1)
        if "ModalityLUTSequence" in ds and len(ds.ModalityLUTSequence):
            low, high = 0, 2 ** ds.ModalityLUTSequence[0].LUTDescriptor[2] - 1
        elif "RescaleSlope" in ds and "RescaleIntercept" in ds:
            low, high = (float(x) * float(ds.RescaleSlope) + float(ds.RescaleIntercept) for x in (low, high))
        shown = (shown - low) / (high - low)
    else:
        keep = ~padding(ds, raw)
        least, most = (values[keep].min(), values[keep].max()) if keep.any() else (0, 0)
        shown = numpy.clip((values - float(least)) / float(most - least), 0, 1) if most > least else values * 0.0
    return (1 - shown if ds.PhotometricInterpretation == "MONOCHROME1" else shown), padding(ds, raw)

def padding(ds, raw):
    if "PixelPaddingValue" not in ds: return numpy.zeros(raw.shape, bool)
    first = ds.PixelPaddingValue
    last = ds.get("PixelPaddingRangeLimit", first)
    return (raw >= min(first, last)) & (raw <= max(first, last))

def reference_color(ds, frame):
    if ds.PhotometricInterpretation == "PALETTE COLOR":
        colors = apply_color_lut(pixel_array(ds, index=frame), ds)
        return (colors >> 8).astype("u1") if colors.dtype == numpy.uint16 else colors
    colors = pixel_array(ds, index=frame)
    return (colors >> (ds.BitsStored - 8)).astype("u1")

def dcmtk(path, window, syntax):
    program = "dcml2pnm" if syntax.startswith("JPEG-LS") else "dcmj2pnm"
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([program, "+op", "-O", "+Wi" if window else "+Wm"] + (["1"] if window else []) +
                              [path, folder + "/x"], capture_output=True)
        if done.returncode or not os.path.exists(folder + "/x"): return None
        with open(folder + "/x", "rb") as file: data = file.read()
    fields, rest = [], data
    while len(fields) < 4:
        line, _, rest = rest.partition(b"\n")
        fields += line.split(b"#")[0].split()
    if fields[0] != b"P5": return None
    return numpy.frombuffer(rest[:int(fields[1]) * int(fields[2])], "u1").reshape(int(fields[2]), int(fields[1]))

def check(tool, path):
    """Return the syntax, the number of frames, the verdict, and the verdict on DCMTK."""
    try:
        ds = pydicom.dcmread(path, force=True)
        syntax = ds.file_meta.get("TransferSyntaxUID", "") if "file_meta" in ds.__dict__ else ""
        syntax = getattr(syntax, "name", "")
    except Exception as error:
        return "", 0, f"not read by pydicom: {type(error).__name__}", ""
    if "PixelData" not in ds: return syntax, 0, "no pixels", ""
    try: frames = int(ds.get("NumberOfFrames", 1) or 1)
    except ValueError: frames = 1
    verdict, other = "pass", ""
    # Decoders of lossy JPEG round differently, which the conversion to RGB amplifies.
    tolerance = 4 if syntax.startswith(("JPEG Baseline", "JPEG Extended")) else 0
    for frame in range(frames):
        kind, mine = ours(tool, path, frame)
        if kind == "none": return syntax, frames, f"not read here: {mine}", ""
        try:
            if kind == "gray": theirs, hidden = reference_gray(ds, frame)
            else: theirs = reference_color(ds, frame)
        except Exception as error:
            return syntax, frames, f"not decoded by pydicom: {str(error).splitlines()[0][:60]}", ""
        if mine.shape != theirs.shape: return syntax, frames, f"DIFFERENT shape {mine.shape} {theirs.shape}", ""
        if kind == "gray":
            worst = numpy.abs(mine - theirs)[~hidden].max(initial=0)
            if not worst <= tolerance / 2 / 255 + 1e-9: return syntax, frames, f"DIFFERENT by {worst:.3g} of 1", ""
            if hidden.any(): verdict = f"pass ({hidden.mean():.0%} padding)"
            if frame == 0:
                shown = dcmtk(path, has_window(ds)[1], syntax)
                if shown is None or shown.shape != mine.shape: other = "not decoded"
                else:
                    apart = numpy.abs(shown.astype(int) - mine * 255)[~hidden].max(initial=0)
                    other = "pass" if apart <= 1 else f"by {apart:.0f} of 255"
        else:
            apart = numpy.abs(mine.astype(int) - theirs.astype(int)).max()
            if apart > tolerance: return syntax, frames, f"DIFFERENT by {apart} of 255", ""
    return syntax, frames, verdict, other

def main():
    tool, folders = sys.argv[1], sys.argv[2:]
    if not folders: folders = [os.path.join(os.path.dirname(pydicom.__file__), "data")]
    paths = sorted(os.path.join(place, name) for folder in folders for place, _, names in os.walk(folder)
                   for name in names if not name.endswith((".py", ".pyc", ".txt", ".json", ".dump", ".icc", ".gz")))
    counts = collections.Counter()
    print("file\tsyntax\tframes\tpydicom\tdcmtk")
    for path in paths:
        syntax, frames, verdict, other = check(tool, path)
        counts[verdict.split(" ")[0].rstrip(":")] += 1
        print(os.path.basename(path), syntax, frames, verdict, other, sep="\t", flush=True)
    print(dict(counts), file=sys.stderr)
    sys.exit(1 if counts["DIFFERENT"] else 0)

main()
