"""What a user would otherwise write: a peer of `npm run bench -- --only batch`, nothing tuned.

pandas_sklearn_obvious.py TRAINING.csv INPUT.csv OUTPUT.csv
"""

import json
import platform
import sys

import pandas as pd
import sklearn
from sklearn.neighbors import KNeighborsClassifier

training_file, input_file, output_file = sys.argv[1:]

training = pd.read_csv(training_file, na_values="?").dropna()
features = list(training.columns[1:-1])
model = KNeighborsClassifier(n_neighbors=5)
model.fit(training[features], training[training.columns[-1]])

samples = pd.read_csv(input_file)
probabilities = model.predict_proba(samples[features])
samples["probability_malignant"] = probabilities[:, 1]
samples["predicted_class"] = model.classes_[probabilities.argmax(axis=1)]
samples.to_csv(output_file, index=False)

print(json.dumps({"python": platform.python_version(), "pandas": pd.__version__, "sklearn": sklearn.__version__, "dtype": "float64", "algorithm": model._fit_method}))
