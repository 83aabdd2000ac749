"""Trains one network from scratch and tests it; the recipe is the same for every network."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

import digits
from network import Graph, Network, initialise


@dataclass(frozen=True)
class Recipe:
    """AdamW, whose rate rises at first and then falls to nothing.

    With stochastic gradient descent as short a training is still in its steep part at the end, and two seeds differ by points.
    """

    epochs: int = 4
    batch: int = 32
    rate: float = 0.01
    warm: float = 0.2  # share of the steps in which the rate rises
    decay: float = 0.05
    smoothing: float = 0.1


@dataclass(frozen=True)
class Outcome:
    """Share of the test pictures that were named rightly, what was trained, and the processor time that it took."""

    accuracy: float
    params: int
    seconds: float


def train(graph: Graph, data: tuple[digits.Split, digits.Split], recipe: Recipe, seed: int) -> Outcome:
    """The outcome of one training, which depends on the arguments alone: the same bits on the same machine."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    begin = time.process_time()
    torch.manual_seed(seed)
    network = Network(graph).to(memory_format=torch.channels_last)
    initialise(network)
    fit(network, data[0], recipe, torch.Generator().manual_seed(seed))
    accuracy = test(network, data[1])
    params = sum(parameter.numel() for parameter in network.parameters())
    return Outcome(accuracy, params, time.process_time() - begin)


def fit(network: nn.Module, split: digits.Split, recipe: Recipe, order: torch.Generator) -> None:
    """Runs the recipe. The last batch of an epoch is dropped where it is not full, so that all have one size."""
    images, labels = tensors(split)
    steps = len(labels) // recipe.batch
    optimizer = torch.optim.AdamW(network.parameters(), recipe.rate, weight_decay=recipe.decay, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.rate, recipe.epochs * steps, pct_start=recipe.warm, cycle_momentum=False
    )
    network.train()
    for _ in range(recipe.epochs):
        shuffled = torch.randperm(len(labels), generator=order)
        for batch in shuffled[: steps * recipe.batch].split(recipe.batch):
            optimizer.zero_grad()
            logits = network(images[batch])
            functional.cross_entropy(logits, labels[batch], label_smoothing=recipe.smoothing).backward()
            optimizer.step()
            schedule.step()


@torch.no_grad()
def test(network: nn.Module, split: digits.Split) -> float:
    """The share of pictures whose class has the highest logit."""
    images, labels = tensors(split)
    network.eval()
    batches = zip(images.split(250), labels.split(250), strict=True)
    right = sum(int((network(some).argmax(dim=1) == truth).sum()) for some, truth in batches)
    return right / len(labels)


def tensors(split: digits.Split) -> tuple[Tensor, Tensor]:
    images = torch.from_numpy(split.images).to(memory_format=torch.channels_last)
    return images, torch.from_numpy(split.labels)
