"""Asks whether a validation's verdicts and intervals err as seldom as they say.

    python -m scripts.study_verdicts [--searches 400] [--limit 12] [--out FILE]

Searches and trials are drawn by `simulated_trials`, so that the truth is known; what is done with
them is what `validate` does. Eight rules and six baselines take part, AdamW first, at a level of
5%. It shows (a) how often rules that are AdamW under another name are called better, and how far
the printed speed-ups are off; (b) how often a rule that is 1.2 times as fast is told from them, and
with how many trials; (c) whether intervals hold that are looked at after every trial, for noise
that is not normal too; (d) that order changes nothing; (e) what repeated openings of the final
tasks cost.

It takes about a quarter of an hour; `runs/reference/verdicts.txt` holds what 400 searches gave. The
standard error of a share of 5% is then 0.011, in (c) at every look, of ten times as many, 0.003.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from evosearch.scoring.best_of_many import correct_best
from evosearch.scoring.confidence_sequence import anytime_interval
from evosearch.validation.evidence import Judgement, judge
from evosearch.validation.openings import Opening, level_of
from evosearch.validation.outcome import BETTER, WORSE, Gain
from evosearch.validation.sequential import last_horizon, measure_until_clear
from scripts import simulated_trials as made
from scripts.simulated_trials import Array, Funnel, Kind, Simulated, search, trials, true_means

LEVEL, RULES, BASELINES, CANDIDATES, OPENINGS = 0.05, 8, 6, 5000, 5
PLANTED, RIVAL = float(np.log2(1.2)), float(np.log2(1.1))
LIMITS = (4, 6, 8, 10, 12, 16)
Verdicts = list[Judgement]


def validated(
    laboratory: Simulated, limit: int, level: float = LEVEL, rules: int = RULES
) -> tuple[Verdicts, list[int]]:
    """Gives the judgement on each rule, and how many trials it got."""
    series = measure_until_clear(laboratory, BASELINES, rules, limit, level)
    logs = [last_horizon(own) for own in series]
    judged = judge(logs[BASELINES:], logs[:BASELINES], level)
    return judged, [len(own) for own in logs[BASELINES:]]


def null_searches(generator: np.random.Generator, searches: int, limit: int) -> Iterator[str]:
    """Tells what comes of searches among programs that are all AdamW."""
    yield (
        f"(a) {CANDIDATES} candidates that are AdamW, the best {RULES} validated in up to {limit} "
        f"trials, {searches} searches"
    )
    for rounds in (1, 3):
        funnels = [search(generator, np.zeros(CANDIDATES), rounds, RULES) for _ in range(searches)]
        wrong, printed, careless = [], [], []
        for _ in range(searches):
            laboratory = trials(generator, [0.0] * (BASELINES + RULES), limit)
            judged, _ = validated(laboratory, limit)
            careless.append(made.misled(laboratory, BASELINES, LEVEL))
            verdicts = [(one.over_adamw.verdict, one.over_best.verdict) for one in judged]
            wrong.append([any(BETTER in one for one in verdicts)])
            wrong[-1] += [any(one[place] == BETTER for one in verdicts) for place in (0, 1)]
            wrong[-1] += [any(one[place] == WORSE for one in verdicts) for place in (0, 1)]
            gains = np.log2([one.over_adamw.gain.speedup for one in judged])
            least = np.log2([one.over_best.gain.speedup for one in judged])
            printed.append([gains.mean(), gains.max(), least.mean()])
        either, over_adamw, over_best, worse, worse_best = np.mean(wrong, axis=0)
        every, leader, least_gain = np.transpose(printed)
        yield (
            f"  {rounds} round(s) of the search: any 'better' in {either:.4f} of the searches "
            f"(than AdamW {over_adamw:.4f}, than the best baseline {over_best:.4f}), any 'worse' "
            f"than AdamW in {worse:.4f}, than the best baseline in {worse_best:.4f}"
        )
        yield (
            "    by Student's intervals of 95%, looked at after every trial, it would be in "
            f"{np.mean(careless):.3f}"
        )
        yield f"    printed speed-up of a finalist: {_off(every)}"
        yield f"    the same of the one that is best on fresh trials: {_off(leader)}"
        yield f"    printed gain over the best of {BASELINES} equal baselines: {_off(least_gain)}"
        yield from _of_the_search(funnels)


def _of_the_search(funnels: Sequence[Funnel]) -> Iterator[str]:
    """Tells of the search's own score of its best, and of what is made of it."""
    claimed = [funnel.scores[funnel.picked[0]] for funnel in funnels]
    yield f"    the search's own score of its best: {_off(claimed)}"
    lasting = [funnel for funnel in funnels if funnel.last[funnel.picked[0]]]
    estimates, covered, covered_paired, shared = [], [], [], []
    for funnel in lasting:
        first = funnel.picked[0]
        corrected = correct_best(funnel.scores, funnel.errors[first], LEVEL)
        estimates.append(corrected.estimate)
        shared.append(funnel.shared[first])
        covered.append(corrected.low <= 0 <= corrected.high)
        covered_paired.append(corrected.low <= shared[-1] <= corrected.high)
    high = np.mean(np.array(estimates) > np.array(shared))
    yield (
        f"    that score corrected, of the {len(lasting)} whose best is of the last round: "
        f"{_off(estimates)}; AdamW's own noise left out, too high in {high:.3f} and its 95% "
        f"interval covers in {np.mean(covered_paired):.3f}; with that noise it covers in "
        f"{np.mean(covered):.3f}"
    )


