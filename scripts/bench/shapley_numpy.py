"""Exact Shapley values by enumeration of all coalitions, vectorised over rows and coalitions of one record, with the model's own
k-NN. A peer of `npm run bench -- --only explain`.

shapley_numpy.py MODEL.json INPUT.csv: prints seconds (without interpreter start and input) and the values of each row.
"""

import csv
import json
import math
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402

with open(sys.argv[1]) as file:
    model = json.load(file)
with open(sys.argv[2]) as file:
    rows = [[float(cell) for cell in row[1 : 1 + len(model["features"])]] for row in list(csv.reader(file))[1:]]

players = len(model["features"])
training = np.array(model["training"], dtype=np.float32)
labels = np.array(model["labels"])
order = np.argsort(labels, kind="stable")
training, benign = training[order], int((labels == 0).sum())
k, epsilon, slope, intercept = (model[name] for name in ("k", "epsilon", "slope", "intercept"))
masks = np.arange(1, 2**players)
members = ((masks[None, :] >> np.arange(players)[:, None]) & 1).astype(np.float32)
sizes = [bin(mask).count("1") for mask in range(2**players)]
weights = [1 / (players * math.comb(players - 1, size)) for size in range(players)]
pairs = [[mask for mask in range(2**players) if not mask >> player & 1] for player in range(players)]
pairs = [(np.array(without), np.array([weights[sizes[mask]] for mask in without])) for without in pairs]


def explain(sample):
    distances = (np.abs(training - sample) @ members) / ((training + sample) @ members)
    means = [np.partition(part, k - 1, axis=0)[:k].mean(axis=0, dtype=np.float64) for part in (distances[:benign], distances[benign:])]
    score = np.log((means[0] + epsilon) / (means[1] + epsilon))
    values = np.concatenate(([1 - benign / len(labels)], 1 / (1 + np.exp(-(slope * score + intercept)))))
    return [float((weight * (values[without | 1 << player] - values[without])).sum()) for player, (without, weight) in enumerate(pairs)]


started = time.perf_counter()
answers = [explain(np.array(row, dtype=np.float32)) for row in rows]
print(json.dumps({"seconds": time.perf_counter() - started, "numpy": np.__version__, "values": answers}))
