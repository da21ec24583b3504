#!/bin/sh
# scripts/smoke.sh URL [HOST:PORT:ADDRESS:PORT]: one record and one batch with known answers through a running service, as a
# client would. SMOKE_KEY is the API key. The second argument is curl's --connect-to, for a name that has no address yet.
set -eu
cd "$(dirname "$0")/.."
: "${SMOKE_KEY:?an API key}"
url=$1
connect_to=${2:-}
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
fail() { echo "smoke test: $*" >&2; exit 1; }

# The key goes to curl on its standard input, where no list of processes shows it.
call() {
  printf 'header = "Authorization: Bearer %s"\n' "$SMOKE_KEY" |
    curl --config - --silent --show-error --fail-with-body --retry 5 --retry-delay 3 --max-time 90 --connect-to "$connect_to" --output "$answer" "$@" ||
    fail "$(cat "$answer")"
}

field() { node -p "JSON.parse(require('fs').readFileSync(0, 'utf8')).$1" <"$answer"; }

call "$url/v1/predictions" -H 'Content-Type: application/json' -H 'Prefer: wait=60' --data '{"features": {"clump_thickness": 10,
  "uniformity_of_cell_size": 10, "uniformity_of_cell_shape": 10, "marginal_adhesion": 8, "single_epithelial_cell_size": 6,
  "bare_nuclei": 10, "bland_chromatin": 9, "normal_nucleoli": 10, "mitoses": 3}}'
class=$(field result.predicted_class 2>/dev/null) || fail "the record has no result after a minute: is a worker running?"
[ "$class" = malignant ] || fail "the record is $class and should be malignant"
echo "record: $class"

batch='Clump,UnifSize,UnifShape,MargAdh,SingEpiSize,BareNuc,BlandChrom,NormNucl,Mit
5,1,1,1,2,1,3,1,1
10,10,10,8,6,10,9,10,3
11,1,1,1,2,1,3,1,1
'
call "$url/v1/batches" -H 'Content-Type: text/csv' --data-binary "$batch"
id=$(field id)
left=60
until call "$url/v1/batches/$id" && case $(field status) in succeeded | completed_with_errors | failed | canceled) true ;; *) false ;; esac; do
  left=$((left - 1))
  [ "$left" -gt 0 ] || fail "the batch $id is not finished after a minute"
  sleep 1
done
counts="$(field counts.succeeded) scored, $(field counts.rejected) rejected, $(field summary.benign) benign, $(field summary.malignant) malignant"
[ "$counts" = '2 scored, 1 rejected, 1 benign, 1 malignant' ] || fail "the batch came to: $counts"
call "$url/v1/batches/$id/results"
[ "$(wc -l <"$answer")" -eq 4 ] || fail 'the result file has not every row'
call --request DELETE "$url/v1/batches/$id"
echo "batch: $counts"
