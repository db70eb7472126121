#!/usr/bin/env bash
# Hands a search to the job server of a Ray cluster, or resumes one:
#   RAY_ADDRESS=http://HEAD:8265 scripts/cluster/submit.sh FOLDER [options of `evosearch search`]
# FOLDER is the run's, on the head. Run it from the repository, which is sent along.
set -euo pipefail
if [ $# -lt 1 ]; then
    echo "usage: RAY_ADDRESS=http://HEAD:8265 $0 FOLDER [options of evosearch search]" >&2
    exit 2
fi
folder=$1
shift
exec ray job submit --no-wait --working-dir . \
    --runtime-env-json '{"excludes": [".git", "runs", ".venv"]}' \
    -- bash scripts/cluster/search_or_resume.sh "$folder" --ray-address auto "$@"
