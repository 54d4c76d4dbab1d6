"""The same trainings in PyTorch, for the suites `training` and `memory`.

One argument, a JSON object:
  folder        what our side left: manifest.json and values.bin (bench/suites/training/handover.ts)
  threads       within one operator
  device        cpu or cuda
  optimizer     {"type": "sgd", "momentum": 0.9} or {"type": "adam"}
  learningRate
  checkLosses   so many steps on the first batch before anything is timed
  roundSeconds  a round has as many steps as fill this time
  leastSteps    and at least so many

  layout        contiguous or channels_last; left out, networks of images are timed in both first, and the faster one is taken

The first line tells it, and the losses: {"ready": true, "version": "2.15.0 channels_last", "losses": [...], "memory": bytes}. An answer to a round is
{"rate": steps a second, "memory": peak in bytes}.
"""

import json
import math
import os
import resource
import sys
import time


def say(**fields):
    print(json.dumps(fields), flush=True)


try:
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError as error:
    say(absent=str(error))
    sys.exit()

ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU, "tanh": nn.Tanh}


class Mlp(nn.Module):
    """Layers by the names layer0, layer1, ...; `classes` is None where another network goes on from the last hidden one."""

    def __init__(self, features, hidden, classes=None, activation="relu", **_):
        super().__init__()
        widths = [features, *hidden]
        self.hidden = len(hidden)
        for index, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
            self.add_module(f"layer{index}", nn.Linear(inputs, outputs))
        if classes is not None:
            self.add_module(f"layer{self.hidden}", nn.Linear(widths[-1], classes))
        self.activation = ACTIVATIONS[activation]()
        self.outputs = widths[-1] if classes is None else classes
        self.classifies = classes is not None

    def forward(self, x):
        for index in range(self.hidden):
            x = self.activation(getattr(self, f"layer{index}")(x))
        return getattr(self, f"layer{self.hidden}")(x) if self.classifies else x


class Cnn(nn.Module):
    """3x3 convolutions, each but the last followed by a max pooling, then the mean of each channel."""

    def __init__(self, channels, widths=(32, 64, 128), batchNorm=False, classes=None, **_):
        super().__init__()
        self.blocks = len(widths)
        for number, (inputs, outputs) in enumerate(zip([channels, *widths], widths), 1):
            self.add_module(f"conv{number}", nn.Conv2d(inputs, outputs, 3, padding=1, bias=not batchNorm))
            self.add_module(f"bn{number}", nn.BatchNorm2d(outputs) if batchNorm else nn.Identity())
        self.fc = nn.Identity() if classes is None else nn.Linear(widths[-1], classes)
        self.outputs = widths[-1]

    def forward(self, x):
        for number in range(1, self.blocks + 1):
            x = getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(x))
            if number < self.blocks:
                x = functional.max_pool2d(x, 2)
            x = functional.relu(x)
        return self.fc(functional.adaptive_avg_pool2d(x, 1).flatten(1))


class BasicBlock(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = shortcut(inputs, width, stride)
        self.outputs = width

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class Bottleneck(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.outputs = 4 * width
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, self.outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(self.outputs)
        self.downsample = shortcut(inputs, self.outputs, stride)

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        return functional.relu(self.bn3(self.conv3(y)) + self.downsample(x))


def shortcut(inputs, outputs, stride):
    if stride == 1 and inputs == outputs:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))


class Resnet(nn.Module):
    DEPTHS = {18: (BasicBlock, [2, 2, 2, 2]), 34: (BasicBlock, [3, 4, 6, 3]), 50: (Bottleneck, [3, 4, 6, 3])}

    def __init__(self, channels, depth=18, stem="7x7", classes=None, **_):
        super().__init__()
        block, counts = self.DEPTHS[depth]
        large = stem == "7x7"
        self.conv1 = nn.Conv2d(channels, 64, 7 if large else 3, 2 if large else 1, 3 if large else 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1) if large else nn.Identity()
        inputs = 64
        for stage, count in enumerate(counts):
            blocks = []
            for index in range(count):
                blocks.append(block(inputs, 64 * 2**stage, 2 if stage > 0 and index == 0 else 1))
                inputs = blocks[-1].outputs
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Identity() if classes is None else nn.Linear(inputs, classes)
        self.outputs = inputs

    def forward(self, x):
        x = functional.relu(self.maxpool(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(functional.adaptive_avg_pool2d(x, 1).flatten(1))


def convolution_norm(inputs, outputs, kernel, stride=1, groups=1, activation=None):
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs, eps=0.001, momentum=0.01),
    ]
    return nn.Sequential(*layers, *([activation(inplace=True)] if activation else []))


