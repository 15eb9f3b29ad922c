# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a listener hears over bad lines, as numbers: PESQ-WB, STOI, PLCMOS v2, mouth-to-ear delay.

Speech files go through t/bench/media_quality (encoder, simulated line, receiver, in virtual time);
this script compares what comes out with what went in and prints one row per line.
"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import soundfile
from pesq import PesqError, pesq
from pystoi import stoi
from scipy.signal import resample_poly
from speechmos import plcmos

RATE = 48000
PIECE = 8.0  # seconds of speech for one score
GAP = 0.4    # seconds of silence between files
WINDOW = 0.32  # seconds of one measurement of the delay
SETTLE = 5.0   # seconds at the beginning in which the delay of narrow lines is not counted


def load(paths):
    """All files one after the other, 48 kHz mono, each at the same loudness."""
    parts = []
    for path in paths:
        if path.endswith(".raw"):
            x, rate = np.fromfile(path, dtype="<i2").astype(np.float64) / 32768, 16000
        else:
            x, rate = soundfile.read(path, dtype="float64")
        if x.ndim > 1:
            x = x[:, 0]
        if rate != RATE:
            x = resample_poly(x, RATE, rate)
        loud = np.sqrt(np.mean(x[np.abs(x) > 0.01 * np.max(np.abs(x))] ** 2))
        parts += [x * min(0.07 / loud, 0.9 / np.max(np.abs(x))), np.zeros(int(GAP * RATE))]
    return np.concatenate([np.zeros(int(GAP * RATE))] + parts)


def delays(reference, heard):
    """Delay in ms of each window with voice, measured by correlation, independently of the buffer's own figure."""
    a = resample_poly(reference, 1, 6)
    b = resample_poly(heard, 1, 6)
    rate = RATE // 6
    size, step, most = int(WINDOW * rate), int(WINDOW * rate / 2), int(0.9 * rate)
    floor = 0.1 * np.sqrt(np.mean(a ** 2))
    out = []
    for at in range(0, len(a) - size, step):
        x = a[at:at + size]
        y = b[at:at + size + most]
        if len(y) < size + most or np.sqrt(np.mean(x ** 2)) < floor:
            continue
        n = 1 << (len(y) + size).bit_length()
        c = np.fft.irfft(np.fft.rfft(y, n) * np.conj(np.fft.rfft(x, n)), n)[:most]
        energy = np.concatenate([[0], np.cumsum(y ** 2)])
        energy = energy[size:size + most] - energy[:most]
        c = c / np.sqrt(np.sum(x ** 2) * energy + 1e-9)
        best = int(np.argmax(c))
        if c[best] > 0.55:
            out.append((at / rate, 1000.0 * best / rate))
    return out


def dropout(reference, heard, delay):
    """Longest time in ms without sound while the speaker was speaking (in steps of 20 ms)."""
    step = RATE // 50
    shift = int(delay * RATE / 1000)
    n = min(len(reference), len(heard) - shift) // step
    a = np.sqrt(np.mean(reference[:n * step].reshape(n, step) ** 2, axis=1))
    b = np.sqrt(np.mean(heard[shift:shift + n * step].reshape(n, step) ** 2, axis=1))
    longest = run = 0
    for x, y in zip(a, b):
        run = run + 1 if x > 0.02 and y < 0.05 * x else 0
        longest = max(longest, run)
    return 20 * longest


def high_band(x):
    """Power of 12 to 20 kHz in dB."""
    spectrum = np.abs(np.fft.rfft(x)) ** 2
    hz = np.fft.rfftfreq(len(x), 1 / RATE)
    return 10 * np.log10(np.sum(spectrum[(hz >= 12000) & (hz < 20000)]) + 1e-9)


