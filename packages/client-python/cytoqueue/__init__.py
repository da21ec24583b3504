"""Client for the HTTP API of Cytoqueue, on the standard library alone. Python 3.9 or later; pandas is optional."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import tempfile
import time
import uuid
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any, BinaryIO, Callable, Iterator, Literal, Mapping, Optional, Union
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

if TYPE_CHECKING:
    import pandas

__all__ = ["ApiError", "Client", "ConnectionFailed", "CytoqueueError", "InvalidResponse", "is_finished"]

BatchFile = Literal["results", "errors", "changes"]
FileFormat = Literal["csv", "xlsx", "jsonl", "parquet"]
Json = dict  # JSON objects have the members that the OpenAPI document describes.
FileLike = Union[str, "os.PathLike[str]", BinaryIO]

_FINAL = ("succeeded", "completed_with_errors", "failed", "canceled")
_TYPE_PREFIX = "urn:cytoqueue:problem:"
_MEDIA_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
}
_RETRYABLE = (429, 502, 503, 504)
_CHUNK = 256 * 1024
_MAX_RETRY_AFTER = 120.0


class _NoRedirects(HTTPRedirectHandler):
    """urllib would send the API key to wherever a redirect leads."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = build_opener(_NoRedirects)


class CytoqueueError(Exception):
    """Base of all errors of this module."""

    idempotency_key: Optional[str] = None
    """Set when a creation may have succeeded; repeat the call with it to store nothing twice."""


class ApiError(CytoqueueError):
    """The API answered with a problem document (RFC 9457)."""

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after: float = 0.0) -> None:
        detail = str(problem.get("detail", ""))
        title = str(problem.get("title", f"the service answered {status}"))
        super().__init__(f"{title}: {detail}" if detail else title)
        kind = str(problem.get("type", ""))
        self.status = status
        self.type = kind[len(_TYPE_PREFIX) :] if kind.startswith(_TYPE_PREFIX) else "http-error"
        """Stable name of the problem; ``http-error`` when a proxy answered."""
        self.detail = detail
        self.errors: list[Json] = list(problem.get("errors", []))
        self.request_id: Optional[str] = problem.get("request_id")
        self.retry_after = retry_after


class ConnectionFailed(CytoqueueError):
    """No complete response arrived. The request may have succeeded."""


class InvalidResponse(ConnectionFailed):
    """A response that is not the API's: HTML of a proxy, or truncated JSON."""


def is_finished(resource: Mapping[str, Any]) -> bool:
    """Whether a batch or prediction is in a final state."""
    return resource["status"] in _FINAL