def planted(generator: np.random.Generator, searches: int, limit: int) -> Iterator[str]:
    """Tells how often a rule of 1.2 times AdamW's speed is found, for limits up to 4/3 of this."""
    truths = np.append(np.zeros(CANDIDATES - 1), PLANTED)
    for rounds in (1, 3):
        picked = [
            CANDIDATES - 1 in search(generator, truths, rounds, RULES).picked
            for _ in range(searches)
        ]
        yield (
            f"(b) one of {CANDIDATES} is 1.2 times as fast: among the best {RULES} after {rounds} "
            f"round(s) of the search in {np.mean(picked):.3f}"
        )
    for name, rival in (("all baselines are as AdamW", 0.0), ("one baseline is 1.1", RIVAL)):
        yield f"  once validated, where {name}:"
        base = [0.0] * (BASELINES - 1) + [rival]
        for most in (one for one in LIMITS if 3 * one <= 4 * limit):
            rows = []
            for _ in range(searches):
                laboratory = trials(generator, [*base, PLANTED, *[0.0] * (RULES - 1)], most)
                judged, used = validated(laboratory, most)
                first, others = judged[0], judged[1:]
                gain, best = first.over_adamw.gain, first.over_best
                rows.append(
                    [
                        first.over_adamw.verdict == BETTER,
                        gain.low <= 1.2 <= gain.high,
                        best.verdict == BETTER,
                        best.gain.low <= 2 ** (PLANTED - rival) <= best.gain.high,
                        any(BETTER in (x.over_adamw.verdict, x.over_best.verdict) for x in others),
                        used[0],
                        np.log2(gain.speedup) - PLANTED,
                    ]
                )
            told, covers, over, covers_best, wrong, count, off = np.mean(rows, axis=0)
            yield (
                f"    up to {most:2} trials: better than AdamW {told:.3f}, its interval covers "
                f"{covers:.3f}; than the best {over:.3f}, covers {covers_best:.3f}; any other rule "
                f"'better' {wrong:.3f}; {count:.1f} trials used; printed {2**off - 1:+.2%}"
            )


def coverage(generator: np.random.Generator, searches: int, limit: int) -> Iterator[str]:
    """Tells how often intervals hold that are looked at after every trial."""
    yield (
        f"(c) intervals at 95%, at every look after 2 to {2 * limit} trials, and where one stops "
        f"when all is clear or after {limit}"
    )
    rules = np.log2([0.9, 1, 1, 1, 1.05, 1.1, 1.2, 1.4])
    truths = np.array([*[0.0] * (BASELINES - 1), RIVAL, *rules])
    cases = (
        ("normal", Kind(), 0),
        ("Student's t with 4 degrees", Kind(made.heavy), 0),
        ("skewness 0.95 in all", Kind(made.slow_tail), 0),
        ("skewness 0.95 in rules alone", Kind(made.slow_tail), BASELINES),
        ("skewness 2 in all", Kind(made.very_slow_tail), 0),
        ("skewness 2 in rules alone", Kind(made.very_slow_tail), BASELINES),
        ("2% of trainings diverge, in all", Kind(diverging=0.02), 0),
        ("2% of trainings diverge, in rules alone", Kind(diverging=0.02), BASELINES),
    )
    for name, kind, calm in cases:
        real = true_means(truths, kind, calm)
        over_adamw, over_best = (
            real[BASELINES:] - real[0],
            real[BASELINES:] - real[:BASELINES].max(),
        )
        alone, together = [], []
        for _ in range(10 * searches):
            logs = trials(generator, truths, 2 * limit, kind, calm).logs.mean(axis=-1)
            values = (logs[:, BASELINES:] - logs[:, :1]).T
            alone.append(_ever_outside(values[:1], over_adamw[:1], LEVEL).any())
            together.append(_ever_outside(values, over_adamw, LEVEL / RULES).any())
        stopped = []
        for _ in range(searches):
            judged, _ = validated(trials(generator, truths, limit, kind, calm), limit)
            stopped.append(
                [
                    _any_outside([one.over_adamw.gain for one in judged], over_adamw),
                    _any_outside([one.over_best.gain for one in judged], over_best),
                    any(
                        (one.over_adamw.verdict == BETTER and true <= 0)
                        or (one.over_best.verdict == BETTER and least <= 0)
                        for one, true, least in zip(judged, over_adamw, over_best, strict=True)
                    ),
                ]
            )
        out, out_best, wrong = np.mean(stopped, axis=0)
        yield (
            f"  {name}: one rule at every look {1 - np.mean(alone):.3f}, eight at once "
            f"{1 - np.mean(together):.3f}; stopped when clear, all over AdamW {1 - out:.3f}, all "
            f"over the best {1 - out_best:.3f}; any wrong 'better' {wrong:.3f}"
        )


