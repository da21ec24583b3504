"""Tests of the module against the service at CYTOQUEUE_URL, and against servers that fail. Run by test/src/clients."""

import contextlib
import io
import os
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer

from cytoqueue import ApiError, Client, ConnectionFailed, InvalidResponse

NAMES = (
    "clump_thickness uniformity_of_cell_size uniformity_of_cell_shape marginal_adhesion single_epithelial_cell_size "
    "bare_nuclei bland_chromatin normal_nucleoli mitoses"
).split()
VALUES = [5, 1, 1, 1, 2, 1, 3, 1, 1]
FILE = f"id,{','.join(NAMES)}\n7,5,1,1,1,2,1,3,1,1\n8,11,1,1,1,2,1,3,1,1\n"


@contextlib.contextmanager
def serving(*responses):
    """A server that gives these responses in turn: (status, headers, body). Yields a client and the requests."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, content = responses[min(len(seen), len(responses) - 1)]
            seen.append((self.headers, body))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Client(f"http://127.0.0.1:{server.server_port}", "key", base_delay=0.001), seen
    finally:
        server.shutdown()
        server.server_close()


class LiveService(unittest.TestCase):
    def setUp(self):
        self.client = Client()
        self.folder = tempfile.mkdtemp()

    def path(self, name):
        return os.path.join(self.folder, name)

    def test_predicts_a_record(self):
        prediction = self.client.predict({**dict(zip(NAMES, VALUES)), "bare_nuclei": None}, sample_id="slide 7")
        self.assertEqual(prediction["result"]["predicted_class"], "benign")
        self.assertEqual(prediction["result"]["missing_features"], ["bare_nuclei"])

    def test_submits_a_file_waits_and_downloads(self):
        with open(self.path("lab.csv"), "w") as file:
            file.write(FILE)
        progress = []
        accepted = self.client.submit_file(self.path("lab.csv"), explain=True)
        batch = self.client.wait_for_batch(accepted["id"], on_progress=progress.append)
        self.assertEqual((batch["status"], batch["filename"]), ("completed_with_errors", "lab.csv"))
        self.assertEqual(progress[-1], batch)
        digest = self.client.download_results(batch["id"], self.path("results.csv"))
        self.assertEqual(len(digest), 64)
        self.assertEqual(os.stat(self.path("results.csv")).st_mode & 0o777, 0o600)
        self.client.download_results(batch["id"], self.path("errors.csv"), file="errors")
        self.client.download_results(batch["id"], self.path("results.xlsx"), format="xlsx")
        with open(self.path("results.xlsx"), "rb") as workbook:
            self.assertEqual(workbook.read(2), b"PK")
        self.assertEqual(sorted(os.listdir(self.folder)), ["errors.csv", "lab.csv", "results.csv", "results.xlsx"])
        self.assertIn(batch["id"], [each["id"] for each in self.client.list_batches(limit=1)])
        self.client.delete_batch(batch["id"])
        with self.assertRaises(ApiError) as refused:
            self.client.get_batch(batch["id"])
        self.assertEqual((refused.exception.status, refused.exception.type), (404, "not-found"))

    def test_repeats_a_creation_with_its_key(self):
        first = self.client.submit_file(io.BytesIO(FILE.encode()), idempotency_key=self.folder.replace("/", "-"))
        second = self.client.submit_file(io.BytesIO(FILE.encode()), idempotency_key=self.folder.replace("/", "-"))
        self.assertEqual(first["id"], second["id"])

    def test_preflights_a_file_and_lists_errors(self):
        report = self.client.preflight(io.BytesIO(FILE.encode()))
        self.assertEqual((report["accepted"], report["rows"]["rejected"]), (True, 1))
        with self.assertRaises(ApiError) as refused:
            self.client.submit_file(io.BytesIO(b"no,features\n1,2\n"))
        self.assertEqual(refused.exception.status, 422)
        self.assertTrue(refused.exception.errors)

    def test_takes_and_gives_data_frames(self):
        import pandas

        frame = pandas.DataFrame([["007", *VALUES]], columns=["id", *NAMES])
        batch = self.client.wait_for_batch(self.client.submit_file(frame)["id"])
        results = self.client.results(batch["id"])
        self.assertEqual(list(results["id"]), ["007"])
        self.assertEqual(list(results["predicted_class"]), ["benign"])
        self.assertEqual(results["probability_malignant"].dtype, "float64")

    def test_reads_results_with_the_delimiter_of_the_file(self):
        for delimiter in (";", "\t", " "):
            file = io.BytesIO("\n".join(delimiter.join(line) for line in (["id", *NAMES], ["007", *map(str, VALUES)])).encode())
            batch = self.client.wait_for_batch(self.client.submit_file(file)["id"])
            self.assertEqual(list(self.client.results(batch["id"])["predicted_class"]), ["benign"])


class FailingServices(unittest.TestCase):
    def test_repeats_with_the_same_key(self):
        with serving((503, {"Retry-After": "0"}, b""), (202, {}, b'{"id": "batch_1"}')) as (client, seen):
            self.assertEqual(client.submit_file(io.BytesIO(b"a\n1\n"))["id"], "batch_1")
        keys = {headers["Idempotency-Key"] for headers, _ in seen}
        self.assertEqual((len(seen), len(keys)), (2, 1))
        self.assertIn(b"a\n1\n", seen[1][1])

    def test_sends_the_settings_of_a_training_before_its_file(self):
        with serving((202, {}, b'{"id": "training_1", "status": "queued"}')) as (client, seen):
            client.train(io.BytesIO(b"a\n1\n"), name="mylab", schema={"title": "Größe"}, label="Klasse", filename="fälle.csv")
        [(headers, body)] = seen
        self.assertEqual(int(headers["Content-Length"]), len(body))
        parts = body.split(b"--" + headers["Content-Type"].split("boundary=")[1].encode())
        contents = [part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for part in parts[1:-1]]
        self.assertEqual(contents, [b"mylab", b'{"title": "Gr\\u00f6\\u00dfe"}', b"Klasse", b"a\n1\n"])

    def test_waits_for_a_training(self):
        queued, done = b'{"id": "training_1", "status": "processing"}', b'{"id": "training_1", "status": "succeeded"}'
        with serving((200, {}, queued), (200, {}, done)) as (client, seen):
            self.assertEqual(client.wait_for_training("training_1", poll_seconds=0)["status"], "succeeded")
        self.assertEqual(len(seen), 2)

    def test_names_the_key_when_the_outcome_is_unknown(self):
        with serving((202, {}, b'{"id": "bat')) as (client, seen), self.assertRaises(InvalidResponse) as failed:
            client.submit_file(io.BytesIO(b"a\n1\n"))
        self.assertEqual(failed.exception.idempotency_key, seen[0][0]["Idempotency-Key"])

    def test_names_no_key_when_the_api_has_refused(self):
        problem = b'{"type": "urn:cytoqueue:problem:internal-error", "title": "Failed"}'
        for body, is_unknown in ((problem, False), (b"<html>", True)):
            with serving((500, {}, body)) as (client, _), self.assertRaises(ApiError) as failed:
                client.submit_file(io.BytesIO(b"a\n1\n"))
            self.assertEqual(failed.exception.idempotency_key is not None, is_unknown)

    def test_stops_waiting_for_a_record(self):
        with serving((202, {}, b'{"id": "pred_1", "status": "queued"}')) as (client, seen):
            with self.assertRaisesRegex(TimeoutError, "pred_1 is still queued"):
                client.predict({}, timeout=0)
        self.assertEqual(len(seen), 1)

    def test_tells_html_and_truncated_files_from_answers(self):
        with serving((200, {"Content-Type": "text/html"}, b"<html>")) as (client, _):
            with self.assertRaisesRegex(InvalidResponse, "HTML"):
                client.get_batch("batch_1")
        with serving((200, {"Content-Type": "text/csv", "Content-Length": "100"}, b"row\n")) as (client, _):
            target = os.path.join(tempfile.mkdtemp(), "results.csv")
            with self.assertRaises(ConnectionFailed):
                client.download_results("batch_1", target)
            self.assertEqual(os.listdir(os.path.dirname(target)), [])

    def test_does_not_follow_a_redirect_with_the_key(self):
        with serving((200, {}, b"{}")) as (_, stolen):
            with serving((302, {"Location": "http://127.0.0.1:9/"}, b"")) as (client, _):
                with self.assertRaises(ApiError) as refused:
                    client.get_batch("batch_1")
        self.assertEqual((refused.exception.status, stolen), (302, []))

    def test_says_that_nothing_listens(self):
        with self.assertRaises(ConnectionFailed):
            Client("http://127.0.0.1:9", "key", base_delay=0.001).models()


if __name__ == "__main__":
    unittest.main()
