#!/bin/sh
# Scores a file and saves the results: nightly-job.sh FILE FOLDER
# Needs the cytoqueue command, and CYTOQUEUE_URL and CYTOQUEUE_API_KEY_FILE (or `cytoqueue login`).
# Exit status: that of cytoqueue; 0 all scored, 5 some rows not, 6 unlike the training data.
set -u
file=$1 folder=$2
mkdir -p "$folder"
# The key makes a repeated run of the same file on the same day create nothing twice.
key=$(date +%F)-$(cksum <"$file" | tr ' ' -)
cytoqueue upload "$file" -o "$folder/results.csv" --errors "$folder/errors.csv" --idempotency-key "$key"
status=$?
case $status in
  0) echo "every row of $file was scored" ;;
  5) echo "some rows of $file were not scored, see $folder/errors.csv" ;;
  6) echo "$file is unlike the training data: check units and columns before you use the results" ;;
  4) echo "the service cannot be reached; nothing is lost, run the job again" ;;
esac
exit "$status"
