#!/usr/bin/env bash
# Begins a search in a folder, or goes on with the one that is there:
#   scripts/cluster/search_or_resume.sh FOLDER [options of `evosearch search`]
# A run has its configuration with it, so of the options --workers and --ray-address alone are taken to resume it.
set -euo pipefail
folder=$1
shift
if [ ! -e "$folder/run.sqlite" ]; then
    exec python -m evosearch search --out "$folder" "$@"
fi
kept=()
while [ $# -gt 0 ]; do
    case $1 in
        --workers | --ray-address | --hours) kept+=("$1" "$2"); shift ;;
        --workers=* | --ray-address=* | --hours=*) kept+=("$1") ;;
    esac
    shift
done
exec python -m evosearch resume "$folder" "${kept[@]}"
