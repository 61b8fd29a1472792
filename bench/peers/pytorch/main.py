"""PyTorch as a peer: answers the lines that worker.mjs describes."""
import json
import sys
import time
from importlib import import_module

try:
    import torch
except ImportError as error:
    print(json.dumps({'unavailable': f'{sys.executable} has no PyTorch ({error})'}), flush=True)
    sys.exit(0)

from models import model_step
from networks import product_step, training_step
from operators import operator_step

workload = json.loads(sys.argv[1])
options = json.loads(sys.argv[2])
torch.set_num_threads(options['threads'])
torch.manual_seed(0)



def zoo(step):
    """torchvision takes a while to load, and not everybody has it."""
    return lambda w: getattr(import_module('zoo'), step)(w)


STEPS = {
    'matmul': product_step,
    'training': training_step,
    'zoo': zoo('zoo_step'),
    'prediction': zoo('prediction_step'),
    'model': model_step,
    'operator': operator_step,
}


def sample(steps):
    """Milliseconds a step. PyTorch computes on a CPU at once: there is nothing to wait for."""
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return (time.perf_counter() - start) * 1000 / steps


def say(**line):
    print(json.dumps(line), flush=True)


step = STEPS[workload['kind']](workload)
first = ms = sample(1)
start = time.perf_counter()
while first < 2000 and time.perf_counter() - start < 0.5:
    ms = sample(1)
steps = max(1, round(20 / ms))
say(ready=True, name=f'PyTorch {torch.__version__}', device='cpu', first=first, ms=ms)

for line in sys.stdin:
    seconds = float(line.split()[1])
    samples = []
    start = time.perf_counter()
    while len(samples) < (1 if ms > 1000 else 3) or time.perf_counter() - start < seconds:
        samples.append(sample(steps))
    samples.sort()
    say(ms=samples[len(samples) // 2], samples=len(samples))
