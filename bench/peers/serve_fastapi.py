"""A served model of Graft behind FastAPI, uvicorn and Python's onnxruntime, as one would write it by hand.

With `--workers 1 --threads 0` as tutorials have it: one process, and ONNX Runtime takes the threads that it thinks best.
With a worker for each core and one thread in each it is tuned for many requests at once. uvicorn takes uvloop and
httptools where they are installed.
"""

import argparse
import io
import json
import os

import numpy as np
import onnxruntime
import uvicorn
from fastapi import FastAPI, Request
from PIL import Image

FOLDER = os.environ.get("SERVED_MODEL", "")
THREADS = int(os.environ.get("SERVED_THREADS", "0"))


def create_app():
    with open(os.path.join(FOLDER, "served-model.json")) as file:
        served = json.load(file)
    form, labels = served["input"], served["labels"]
    assert form["layout"] == "NCHW" and form["colours"] == "RGB" and form["resize"] == {"fit": "stretch"}
    mean, deviation = np.float32(form["mean"]), np.float32(form["deviation"])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(
        os.path.join(FOLDER, "model.onnx"), options, providers=["CPUExecutionProvider"]
    )

    def predict(body):
        image = Image.open(io.BytesIO(body)).convert("RGB")
        image = image.resize((form["width"], form["height"]), Image.Resampling.BILINEAR)
        x = (np.asarray(image, np.float32) - mean) / deviation
        x = np.ascontiguousarray(x.transpose(2, 0, 1)[None])
        probabilities, beyond = session.run(["probabilities", "out_of_domain"], {form["name"]: x})
        ranked = sorted(zip(labels, probabilities[0].tolist()), key=lambda pair: -pair[1])
        return {
            "predictions": [{"label": label, "probability": value} for label, value in ranked],
            "unsure": bool(beyond[0, 0] > 0.5),
            "outOfDomain": float(beyond[0, 0]),
            "domain": served["domain"],
            "general": served["general"],
            "trainingJob": served["trainingJob"],
        }

    app = FastAPI()

    @app.get("/ping")
    def ping():
        return {"status": "ready", "onnxruntime": onnxruntime.__version__}

    @app.post("/invocations")
    async def invocations(request: Request):
        return predict(await request.body())

    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    os.environ["SERVED_MODEL"] = arguments.model
    os.environ["SERVED_THREADS"] = str(arguments.threads)
    uvicorn.run(
        "serve_fastapi:create_app",
        factory=True,
        app_dir=os.path.dirname(os.path.abspath(__file__)),
        host="127.0.0.1",
        port=arguments.port,
        workers=arguments.workers,
        # On a busy machine uvicorn would take a worker that computes for one that hangs, and start another.
        timeout_worker_healthcheck=60,
        access_log=False,
        log_level="warning",
    )
