"""Single records behind gunicorn: scikit-learn k-NN in the request, nothing durable. A peer of `npm run bench -- --only single`.

WBC=TRAINING.csv gunicorn -k gthread -w 2 --threads 16 flask_sklearn:app
"""

import os

import numpy as np
import pandas as pd
from flask import Flask, jsonify, request
from sklearn.neighbors import KNeighborsClassifier

training = pd.read_csv(os.environ["WBC"], na_values="?").dropna()
features = list(training.columns[1:10])
model = KNeighborsClassifier(5, algorithm="brute")
model.fit(training[features].to_numpy(np.float64), training["class"].to_numpy())
app = Flask(__name__)


@app.post("/v1/predictions")
def predict():
    record = request.get_json()["features"]
    probability = float(model.predict_proba(np.array([[float(record[name]) for name in features]]))[0, 1])
    return jsonify(id="", status="succeeded", result=dict(probability_malignant=probability)), 201