def orders(generator: np.random.Generator, searches: int, limit: int) -> Iterator[str]:
    """Tells whether the order in which rules are given changes what is said of one."""
    changed = 0
    for _ in range(searches):
        truths = [*[0.0] * BASELINES, *generator.normal(0.1, 0.15, RULES)]
        laboratory = trials(generator, truths, limit)
        order = generator.permutation(RULES)
        places = [*range(BASELINES), *(BASELINES + order)]
        judged, used = validated(laboratory, limit)
        again, used_again = validated(replace(laboratory, identities=tuple(places)), limit)
        same = [judged[place] for place in order] == again
        changed += not same or [used[place] for place in order] != used_again
    yield f"(d) rules given in another order: {changed} of {searches} outcomes changed"


def histories(generator: np.random.Generator, searches: int, limit: int) -> Iterator[str]:
    """Tells how often a wrong 'better' stands anywhere in a history of openings of final tasks.

    Someone opens up to five times, each time with other rules that are AdamW, until one is called
    better. Where final tasks keep their seeds, all openings have the same trials of the baselines.
    """
    for rules, same, divided in product((1, RULES), (False, True), (True, False)):
        wrong = [_history(generator, limit, rules, same, divided) for _ in range(searches)]
        yield (
            f"(e) up to {OPENINGS} openings for {rules} rule(s), trials of baselines "
            f"{'kept' if same else 'anew'}, the level {'divided' if divided else 'not divided'}: "
            f"any wrong 'better' in {np.mean(wrong):.4f} of {searches} histories"
        )


def _history(
    generator: np.random.Generator, limit: int, rules: int, same: bool, divided: bool
) -> bool:
    everyone = [0.0] * (BASELINES + OPENINGS * rules)
    laboratory = trials(generator, everyone, limit)
    for number in range(1, OPENINGS + 1):
        if not same:
            laboratory = trials(generator, everyone, limit)
        start = BASELINES + (number - 1) * rules
        taking_part = replace(
            laboratory, identities=(*range(BASELINES), *range(start, start + rules))
        )
        level = level_of(Opening(number, "", "", (), ""), LEVEL) if divided else LEVEL
        judged, _ = validated(taking_part, limit, level, rules)
        if any(BETTER in (one.over_adamw.verdict, one.over_best.verdict) for one in judged):
            return True
    return False


def _off(logs: Sequence[float] | Array) -> str:
    """Says how far logarithms of a speed-up of 1 are off it."""
    mean, median = 2 ** np.mean(logs) - 1, 2 ** np.median(logs) - 1
    error = np.log(2) * np.std(logs) / np.sqrt(len(logs))
    return f"mean {mean:+.2%} (standard error {error:.2%}), median {median:+.2%}"


def _ever_outside(values: Array, truths: Array, level: float) -> Array:
    """Tells of each series `[series, trials]` whether its interval ever misses its truth."""
    missed = np.zeros(len(values), dtype=bool)
    for count in range(2, values.shape[-1] + 1):
        low, high = anytime_interval(values[:, :count], level)
        missed |= (truths < low) | (truths > high)
    return missed


def _any_outside(gains: Sequence[Gain], truths: Array) -> bool:
    return any(
        not gain.low <= 2**truth <= gain.high for gain, truth in zip(gains, truths, strict=True)
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--searches", type=int, default=400, help="of each kind (default: 400)")
    parser.add_argument("--limit", type=int, default=12, help="the most trials (default: 12)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parts", default="abcde", help="of the study (default: abcde)")
    parser.add_argument("--out", type=Path, help="a file that the figures are written to as well")
    arguments = parser.parse_args()
    parts = (null_searches, planted, coverage, orders, histories)
    lines = []
    for number, (name, part) in enumerate(zip("abcde", parts, strict=True)):
        if name in arguments.parts:
            generator = np.random.default_rng([arguments.seed, number])
            for line in part(generator, arguments.searches, arguments.limit):
                print(line, flush=True)
                lines.append(line)
    if arguments.out:
        arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
