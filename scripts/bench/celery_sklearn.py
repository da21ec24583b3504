"""Single records through Flask and Celery on Redis: request and result are durable files. A peer of `npm run bench -- --only single`.

WBC=TRAINING.csv STORE=FOLDER REDIS=URL gunicorn -k gthread -w 1 --threads 32 celery_sklearn:app
WBC=TRAINING.csv STORE=FOLDER REDIS=URL celery -A celery_sklearn:queue worker -c 2
"""

import json
import os
import uuid

from celery import Celery
from flask import Flask, jsonify, request

folder = os.environ["STORE"]
queue = Celery("queue", broker=os.environ["REDIS"])
queue.conf.update(task_acks_late=True, worker_prefetch_multiplier=8, task_ignore_result=True)
app = Flask(__name__)
loaded = None


def put(name, data):
    path = os.path.join(folder, name)
    file = os.open(path + ".tmp", os.O_CREAT | os.O_WRONLY, 0o640)
    os.write(file, data)
    os.fsync(file)
    os.close(file)
    os.rename(path + ".tmp", path)
    directory = os.open(folder, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)


def model():
    global loaded
    if loaded is None:
        import numpy as np
        import pandas as pd
        from sklearn.neighbors import KNeighborsClassifier

        training = pd.read_csv(os.environ["WBC"], na_values="?").dropna()
        features = list(training.columns[1:10])
        classifier = KNeighborsClassifier(5, algorithm="brute")
        classifier.fit(training[features].to_numpy(np.float64), training["class"].to_numpy())
        loaded = lambda record: classifier.predict_proba(np.array([[float(record[name]) for name in features]]))[0, 1]
    return loaded


@queue.task(name="score")
def score(id):
    with open(os.path.join(folder, id + ".request.json")) as file:
        probability = float(model()(json.load(file)["features"]))
    result = dict(id=id, status="succeeded", result=dict(probability_malignant=probability))
    put(id + ".result.json", json.dumps(result).encode())


@app.post("/v1/predictions")
def create():
    id = uuid.uuid4().hex
    put(id + ".request.json", request.get_data())
    score.delay(id)
    return jsonify(id=id, status="queued"), 202


@app.get("/v1/predictions/<id>")
def get(id):
    path = os.path.join(folder, id + ".result.json")
    if not os.path.exists(path):
        return jsonify(id=id, status="queued")
    with open(path) as file:
        return jsonify(json.load(file))
