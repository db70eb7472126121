#!/usr/bin/env bash
# Begins a search in a folder, or goes on with the one that is there:
#   scripts/cluster/search_or_resume.sh FOLDER [options of `evosearch search`]
# A run has its configuration with it, so of the options those alone are taken to resume it that say where and how long, and
# that name files of your own.
set -euo pipefail
folder=$1
shift
if [ ! -e "$folder/run.sqlite" ]; then
    exec python -m evosearch search --out "$folder" "$@"
fi
kept=()
while [ $# -gt 0 ]; do
    case $1 in
        --*=*) option=${1%%=*} value=${1#*=} ;;
        *) option=$1 value=${2:-} ;;
    esac
    case $option in
        --workers | --ray-address | --gpus-per-worker | --hours | --primitives | --tensorboard) kept+=("$option" "$value") ;;
        --task) if [[ $value == *.py:* ]]; then kept+=("$option" "$value"); fi ;;
    esac
    shift
done
exec python -m evosearch resume "$folder" "${kept[@]}"