class Client:
    """Calls the API with an API key.

    :param url: address of the service; by default ``CYTOQUEUE_URL``
    :param api_key: by default ``CYTOQUEUE_API_KEY``, or the content of the file ``CYTOQUEUE_API_KEY_FILE``
    :param timeout: seconds without any byte after which a connection counts as lost
    :param attempts: how often a request is sent when it fails for a while
    """

    def __init__(
        self,
        url: Optional[str] = None,
        api_key: Optional[str] = None,
        *,
        timeout: float = 120.0,
        attempts: int = 5,
        base_delay: float = 0.3,
    ) -> None:
        self._url = (url or _environment("CYTOQUEUE_URL")).rstrip("/")
        self._key = api_key or _api_key()
        self._timeout = timeout
        self._attempts = attempts
        self._base_delay = base_delay

    def predict(
        self,
        features: Mapping[str, Union[int, float, str, None]],
        *,
        sample_id: Optional[str] = None,
        model: Optional[str] = None,
        operating_point: Optional[str] = None,
        missing: Optional[str] = None,
        wait_seconds: int = 25,
        timeout: Optional[float] = None,
        idempotency_key: Optional[str] = None,
    ) -> Json:
        """Predicts one record; ``None`` is a feature that was not measured. Waits until it has a result.

        Raises ``TimeoutError`` after ``timeout`` seconds, by default never; the record is scored all the same.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        wait_seconds = wait_seconds if timeout is None else min(wait_seconds, int(timeout))
        body = _given(
            features=dict(features), sample_id=sample_id, model=model, operating_point=operating_point, missing=missing
        )
        headers = {"Content-Type": "application/json", "Prefer": f"wait={wait_seconds}"}
        data = json.dumps(body).encode()
        prediction = self._create("/v1/predictions", lambda: data, headers, idempotency_key)
        while not is_finished(prediction):
            if deadline is not None and time.monotonic() + 1 > deadline:
                raise TimeoutError(f"{prediction['id']} is still {prediction['status']}")
            time.sleep(1)
            prediction = self._json("GET", f"/v1/predictions/{quote(prediction['id'])}")
        return prediction

    def submit_file(
        self,
        file: Union[FileLike, "pandas.DataFrame"],
        *,
        filename: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        **settings: Any,
    ) -> Json:
        """Uploads a file (a path, an open binary file or a pandas.DataFrame) and returns the accepted batch.

        ``settings`` are the parameters of the API: model, operating_point, on_error, missing, formulas, explain, profile,
        sheet, charset, on_warning.
        """
        return self._upload("/v1/batches", file, filename, idempotency_key, settings)

    def preflight(self, file: Union[FileLike, "pandas.DataFrame"], *, filename: Optional[str] = None, **settings: Any) -> Json:
        """Validates a file without storing it."""
        return self._upload("/v1/batches/preflight", file, filename, None, settings)

    def get_batch(self, batch_id: str) -> Json:
        return self._json("GET", f"/v1/batches/{quote(batch_id)}")

    def list_batches(self, **query: Any) -> Iterator[Json]:
        """Yields the batches, newest first, over all pages."""
        while True:
            page = self._json("GET", "/v1/batches", query)
            yield from page["data"]
            if not page["has_more"]:
                return
            query["after"] = page["last_id"]

    def wait_for_batch(
        self,
        batch_id: str,
        *,
        on_progress: Optional[Callable[[Json], None]] = None,
        poll_seconds: float = 2.0,
        timeout: Optional[float] = None,
    ) -> Json:
        """Returns the batch in its final state. Raises ``TimeoutError`` after ``timeout`` seconds; the batch goes on then."""
        return _wait(lambda: self.get_batch(batch_id), on_progress, poll_seconds, timeout)

    def download_results(
        self,
        batch_id: str,
        path: Union[str, "os.PathLike[str]"],
        *,
        file: BatchFile = "results",
        format: FileFormat = "csv",
        partial: bool = False,
    ) -> str:
        """Saves a file of the batch; ``path`` is complete or unchanged afterwards. Returns the SHA-256.

        A new file is readable by its owner only, because it holds patient data.
        """
        target = os.path.realpath(path)
        descriptor, part = tempfile.mkstemp(prefix=f".{os.path.basename(target)}.", suffix=".part", dir=os.path.dirname(target))
        try:
            with os.fdopen(descriptor, "wb") as output:
                digest = self._repeat(lambda: self._download(batch_id, file, format, partial, output))
            if os.path.exists(target):
                os.chmod(part, os.stat(target).st_mode & 0o777)
            os.replace(part, target)
            return digest
        except BaseException:
            os.unlink(part)
            raise

    def results(self, batch_id: str, *, file: BatchFile = "results", partial: bool = False) -> "pandas.DataFrame":
        """The results as a pandas.DataFrame, each input column as text."""
        import pandas

        content = io.BytesIO()
        self._repeat(lambda: self._download(batch_id, file, "csv", partial, content))
        content.seek(0)
        numbers = {"row": "int64", "probability_malignant": "float64"}
        # The results keep the delimiter of the file; those of a workbook or of columns separated by blanks have commas.
        delimiter = (self.get_batch(batch_id).get("import") or {}).get("delimiter")
        sep = "," if delimiter in (None, " ") else delimiter
        header = pandas.read_csv(content, nrows=0, sep=sep).columns
        content.seek(0)
        types = {name: numbers.get(name, "str") for name in header}
        return pandas.read_csv(
            content, sep=sep, dtype=types, keep_default_na=False, na_values={"probability_malignant": [""]}
        )

    def cancel_batch(self, batch_id: str) -> Json:
        return self._json("POST", f"/v1/batches/{quote(batch_id)}/cancel", attempts=1)

    def retry_batch(self, batch_id: str) -> Json:
        return self._json("POST", f"/v1/batches/{quote(batch_id)}/retry", attempts=1)

    def delete_batch(self, batch_id: str) -> None:
        self._repeat(lambda: self._send("DELETE", f"/v1/batches/{quote(batch_id)}").close())

    def confirm(self, *, idempotency_key: Optional[str] = None, **confirmation: Any) -> Json:
        """Stores a confirmed diagnosis: ``prediction_id``, or ``batch_id`` with ``row`` or ``sample_id``, and ``confirmed_class``."""
        data = json.dumps(confirmation).encode()
        return self._create("/v1/confirmations", lambda: data, {"Content-Type": "application/json"}, idempotency_key)

    def performance(self, **query: Any) -> Json:
        return self._json("GET", "/v1/performance", query)

    def drift(self, **query: Any) -> Json:
        return self._json("GET", "/v1/drift", query)

    def models(self) -> list[Json]:
        return self._json("GET", "/v1/models")["data"]

    def train(
        self,
        file: Union[FileLike, "pandas.DataFrame"],
        *,
        name: str,
        schema: Union[str, Json],
        label: str,
        group: Optional[str] = None,
        seed: Optional[int] = None,
        filename: Optional[str] = None,
        idempotency_key: Optional[str] = None,
    ) -> Json:
        """Trains the next version of ``own/NAME`` on a labelled file and returns the accepted training. Needs an admin's key.

        ``schema`` is the name of a schema or a custom schema; ``label`` and ``group`` name the columns of class and patient.
        """
        schema_text = schema if isinstance(schema, str) else json.dumps(schema)
        fields = _given(name=name, schema=schema_text, label=label, group=group, seed=seed)
        return self._upload("/v1/trainings", file, filename, idempotency_key, {}, fields)

    def get_training(self, training_id: str) -> Json:
        return self._json("GET", f"/v1/trainings/{quote(training_id)}")

    def wait_for_training(
        self,
        training_id: str,
        *,
        on_progress: Optional[Callable[[Json], None]] = None,
        poll_seconds: float = 2.0,
        timeout: Optional[float] = None,
    ) -> Json:
        """Returns the training in its final state. Raises ``TimeoutError`` after ``timeout`` seconds; the training goes on then."""
        return _wait(lambda: self.get_training(training_id), on_progress, poll_seconds, timeout)

    def _upload(
        self,
        path: str,
        file: Any,
        filename: Optional[str],
        idempotency_key: Optional[str],
        settings: Mapping[str, Any],
        fields: Mapping[str, Any] = {},
    ) -> Json:
        source, name = _open_source(file)
        try:
            boundary = f"cytoqueue-{uuid.uuid4().hex}"
            shown = (filename or name).replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
            fields_part = "".join(
                f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
                for key, value in fields.items()
            )
            head = (
                f'{fields_part}--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{shown}"\r\n'
                "Content-Type: text/csv\r\n\r\n"
            ).encode()
            tail = f"\r\n--{boundary}--\r\n".encode()
            start = source.tell()
            size = source.seek(0, os.SEEK_END) - start
            headers = {
                "Content-Type": f"multipart/form-data; boundary={boundary}",
                "Content-Length": str(len(head) + size + len(tail)),
            }

            def body() -> Iterator[bytes]:
                source.seek(start)
                yield head
                while True:
                    chunk = source.read(_CHUNK)
                    if not chunk:
                        break
                    yield chunk
                yield tail

            return self._create(path, body, headers, idempotency_key, settings)
        finally:
            if source is not file:
                source.close()

    def _create(
        self,
        path: str,
        body: Callable[[], Any],
        headers: Mapping[str, str],
        idempotency_key: Optional[str],
        query: Mapping[str, Any] = {},
    ) -> Json:
        """Sends every attempt with the same idempotency key, so that only one resource is created."""
        key = idempotency_key or uuid.uuid4().hex
        try:
            return self._json("POST", path, query, body, {**headers, "Idempotency-Key": key})
        except CytoqueueError as error:
            is_proxy_error = isinstance(error, ApiError) and error.type == "http-error" and error.status >= 500
            if isinstance(error, ConnectionFailed) or is_proxy_error:
                error.idempotency_key = key
            raise

    def _json(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] = {},
        body: Optional[Callable[[], Any]] = None,
        headers: Mapping[str, str] = {},
        attempts: Optional[int] = None,
    ) -> Json:
        def attempt() -> Json:
            with self._send(method, path, query, body, headers) as response:
                try:
                    return json.loads(response.read())
                except ValueError as error:
                    kind = response.headers.get_content_type()
                    raise InvalidResponse(
                        "an HTML page instead of JSON; check the URL and any proxy" if "html" in kind else "incomplete or invalid JSON"
                    ) from error
                except (OSError, HTTPException) as error:
                    raise ConnectionFailed("the response was interrupted") from error

        return self._repeat(attempt, attempts)

    def _download(self, batch_id: str, file: str, format: str, partial: bool, output: BinaryIO) -> str:
        query = _given(format=None if format == "csv" else format, partial=True if partial else None)
        digest = hashlib.sha256()
        output.seek(0)
        output.truncate()
        with self._send("GET", f"/v1/batches/{quote(batch_id)}/{file}", query) as response:
            if response.headers.get_content_type() != _MEDIA_TYPES[format]:
                raise InvalidResponse(f"the response is no {format} file; check the URL and any proxy")
            while True:
                try:
                    chunk = response.read(_CHUNK)
                except (OSError, HTTPException) as error:
                    raise ConnectionFailed("the download was interrupted") from error
                if not chunk:
                    break
                digest.update(chunk)
                output.write(chunk)
            length = response.headers.get("Content-Length")
            if length is not None and output.tell() != int(length):
                raise ConnectionFailed("the download was interrupted")
            etag = (response.headers.get("ETag") or "").strip('"')
        if len(etag) == 64 and etag != digest.hexdigest():
            raise ConnectionFailed("the downloaded file is damaged")
        return digest.hexdigest()

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] = {},
        body: Optional[Callable[[], Any]] = None,
        headers: Mapping[str, str] = {},
    ) -> HTTPResponse:
        search = urlencode({name: _text(value) for name, value in query.items() if value is not None})
        request = Request(
            f"{self._url}{path}{'?' + search if search else ''}",
            data=None if body is None else body(),
            headers={"Authorization": f"Bearer {self._key}", **headers},
            method=method,
        )
        try:
            return _OPENER.open(request, timeout=self._timeout)
        except HTTPError as error:
            with error:
                raise _to_api_error(error) from None
        except (URLError, OSError, HTTPException) as error:
            raise ConnectionFailed(f"the service cannot be reached: {getattr(error, 'reason', error)}") from error

    def _repeat(self, attempt: Callable[[], Any], attempts: Optional[int] = None) -> Any:
        for failures in range(1, (attempts or self._attempts) + 1):
            try:
                return attempt()
            except CytoqueueError as error:
                is_retryable = isinstance(error, ConnectionFailed) or getattr(error, "status", 0) in _RETRYABLE
                if failures == (attempts or self._attempts) or not is_retryable:
                    raise
                back_off = min(self._base_delay * 2**failures, 10.0) * random.uniform(0.5, 1.0)
                time.sleep(max(back_off, min(getattr(error, "retry_after", 0.0), _MAX_RETRY_AFTER)))


def _wait(
    get: Callable[[], Json], on_progress: Optional[Callable[[Json], None]], poll_seconds: float, timeout: Optional[float]
) -> Json:
    """Polls a batch or training until its final state."""
    deadline = None if timeout is None else time.monotonic() + timeout
    delay = min(0.2, poll_seconds)
    while True:
        state = get()
        if on_progress is not None:
            on_progress(state)
        if is_finished(state):
            return state
        if deadline is not None and time.monotonic() + delay > deadline:
            raise TimeoutError(f"{state['id']} is still {state['status']}")
        time.sleep(delay)
        delay = min(delay * 1.5, poll_seconds)


def _environment(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ValueError(f"pass it or set {name}")
    return value


def _api_key() -> str:
    file = os.environ.get("CYTOQUEUE_API_KEY_FILE")
    if file and not os.environ.get("CYTOQUEUE_API_KEY"):
        with open(file, encoding="utf-8") as content:
            return content.read().strip()
    return _environment("CYTOQUEUE_API_KEY")


def _given(**values: Any) -> dict:
    return {name: value for name, value in values.items() if value is not None}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _open_source(file: Any) -> "tuple[BinaryIO, str]":
    """A binary file that can be read again for each attempt, and its name."""
    if hasattr(file, "to_csv"):
        return io.BytesIO(file.to_csv(index=False).encode()), "dataframe.csv"
    if hasattr(file, "read"):
        if file.seekable():
            return file, os.path.basename(str(getattr(file, "name", "upload.csv")))
        return io.BytesIO(file.read()), "upload.csv"
    return open(file, "rb"), os.path.basename(os.fspath(file))


def _to_api_error(error: HTTPError) -> ApiError:
    try:
        problem = json.loads(error.read())
    except (ValueError, OSError, HTTPException):
        problem = {}
    try:
        retry_after = float(error.headers.get("Retry-After", 0))
    except ValueError:
        retry_after = 0.0
    return ApiError(error.code, problem if isinstance(problem, dict) else {}, retry_after)