class SqueezeExcitation(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x):
        scale = self.fc2(functional.relu(self.fc1(functional.adaptive_avg_pool2d(x, 1))))
        return x * functional.hardsigmoid(scale)


def multiple_of_eight(width):
    rounded = max(8, int(width + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * width else rounded


class InvertedResidual(nn.Module):
    def __init__(self, inputs, kernel, expanded, outputs, squeeze, activation, stride):
        super().__init__()
        layers = []
        if expanded != inputs:
            layers.append(convolution_norm(inputs, expanded, 1, activation=activation))
        layers.append(convolution_norm(expanded, expanded, kernel, stride, expanded, activation))
        if squeeze:
            layers.append(SqueezeExcitation(expanded, multiple_of_eight(expanded // 4)))
        layers.append(convolution_norm(expanded, outputs, 1))
        self.block = nn.Sequential(*layers)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.block(x) if self.adds else self.block(x)


class MobilenetV3(nn.Module):
    """The small variant."""

    RE, HS = nn.ReLU, nn.Hardswish
    BLOCKS = [
        (3, 16, 16, True, RE, 2),
        (3, 72, 24, False, RE, 2),
        (3, 88, 24, False, RE, 1),
        (5, 96, 40, True, HS, 2),
        (5, 240, 40, True, HS, 1),
        (5, 240, 40, True, HS, 1),
        (5, 120, 48, True, HS, 1),
        (5, 144, 48, True, HS, 1),
        (5, 288, 96, True, HS, 2),
        (5, 576, 96, True, HS, 1),
        (5, 576, 96, True, HS, 1),
    ]

    def __init__(self, channels, classes, dropout=0.2, **_):
        super().__init__()
        layers = [convolution_norm(channels, 16, 3, 2, activation=nn.Hardswish)]
        inputs = 16
        for kernel, expanded, outputs, squeeze, activation, stride in self.BLOCKS:
            layers.append(InvertedResidual(inputs, kernel, expanded, outputs, squeeze, activation, stride))
            inputs = outputs
        layers.append(convolution_norm(inputs, 6 * inputs, 1, activation=nn.Hardswish))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Linear(6 * inputs, 1024), nn.Hardswish(), nn.Dropout(dropout), nn.Linear(1024, classes)
        )

    def forward(self, x):
        return self.classifier(functional.adaptive_avg_pool2d(self.features(x), 1).flatten(1))


class Position(nn.Module):
    def __init__(self, length, width):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(length, width))

    def forward(self, x):
        return x + self.weight


class Transformer(nn.Module):
    """Sequences of vectors; the mean over the tokens is classified."""

    def __init__(self, input, classes, width=64, heads=4, layers=2, feedForward=None, normFirst=False, dropout=0.0, **_):
        super().__init__()
        self.embedding = nn.Linear(input["features"], width)
        self.position = Position(input["length"], width)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, heads, feedForward or 4 * width, dropout, batch_first=True, norm_first=normFirst
            )
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width) if normFirst else nn.Identity()
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        x = self.position(self.embedding(x))
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x).mean(1))


class Fusion(nn.Module):
    BODIES = {"cnn": Cnn, "resnet": Resnet}

    def __init__(self, image, table, classes, **_):
        super().__init__()
        self.image = self.BODIES[image["type"]](**image)
        self.table = Mlp(**table)
        self.head = nn.Linear(self.image.outputs + self.table.outputs, classes)

    def forward(self, image, table):
        return self.head(torch.cat([self.image(image), self.table(table)], 1))


NETWORKS = {
    "mlp": Mlp,
    "cnn": Cnn,
    "resnet": Resnet,
    "mobilenet_v3": MobilenetV3,
    "transformer": Transformer,
    "fusion": Fusion,
}
WITH_IMAGES = ("cnn", "resnet", "mobilenet_v3", "fusion")


def read_handover(folder):
    """The description of the network, its first weights, and the batches as (inputs, labels)."""
    with open(f"{folder}/manifest.json", encoding="utf-8") as file:
        manifest = json.load(file)
    with open(f"{folder}/values.bin", "rb") as file:
        values = bytearray(file.read())

    def tensor(stored):
        count = math.prod(stored["shape"])
        dtype = getattr(torch, stored["dtype"])
        flat = torch.frombuffer(values, dtype=dtype, count=count, offset=stored["offset"])
        return flat.reshape(stored["shape"]).clone()

    weights = {stored["name"]: tensor(stored) for stored in manifest["weights"]}
    batches = []
    for batch in manifest["batches"]:
        inputs = [tensor(stored) for stored in batch if stored["name"] != "labels"]
        labels = next(tensor(stored) for stored in batch if stored["name"] == "labels")
        batches.append((inputs, labels))
    return manifest["network"], weights, batches


