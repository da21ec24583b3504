"""polars reads and writes, faiss searches: whoever left pandas behind. A peer of `npm run bench -- --only batch`.

polars_faiss.py TRAINING.csv INPUT.csv OUTPUT.csv
"""

import json
import platform
import sys

import faiss
import numpy as np
import polars as pl

K = 5

training_file, input_file, output_file = sys.argv[1:]

training = pl.read_csv(training_file, null_values="?").drop_nulls()
features = training.columns[1:-1]
labels = (training[training.columns[-1]] == training[training.columns[-1]].max()).to_numpy()
index = faiss.IndexFlatL2(len(features))
index.add(training.select(features).to_numpy().astype(np.float32))

samples = pl.read_csv(input_file)
_, neighbors = index.search(np.ascontiguousarray(samples.select(features).to_numpy(), dtype=np.float32), K)
malignant = labels[neighbors].mean(axis=1)
samples.with_columns(
    pl.Series("predicted_class", np.where(malignant > 0.5, "malignant", "benign")),
    pl.Series("probability_malignant", malignant),
).write_csv(output_file)

print(json.dumps({"python": platform.python_version(), "polars": pl.__version__, "faiss": faiss.__version__, "dtype": "float32", "algorithm": "IndexFlatL2"}))
