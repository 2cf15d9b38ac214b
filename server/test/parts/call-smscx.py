"""Makes calls with SMS.CX's Python SDK: one of JSON on each line of standard input."""

import importlib
import json
import sys

import smscx_client
from smscx_client import models


def plain(value):
    """Models and times as what JSON has."""
    if hasattr(value, "to_dict"):
        return plain(value.to_dict())
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    if hasattr(value, "isoformat"):
        return value.isoformat(sep=" ")
    return value


def call(asked):
    module, name = asked["api"].split(".")
    api_module = importlib.import_module("smscx_client.api." + module)
    configuration = smscx_client.Configuration(**asked["configuration"])
    # The SDK tries a call three times when it gets no answer; here it gets one, or the test fails.
    configuration.retries = False
    args = list(asked.get("args", []))
    if "model" in asked:
        model, fields = asked["model"]
        args.append(getattr(models, model)(**fields))
    with smscx_client.ApiClient(configuration) as client:
        method = getattr(getattr(api_module, name)(client), asked["method"])
        return {"value": plain(method(*args, **asked.get("options", {})))}


for line in sys.stdin:
    try:
        answer = call(json.loads(line))
    except Exception as raised:
        body = getattr(raised, "body", None)
        answer = {
            "exception": type(raised).__name__,
            "status": getattr(raised, "status", None),
            "error": json.loads(body)["error"] if body else None,
            "message": str(raised),
        }
    print(json.dumps(answer), flush=True)
