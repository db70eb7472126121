#!/usr/bin/env bash
#SBATCH --job-name=evosearch
#SBATCH --ntasks-per-node=1
#SBATCH --signal=B:TERM@120
# A search on the nodes of a Slurm allocation:
#   sbatch --nodes 4 --cpus-per-task 16 --time 8:00:00 scripts/cluster/slurm.sh FOLDER [options of `evosearch search`]
# Activate an environment with this package before, on a file system that all nodes see.
set -euo pipefail
folder=$1
shift
port=${RAY_PORT:-6379}
cpus=${SLURM_CPUS_PER_TASK:-1}
workers=$((SLURM_JOB_NUM_NODES * cpus - 1)) # one processor is the driver's
mapfile -t nodes < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
head=${nodes[0]}
address=$(srun --nodes=1 --ntasks=1 -w "$head" hostname --ip-address | cut -d' ' -f1)

# Others have jobs in the same network: who joins must have the token, which lies where all nodes see it.
export RAY_AUTH_MODE=token
ray get-auth-token --generate >/dev/null

search=
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
trap 'if [ -n "$search" ]; then kill -TERM "$search" 2>/dev/null || true; else exit 143; fi' TERM
srun --nodes=1 --ntasks=1 --cpus-per-task="$cpus" -w "$head" \
    ray start --head --node-ip-address="$address" --port="$port" --num-cpus="$cpus" --block &
for ((second = 0; second < 120; second++)); do
    (: >"/dev/tcp/$address/$port") 2>/dev/null && break
    sleep 1
done
if [ "$SLURM_JOB_NUM_NODES" -gt 1 ]; then
    srun --nodes=$((SLURM_JOB_NUM_NODES - 1)) --ntasks-per-node=1 --cpus-per-task="$cpus" --exclude="$head" \
        ray start --address="$address:$port" --num-cpus="$cpus" --block &
fi

# It waits for the workers, and says so.
bash scripts/cluster/search_or_resume.sh "$folder" --ray-address "$address:$port" --workers "$workers" "$@" &
search=$!
# The signal is passed on, and the search waited for.
status=0
wait "$search" || status=$?
if kill -0 "$search" 2>/dev/null; then # it was the trap that ended the waiting
    status=0
    wait "$search" || status=$?
fi
exit "$status"
