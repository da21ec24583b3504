"""Scores a file and saves the results: python3 nightly-job.py FILE FOLDER

Needs CYTOQUEUE_URL and CYTOQUEUE_API_KEY or CYTOQUEUE_API_KEY_FILE.
Exit status: 0 all scored, 1 failed, 5 some rows not, 6 unlike the training data.
"""

import os
import sys

from cytoqueue import Client


def main(file: str, folder: str) -> int:
    client = Client()
    os.makedirs(folder, exist_ok=True)
    batch = client.wait_for_batch(client.submit_file(file)["id"])
    if batch["status"] in ("failed", "canceled"):
        print(f"{batch['id']} is {batch['status']}", file=sys.stderr)
        return 1
    client.download_results(batch["id"], os.path.join(folder, "results.csv"))
    client.download_results(batch["id"], os.path.join(folder, "errors.csv"), file="errors")
    counts, summary = batch["counts"], batch["summary"]
    print(
        f"{counts['succeeded']} of {counts['total']} rows scored: "
        f"{summary['malignant']} malignant, {summary['indeterminate']} undecided"
    )
    if batch.get("drift", {}).get("verdict") == "unlike_training":
        return 6
    return 5 if batch["status"] == "completed_with_errors" else 0


sys.exit(main(sys.argv[1], sys.argv[2]))
