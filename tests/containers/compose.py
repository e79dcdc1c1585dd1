#!/usr/bin/env python3
"""Translates a service of docker-compose.yml for podman, so that what is tested are the settings of that file.

compose.py arguments FILE PROJECT SERVICE   the arguments of `podman create`, each ended by a zero byte
compose.py needs FILE SERVICE               the services that it waits for, one a line
compose.py grace FILE SERVICE               the seconds that it has to stop

A setting that is not translated is an error: it would go untested.
"""
import json
import os
import re
import sys

import yaml

# Settings of a service that are not arguments of its container.
ELSEWHERE = {"build", "depends_on", "profiles", "image", "command"}
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def with_variables(value):
    """Replaces ${NAME:-default} in all texts of a value."""
    if isinstance(value, str):
        return VARIABLE.sub(lambda m: os.environ.get(m[1]) or m[2] or "", value)
    if isinstance(value, list):
        return [with_variables(v) for v in value]
    if isinstance(value, dict):
        return {k: with_variables(v) for k, v in value.items()}
    return value


def read(path):
    with open(path, encoding="utf-8") as file:
        return with_variables(yaml.safe_load(file))


def seconds(text):
    """Returns the seconds of 5s, 1m or 1m30s."""
    match = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", text)
    if not match or not text:
        raise SystemExit(f"'{text}' is no duration that compose.py knows.")
    return int(match[1] or 0) * 60 + int(match[2] or 0)


def health(check):
    test = check.pop("test")
    if test[0] != "CMD" or len(test) < 3:
        raise SystemExit(f"compose.py knows health checks with CMD, a program and arguments, not {test}.")
    # podman runs an array of JSON without a shell, if it has two words at least.
    yield "--health-cmd=" + json.dumps(test[1:])
    for name, value in check.items():
        yield f"--health-{name.replace('_', '-')}={value}"


def volume(text, project, named):
    source, separator, target = text.partition(":")
    if not separator or source not in named:
        raise SystemExit(f"compose.py knows named volumes, not '{text}'.")
    return f"--volume={project}_{source}:{target}"


def arguments(compose, project, name):
    service = dict(compose["services"][name])
    yield from [f"--name={project}-{name}", f"--network={project}", f"--network-alias={name}"]
    for key, value in service.items():
        if key == "hostname":
            yield f"--hostname={value}"
        elif key == "environment":
            yield from (f"--env={k}={v}" for k, v in value.items())
        elif key == "ports":
            yield from (f"--publish={v}" for v in value)
        elif key == "volumes":
            yield from (volume(v, project, compose["volumes"]) for v in value)
        elif key == "healthcheck":
            yield from health(dict(value))
        elif key == "read_only":
            # Compose has no writable folders on a read-only root but those that it names; podman adds some of its own.
            yield from [f"--read-only={str(value).lower()}", "--read-only-tmpfs=false"]
        elif key == "tmpfs":
            yield from (f"--tmpfs={v}" for v in value)
        elif key == "cap_drop":
            yield from (f"--cap-drop={v}" for v in value)
        elif key == "security_opt":
            yield from (f"--security-opt={v}" for v in value)
        elif key == "stop_grace_period":
            yield f"--stop-timeout={seconds(value)}"
        elif key == "restart":
            yield f"--restart={value}"
        elif key not in ELSEWHERE:
            raise SystemExit(f"compose.py does not translate '{key}' of service {name}.")
    yield service["image"]
    yield from service.get("command", [])


def main(task, path, *rest):
    compose = read(path)
    if task == "arguments":
        sys.stdout.write("".join(a + "\0" for a in arguments(compose, *rest)))
    elif task == "needs":
        for other, how in compose["services"][rest[0]].get("depends_on", {}).items():
            if how != {"condition": "service_healthy"}:
                raise SystemExit(f"compose.py waits for healthy services, not for {how}.")
            print(other)
    elif task == "grace":
        print(seconds(compose["services"][rest[0]]["stop_grace_period"]))
    else:
        raise SystemExit(f"'{task}' is no task of compose.py.")


if __name__ == "__main__":
    main(*sys.argv[1:])
