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
# A head that finds a token on its machine wants to see it, but `ray job submit` sends it only when told to.
if [ -z "${RAY_AUTH_MODE:-}" ] && [ -e "${RAY_AUTH_TOKEN_PATH:-$HOME/.ray/auth_token}" ]; then
    export RAY_AUTH_MODE=token
fi
exec ray job submit --no-wait --working-dir . \
    --runtime-env-json '{"excludes": [".git", "runs", ".venv"]}' \
    -- bash scripts/cluster/search_or_resume.sh "$folder" --ray-address auto "$@"