def score(reference, heard, measure_mos, settle):
    found = delays(reference, heard)
    middle = float(np.median([d for _, d in found])) if found else 0.0
    scores = {"pesq": [], "stoi": [], "plcmos": []}
    size = int(PIECE * RATE)
    starts = range(0, max(1, len(reference) - size // 2), size)
    for at in starts:
        near = [d for t, d in found if at <= t * RATE < at + size]
        shift = int((np.median(near) if near else middle) * RATE / 1000)
        x = resample_poly(reference[at:at + size], 1, 3)
        y = resample_poly(heard[at + shift:at + shift + size], 1, 3)
        n = min(len(x), len(y))
        try:
            scores["pesq"].append(pesq(16000, x[:n], y[:n], "wb"))
        except PesqError:
            scores["pesq"].append(1.0)
        scores["stoi"].append(stoi(x[:n], y[:n], 16000))
        if measure_mos:
            z = np.clip(y[:n], -1, 1)
            scores["plcmos"].append(plcmos.run(z, 16000)["plcmos"])
    if os.environ.get("WZP_QUALITY_PIECES"):
        print(" ".join(f"{v:.2f}" for v in scores["pesq"] + scores["plcmos"]), file=sys.stderr)
    result = {name: float(np.mean(values)) if values else 0.0 for name, values in scores.items()}
    values = np.array([d for t, d in found if t >= settle] or [0.0])
    result["d50"] = float(np.percentile(values, 50))
    result["d95"] = float(np.percentile(values, 95))
    result["dropout"] = dropout(reference, heard, middle)
    result["band"] = high_band(heard) - high_band(reference)
    return result


def one(job):
    program, line, seed, mode, plan, raw, measure_mos, keep = job
    reference = np.fromfile(raw, dtype="<i2").astype(np.float64) / 32768
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(keep or folder, f"{line}-{seed}.raw")
        trace = os.path.join(keep or folder, f"{line}-{seed}.csv")
        text = subprocess.run([program, "--line", line, "--seed", str(seed), "--mode", mode, *(["--plan", plan] if plan else []), "--in", raw, "--out", out,
                               "--trace", trace], check=True, capture_output=True, text=True).stdout
        heard = np.fromfile(out, dtype="<i2").astype(np.float64) / 32768
    narrow = line.startswith(("link", "down"))
    result = score(reference, heard, measure_mos, SETTLE if narrow else 0.0)
    for row in text.splitlines():
        entry = json.loads(row)
        result[entry["name"].removeprefix(f"media_quality_{line}_")] = entry["value"]
    return line, result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/t/bench/media_quality")
    parser.add_argument("--lines", help="comma separated; all otherwise")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--mode", default="call", choices=["call", "fixed", "plain"])
    parser.add_argument("--plan", help="with --mode fixed: codec,bitrate,frame ms,fec,expected loss,DRED units,copies (bits)")
    parser.add_argument("--no-mos", action="store_true", help="leave out PLCMOS, the slowest measure")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--keep", help="folder for the decoded sound and the traces")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("files", nargs="+", help="speech: wav, flac, or raw 16 bit at 16 kHz")
    options = parser.parse_args()
    known = subprocess.run([options.program, "--list"], check=True, capture_output=True, text=True).stdout.split()
    wanted = options.lines.split(",") if options.lines else known
    with tempfile.TemporaryDirectory() as folder:
        raw = os.path.join(folder, "speech.raw")
        sound = load(options.files)
        np.round(np.clip(sound, -1, 1) * 32767).astype("<i2").tofile(raw)
        jobs = [(options.program, line, seed, options.mode, options.plan, raw, not options.no_mos, options.keep)
                for line in wanted for seed in range(1, options.seeds + 1)]
        results = {}
        with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
            for line, result in pool.map(one, jobs):
                results.setdefault(line, []).append(result)
                if len(results[line]) == options.seeds:
                    mean = {key: float(np.mean([r[key] for r in results[line]])) for key in results[line][0]}
                    show(line, mean, options.json)


HEAD = False


def show(line, m, as_json):
    global HEAD
    if as_json:
        print(json.dumps({"line": line, **{k: round(v, 3) for k, v in m.items()}}), flush=True)
        return
    if not HEAD:
        print("line          pesq  stoi plcmos  d50  d95 drop band | loss%   5s+ kbps copy dred fec conc late skip buffer", flush=True)
        HEAD = True
    print(f"{line:12s} {m['pesq']:5.2f} {m['stoi']:5.3f} {m['plcmos']:6.2f} {m['d50']:4.0f} {m['d95']:4.0f} "
          f"{m['dropout']:4.0f} {m['band']:+4.0f} | {m['sent_loss']:5.1f} {m['settled_loss']:5.1f} {m['payload']:4.1f} {m['rebuilt_copies']:4.0f} {m['rebuilt_dred']:4.0f} "
          f"{m['rebuilt_fec']:3.0f} {m['concealed']:4.0f} {m['late']:4.0f} {m['skipped']:4.0f} {m['buffer']:4.0f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
