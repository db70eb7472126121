"""The clients of the table, by name, in its order."""

from scripts.clients import in_pairs, loops, schedules, torch_alone, trainers, with_deepspeed
from scripts.clients.client import Client

CLIENTS: dict[str, Client] = {
    client.name: client
    for module in (torch_alone, schedules, in_pairs, trainers, loops, with_deepspeed)
    for client in module.CLIENTS
}
