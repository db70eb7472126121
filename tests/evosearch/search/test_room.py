"""Which modules of this room have no test file of their name, and why not."""

TESTED_ELSEWHERE = {
    "ray_worker": "it runs in actors alone; test_ray_work and test_cluster start them",
    "config_values": "test_config makes all its configurations by it",
    "presets": "test_config checks that each is a configuration, and of the paper's operations",
    "candidate": "two records without behaviour; test_breeding and test_evolution make them",
}
