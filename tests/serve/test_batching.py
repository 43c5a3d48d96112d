"""Requests to one model share batches; errors, long answers and vanished readers harm no others."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from makemore.errors import ConstraintError
from makemore.options.verbs import SampleOptions
from makemore.serve import batching
from makemore.serve.sampling import ModelSampler

NOTHING = frozenset()


def run(maker, work):
    """Run some work with a sampler of a model; return its result."""

    async def main(workers):
        sampler = ModelSampler(maker, workers)
        try:
            return await work(sampler)
        finally:
            sampler.queue.close()

    with ThreadPoolExecutor(2) as workers:
        return asyncio.run(main(workers))


@pytest.mark.parametrize("name", ["names", "network"])
def test_requests_at_the_same_time_share_batches(makers, name):
    async def work(sampler):
        requests = (sampler.sample(SampleOptions(seed=i), 20, NOTHING) for i in range(40))
        answers = await asyncio.gather(*requests)
        return [each.lines for each in answers], sampler.queue.batches, sampler.queue.requests

    lines, batches, requests = run(makers[name], work)
    assert lines == [makers[name].sample(20, seed=i) for i in range(40)]
    assert requests >= 40
    assert batches <= requests / 5


def test_a_long_answer_waits_for_short_ones(makers):
    async def work(sampler):
        options = SampleOptions(seed=1)
        long = await sampler.open(options, 30_000, NOTHING)
        found = []

        async def read():
            async for lines in long.chunks:
                found.extend(lines)

        reading = asyncio.ensure_future(read())
        while not found:
            await asyncio.sleep(0)
        for seed in range(5):
            await sampler.sample(options.replace(seed=seed), 20, NOTHING)
        early = len(found)
        await reading
        return early, found

    early, found = run(makers["names"], work)
    assert early < 30_000
    assert found == makers["names"].sample(30_000, seed=1)


def test_requests_that_nobody_waits_for_are_not_drawn(makers):
    async def work(sampler):
        await sampler.sample(SampleOptions(), 1, NOTHING)
        before = sampler.queue.requests
        requests = [
            asyncio.ensure_future(sampler.sample(SampleOptions(seed=i), 20, NOTHING))
            for i in range(10)
        ]
        await asyncio.sleep(0)
        for each in requests[1:]:
            each.cancel()
        return (await requests[0]).lines, sampler.queue.requests - before

    lines, drawn = run(makers["names"], work)
    assert lines == makers["names"].sample(20, seed=0)
    assert drawn < 5  # its own, and further lines for one that was rejected


@pytest.mark.parametrize("name", ["names", "network"])
def test_an_error_in_a_batch_is_that_of_its_requests_only(makers, name, monkeypatch):
    draw = batching.draw_together

    def fail(shared, requests):
        raise RuntimeError("no batch")

    async def work(sampler):
        monkeypatch.setattr(batching, "draw_together", fail)
        with pytest.raises(RuntimeError, match="no batch"):
            await sampler.sample(SampleOptions(seed=1), 3, NOTHING)
        monkeypatch.setattr(batching, "draw_together", draw)
        return (await sampler.sample(SampleOptions(seed=1), 3, NOTHING)).lines

    assert run(makers[name], work) == makers[name].sample(3, seed=1)


def test_an_invalid_plan_is_made_again_for_the_next_request(makers):
    async def work(sampler):
        for _ in range(2):
            with pytest.raises(ConstraintError, match="'q'"):
                await sampler.sample(SampleOptions(prefix="q"), 3, NOTHING)
        return await sampler.sample(SampleOptions(prefix="a", seed=2), 3, NOTHING)

    assert run(makers["names"], work).lines == makers["names"].sample(3, prefix="a", seed=2)


def test_slow_models_draw_small_batches(makers):
    async def work(sampler):
        await sampler.sample(SampleOptions(), 1, NOTHING)
        sampler.queue._line_seconds = 1.0
        shared = await sampler._plan(SampleOptions())
        return sampler.queue._room(shared), sampler.queue.estimate(20)

    assert run(makers["network"], work) == (64, 20.0)


def test_answers_are_drawn_ahead_for_requests_without_a_seed(makers):
    async def work(sampler):
        answers = [await sampler.sample_any(SampleOptions(), 4) for _ in range(60)]
        return answers, sampler.queue.batches

    answers, batches = run(makers["names"], work)
    assert len({each.seed for each in answers}) == 60
    assert batches < 30
    for each in answers:
        assert each.lines == makers["names"].sample(4, seed=each.seed)