class Training:
    def __init__(self, settings, layout):
        description, self.weights, batches = read_handover(settings["folder"])
        self.device = torch.device(settings["device"])
        self.model = NETWORKS[description["type"]](**description)
        self.model.train().to(self.device)
        self.batches = [
            ([x.to(self.device) for x in inputs], labels.to(self.device)) for inputs, labels in batches
        ]
        if layout == "channels_last":
            self.model.to(memory_format=torch.channels_last)
            self.batches = [
                ([x.to(memory_format=torch.channels_last) if x.dim() == 4 else x for x in inputs], labels)
                for inputs, labels in self.batches
            ]
        self.optimizer = self.optimizer_of(settings["optimizer"], settings["learningRate"])
        self.restart()

    def optimizer_of(self, given, rate):
        if given["type"] == "sgd":
            return torch.optim.SGD(self.model.parameters(), lr=rate, momentum=given.get("momentum", 0))
        return torch.optim.Adam(self.model.parameters(), lr=rate)

    def restart(self):
        """Our first weights, by their names, and no moments."""
        missing, unknown = self.model.load_state_dict(self.weights, strict=False)
        missing = [name for name in missing if not name.endswith("num_batches_tracked")]
        if missing or unknown:
            raise ValueError(f"the two networks differ: only here {missing}, only there {unknown}")
        for state in self.optimizer.state.values():
            for value in state.values():
                if torch.is_tensor(value):
                    value.zero_()

    def step(self, batch):
        inputs, labels = batch
        self.optimizer.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(self.model(*inputs), labels)
        loss.backward()
        self.optimizer.step()
        # On a GPU a number would make it wait: as on our side, where several steps are one run.
        return loss.item() if self.device.type == "cpu" else loss.detach()

    def losses(self, count):
        self.restart()
        return [float(self.step(self.batches[0])) for _ in range(count)]

    def seconds(self, steps):
        self.restart()
        self.wait()
        begin = time.perf_counter()
        for index in range(steps):
            self.step(self.batches[index % len(self.batches)])
        self.wait()
        return time.perf_counter() - begin

    def wait(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize()


def peak_memory(device):
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    try:
        with open("/proc/self/status", encoding="utf-8") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM:"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def steps_for(training, settings):
    """How many steps fill a round, once everything is warm."""
    seconds = settings["roundSeconds"]
    training.seconds(1)
    steps = settings["leastSteps"]
    while True:
        taken = training.seconds(steps)
        if taken >= seconds:
            return steps
        steps = max(steps + 1, int(steps * min(10, 1.1 * seconds / taken)) + 1)


def fastest_layout(settings):
    """Both layouts in turns, three times each; the median decides."""
    trainings = {layout: Training(settings, layout) for layout in ("contiguous", "channels_last")}
    steps = {layout: steps_for(training, settings) for layout, training in trainings.items()}
    taken = {layout: [] for layout in trainings}
    for _ in range(3):
        for layout, training in trainings.items():
            taken[layout].append(training.seconds(steps[layout]) / steps[layout])
    return min(taken, key=lambda layout: sorted(taken[layout])[1])


def main():
    settings = json.loads(sys.argv[1])
    if settings["device"] == "cuda" and not torch.cuda.is_available():
        say(absent="this PyTorch sees no CUDA device")
        return
    torch.set_num_threads(settings["threads"])
    layout = settings.get("layout")
    if layout is None and read_handover(settings["folder"])[0]["type"] in WITH_IMAGES:
        settings["layout"] = fastest_layout(settings)
        # From the beginning in this layout alone: memory that the other one took would count.
        os.execv(sys.executable, [sys.executable, __file__, json.dumps(settings)])
    training = Training(settings, layout)
    losses = training.losses(settings["checkLosses"])
    steps = steps_for(training, settings)
    # Another Python than the installer's is part of what was compared with.
    other = os.environ.get("GANGLION_BENCH_PYTHON")
    words = [torch.__version__, *([layout] if layout else []), *([f"of {other}"] if other else [])]
    say(ready=True, version=" ".join(words), losses=losses, memory=peak_memory(settings["device"]))
    for _ in sys.stdin:
        try:
            taken = training.seconds(steps)
            say(rate=steps / taken, memory=peak_memory(settings["device"]))
        except RuntimeError as error:
            say(error=str(error))


if __name__ == "__main__":
    main()
