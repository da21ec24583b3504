"""scikit-learn and faiss as peers of `npm run bench`, each on one thread. Driven by JSON lines on stdin:

{"op": "load", "rule", "metric", "k", "training": base64 of float64 rows, "labels": [...], "queries": base64, "features"}
  -> one entry per peer: its version, dtype and algorithm, or null where it is not importable
{"op": "answers", "peer", "rows"}  -> the k smallest distances to all training rows, of the first `rows` queries
{"op": "run", "peer", "rows"}      -> CPU seconds that answering `rows` queries took

With the class-ratio rule a peer searches each class; with votes all rows at once. It is not asked for more: neither to
count the ties at the k-th distance nor for a probability.
"""

import base64
import json
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy  # noqa: E402


class ScikitLearn:
    """Exact brute force, or a tree for Euclidean distances, in float64."""

    def __init__(self, parts, k, metric, algorithm="brute"):
        import sklearn
        from sklearn.neighbors import NearestNeighbors

        self.description = {"version": sklearn.__version__, "dtype": "float64", "algorithm": f"{algorithm}, {metric}"}
        self.k = k
        name = metric.replace("-", "")
        self.indexes = [NearestNeighbors(algorithm=algorithm, metric=name, n_jobs=1).fit(part) for part in parts]

    def distances(self, queries):
        return [index.kneighbors(queries, self.k)[0] for index in self.indexes]


class Faiss:
    """IndexFlat, which keeps float32."""

    def __init__(self, parts, k, metric):
        import faiss

        faiss.omp_set_num_threads(1)
        self.k = k
        self.is_square = metric == "euclidean"
        kind = faiss.METRIC_L2 if self.is_square else faiss.METRIC_BrayCurtis
        name = "IndexFlatL2" if self.is_square else "IndexFlat, METRIC_BrayCurtis"
        self.description = {"version": faiss.__version__, "dtype": "float32", "algorithm": name}
        self.indexes = []
        for part in parts:
            index = faiss.IndexFlat(part.shape[1], kind)
            index.add(part.astype(numpy.float32))
            self.indexes.append(index)

    def distances(self, queries):
        found = [index.search(queries.astype(numpy.float32), self.k)[0] for index in self.indexes]
        return [numpy.sqrt(numpy.maximum(squares, 0)) for squares in found] if self.is_square else found


def decode(text, features):
    return numpy.frombuffer(base64.b64decode(text), dtype=numpy.float64).reshape(-1, features)


def create(make):
    try:
        return make()
    except ImportError:
        return None


class Bench:
    def load(self, request):
        training = decode(request["training"], request["features"])
        labels = numpy.array(request["labels"])
        self.queries = decode(request["queries"], request["features"])
        self.k = request["k"]
        by_class = [training[labels == label] for label in (0, 1)]
        parts = by_class if request["rule"] == "class-ratio" else [training]
        metric = request["metric"]
        self.peers = {
            "sklearn_brute": create(lambda: ScikitLearn(parts, self.k, metric)),
            "faiss": create(lambda: Faiss(parts, self.k, metric)),
        }
        if metric == "euclidean" and request.get("trees"):
            self.peers["sklearn_kd_tree"] = create(lambda: ScikitLearn(parts, self.k, metric, "kd_tree"))
            self.peers["sklearn_ball_tree"] = create(lambda: ScikitLearn(parts, self.k, metric, "ball_tree"))
        return {name: peer and peer.description for name, peer in self.peers.items()}

    def answers(self, request):
        found = self.peers[request["peer"]].distances(self.queries[: request["rows"]])
        return numpy.sort(numpy.hstack(found), axis=1)[:, : self.k].tolist()

    def run(self, request):
        peer, rows = self.peers[request["peer"]], request["rows"]
        begin = time.process_time()
        for first in range(0, rows, len(self.queries)):
            peer.distances(self.queries[: min(rows - first, len(self.queries))])
        return time.process_time() - begin


bench = Bench()
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(getattr(bench, request["op"])(request)), flush=True)
