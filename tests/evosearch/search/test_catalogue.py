"""Looking rules up: by digest, structure and fingerprint; and what is known of their classes."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from evosearch import known_rule, parse
from evosearch.graph.digest import digest
from evosearch.graph.lowering import lower
from evosearch.graph.structure import Structure, structure
from evosearch.language.program import Program
from evosearch.scoring.evaluation import Result
from evosearch.scoring.rounds import ROUNDS
from evosearch.scoring.setting import Setting
from evosearch.scoring.tuner import Tuned
from evosearch.screening.screen import Facts
from evosearch.search import catalogue as module
from evosearch.search.catalogue import Catalogue
from evosearch.search.genotype import family_of
from evosearch.search.memory import Memory

LION = known_rule("lion")
TWICE_LION = parse(
    "def mine(g, mom, *, b=0.99):\n    u = sign(mom * 0.9 + g * 0.1) * 2\n"
    "    return u, interp(g, mom, b)\n"
)
OTHER_LION = parse(
    "def other(g, p, *, late=0.5, early=0.75):\n    u = sign(interp(g, p, early))\n"
    "    return u, interp(g, p, late)\n"
)
"""Lion with other constants, under other names, in another order."""
DRIFT = parse("def drift(w):\n    return w\n")
TASK = "logistic"


@pytest.fixture(params=[True, False], ids=["constants tuned", "constants not tuned"])
def either(request: pytest.FixtureRequest) -> Catalogue:
    return Catalogue(Memory.in_ram(), request.param, spare_slots=1)


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(Memory.in_ram(), tunes_constants=True, spare_slots=1)


def look_up(catalogue: Catalogue, program: Program, number: int) -> tuple[Facts, int]:
    graph = lower(program, bind=True)
    return catalogue.look_up(graph, digest(graph), structure(program), program, number)


def enter(catalogue: Catalogue, program: Program, number: int) -> None:
    assert look_up(catalogue, program, number)[1] == number
    catalogue.enter(number, program, structure(program), lot=False)


def named(names: tuple[str, ...], setting: Setting) -> dict[str, float]:
    return dict(zip(names, setting.constants, strict=True))


def result(fitness: float, *settings: Setting, cleared: bool = True) -> Result:
    tuned = {TASK: Tuned(settings[0], {}, (), 0)} if settings else {}
    return Result(fitness, cleared, tuned)


def test_a_new_function_represents_itself(either: Catalogue) -> None:
    """Other functions after it do so too."""
    facts, representative = look_up(either, LION, 7)
    assert representative == 7
    assert facts.digest == digest(lower(LION, bind=True))
    assert facts.gate is None
    assert look_up(either, known_rule("sgd"), 8)[1] == 8


def test_the_same_function_is_represented_by_the_first_that_had_it(either: Catalogue) -> None:
    """Spelt alike or otherwise, and up to a positive factor; each keeps its own facts."""
    first, _ = look_up(either, LION, 1)
    again, representative = look_up(either, LION, 2)
    assert (again, representative) == (first, 1)
    other, representative = look_up(either, TWICE_LION, 3)
    assert representative == 1
    assert other.digest != first.digest
    assert other.update_size == pytest.approx(2 * first.update_size)
    assert look_up(either, TWICE_LION, 4) == (other, 1)


def test_programs_that_differ_in_constants_alone_are_one_class(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are not screened again. Where constants are not tuned, each is a class of its own."""
    first, _ = look_up(catalogue, LION, 1)
    apart = Catalogue(Memory.in_ram(), tunes_constants=False, spare_slots=1)
    assert [look_up(apart, p, n)[1] for n, p in enumerate((LION, OTHER_LION), start=1)] == [1, 2]
    monkeypatch.delattr(module, "screen_graph")
    facts, representative = look_up(catalogue, OTHER_LION, 2)
    assert representative == 1
    assert facts.digest == digest(lower(OTHER_LION, bind=True)) != first.digest
    assert facts.size == first.size


def test_a_structure_of_which_a_member_does_what_another_does_is_of_its_class(
    catalogue: Catalogue,
) -> None:
    """So that all that is ever tuned of a structure is tuned as one."""
    look_up(catalogue, LION, 1)
    look_up(catalogue, TWICE_LION, 2)
    other_twice = parse(
        "def mine(g, mom, *, b=0.9):\n    u = sign(mom * 0.3 + g * 0.7) * 2\n"
        "    return u, interp(g, mom, b)\n"
    )
    assert structure(other_twice).digest == structure(TWICE_LION).digest
    assert look_up(catalogue, other_twice, 3)[1] == 1


def test_a_rejected_function_names_its_gate_and_joins_no_class(either: Catalogue) -> None:
    """Two that are rejected are not the same because of that."""
    facts, representative = look_up(either, DRIFT, 1)
    assert (facts.gate, representative) == ("ignores-gradient", 1)
    ascending = parse("def ascending(g):\n    return -g\n")
    assert look_up(either, ascending, 2)[1] == 2


def test_a_structure_is_not_given_up_for_a_member_that_is_rejected(catalogue: Catalogue) -> None:
    """At other constants it may train."""
    wrong = parse("def f(g, m):\n    m = m * 0.9 + g\n    return m * -3, m\n")
    right = parse("def f(g, m):\n    m = m * 0.9 + g\n    return m * 3, m\n")
    assert structure(wrong).digest == structure(right).digest
    assert look_up(catalogue, wrong, 1)[0].gate
    facts, representative = look_up(catalogue, right, 2)
    assert (facts.gate, representative) == (None, 2)


def test_a_known_digest_is_not_screened_again(
    either: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hit costs no run of the probe, for a rejected function neither."""
    known = [look_up(either, program, n) for n, program in enumerate((LION, DRIFT))]
    monkeypatch.delattr(module, "screen_graph")
    assert [look_up(either, program, 9) for program in (LION, DRIFT)] == known


def test_the_fitness_of_a_class_is_that_of_its_latest_round(catalogue: Catalogue) -> None:
    """A lucky one does not last. Before any it is that of tuned AdamW, where a search starts."""
    assert catalogue.fitness(3) == 0.0
    enter(catalogue, LION, 3)
    assert catalogue.fitness(3) == 0.0
    for number, fitness in enumerate((1.0, 0.25), start=1):
        catalogue.record(3, result(fitness))
        assert (catalogue.fitness(3), catalogue.rounds(3)) == (fitness, number)


def test_a_further_round_starts_from_the_best_and_from_what_later_members_bring(
    catalogue: Catalogue,
) -> None:
    """Their constants are translated, by the places that they have in the structure."""
    enter(catalogue, LION, 1)
    names = family_of(LION, True).names
    catalogue.record(1, result(0.0, Setting(2.0, (0.8, 0.9))))
    theirs = family_of(OTHER_LION, True)
    brought = {"late": 0.6, "early": 0.7}
    assert look_up(catalogue, OTHER_LION, 2)[1] == 1
    setting = Setting(4.0, tuple(brought[name] for name in theirs.names))
    catalogue.add_starts(1, structure(OTHER_LION), {TASK: setting})
    best, other = catalogue.starts(1)[TASK]
    assert best == Setting(2.0, (0.8, 0.9))
    assert other.rate == 4.0
    # In Lion, beta1 is the early one, of the direction, and beta2 the late one.
    assert named(names, other) == {"beta1": 0.7, "beta2": 0.6}


def test_only_the_latest_members_of_one_structure_bring_settings(catalogue: Catalogue) -> None:
    """Two of them; those of another structure that does the same have other constants."""
    enter(catalogue, LION, 1)
    catalogue.record(1, result(0.0, Setting(1.0, (0.5, 0.5))))
    other: Structure = structure(LION)
    for rate in (2.0, 3.0, 4.0):
        catalogue.add_starts(1, other, {TASK: Setting(rate, (0.5, 0.5))})
    catalogue.add_starts(1, structure(TWICE_LION), {TASK: Setting(9.0, (0.1, 0.2, 0.3))})
    catalogue.add_starts(1, other, {})
    assert [setting.rate for setting in catalogue.starts(1)[TASK]] == [1.0, 3.0, 4.0]


def test_a_class_passes_on_its_tuned_program_and_settings(catalogue: Catalogue) -> None:
    """With spare slots for mutation; before it was tuned, nothing."""
    assert catalogue.genotype(1) is None
    enter(catalogue, LION, 1)
    assert catalogue.genotype(1) is None
    best = Setting(2.0, (0.8, 0.7))
    catalogue.record(1, result(0.0, best))
    genotype = catalogue.genotype(1)
    assert genotype is not None
    assert dict(genotype.program.hyperparameters) == named(genotype.names, best)
    assert genotype.best == {TASK: best}
    assert len(genotype.program.inputs) - len(LION.inputs) == 2  # weights and a slot
    assert structure(genotype.program).digest == structure(LION).digest


def test_what_does_the_same_as_a_tuned_rule_is_of_its_class(catalogue: Catalogue) -> None:
    """By its digest and by its fingerprint, though the rule as it was bred did something else."""
    enter(catalogue, LION, 1)
    catalogue.record(1, result(0.0, Setting(2.0, (0.5, 0.75))))
    names = family_of(LION, True).names
    tuned = dict(zip(names, (0.5, 0.75), strict=True))
    twice = parse(
        f"def f(g, m):\n    u = sign(lerp(g, m, {tuned['beta1']})) * tanh(3)\n"
        f"    return u, lerp(g, m, {tuned['beta2']})\n"
    )
    assert structure(twice).digest != structure(LION).digest
    assert look_up(Catalogue(Memory.in_ram(), True, 1), twice, 5)[1] == 5
    assert look_up(catalogue, twice, 5)[1] == 1


def test_a_rule_without_constants_passes_on_its_rate(catalogue: Catalogue) -> None:
    """And the program as it was bred."""
    sign = parse("def f(g):\n    return sign(g)\n")
    enter(catalogue, sign, 1)
    catalogue.record(1, result(0.0, Setting(2.0, ())))
    genotype = catalogue.genotype(1)
    assert genotype is not None
    assert (genotype.program, genotype.best) == (sign, {TASK: Setting(2.0, ())})


def test_where_constants_are_not_tuned_members_pass_on_their_own_programs() -> None:
    """There the constants are the program's."""
    catalogue = Catalogue(Memory.in_ram(), tunes_constants=False, spare_slots=1)
    assert look_up(catalogue, LION, 1)[1] == 1
    catalogue.enter(1, LION, structure(LION), lot=False)
    catalogue.record(1, result(0.0, Setting(2.0, ())))
    assert catalogue.genotype(1) is None
    assert catalogue.starts(1) == {TASK: (Setting(2.0, ()),)}


PROMOTED = 8
"""One of so many classes goes on, in these tests."""


def tuned_rules(catalogue: Catalogue, count: int, lots: Collection[int] = ()) -> None:
    """Enters so many classes, the later the fitter; what their rules are does not matter."""
    program = known_rule("sgd")
    for number in range(count):
        catalogue.enter(number, program, structure(program), lot=number in lots)
        catalogue.record(number, result(float(number)))


def promoted(catalogue: Catalogue, busy: Collection[int] = ()) -> list[int]:
    """Who goes on, one in `PROMOTED`; none by lot."""
    going = catalogue.promoted(busy, 1 / PROMOTED, 9)
    assert not any(by_lot for _, by_lot in going)
    return [one for one, _ in going]


def test_one_in_so_many_classes_is_promoted(catalogue: Catalogue) -> None:
    """The fittest, as soon as there are enough, and by their latest fitness; no busy one."""
    tuned_rules(catalogue, PROMOTED - 1)
    assert promoted(catalogue) == []
    tuned_rules(catalogue, PROMOTED)
    assert promoted(catalogue) == [PROMOTED - 1]
    tuned_rules(catalogue, 2 * PROMOTED)
    *_, third, second, first = range(2 * PROMOTED)
    assert promoted(catalogue) == [first, second]
    assert promoted(catalogue, [first]) == [second]
    catalogue.record(first, result(-1.0))  # it was lucky before
    assert promoted(catalogue) == [second, third]


def test_more_are_promoted_where_a_larger_share_is(catalogue: Catalogue) -> None:
    """A quarter of eight are two."""
    tuned_rules(catalogue, 8)
    assert catalogue.promoted((), 1 / 4, 9) == [(7, False), (6, False)]


def test_some_go_on_by_lot(catalogue: Catalogue) -> None:
    """Behind those that earned it, for one round; none that a hurdle stopped, or that is busy."""
    tuned_rules(catalogue, 8, lots=[1, 3, 7])
    assert catalogue.promoted((), 1 / 8, 9) == [(7, False), (1, True), (3, True)]
    assert catalogue.promoted((), 1 / 8, 2) == [(7, False), (1, True)]
    assert catalogue.promoted([3], 1 / 8, 9) == [(7, False), (1, True)]
    catalogue.record(1, result(-1.0))
    catalogue.record(3, result(-2.0, cleared=False))
    assert catalogue.promoted((), 1 / 8, 9) == [(7, False)]


def test_what_is_stopped_is_not_promoted(catalogue: Catalogue) -> None:
    """However few are fitter."""
    tuned_rules(catalogue, PROMOTED)
    catalogue.record(PROMOTED - 1, result(9.0, cleared=False))
    assert promoted(catalogue) == []


def test_a_class_goes_through_so_many_rounds_and_no_more(catalogue: Catalogue) -> None:
    """In each it must be among the best of those that came as far."""
    tuned_rules(catalogue, PROMOTED**ROUNDS)
    while waiting := promoted(catalogue):
        catalogue.record(waiting[0], result(float(waiting[0])))
    rounds = [catalogue.rounds(number) for number in range(PROMOTED**ROUNDS)]
    total = PROMOTED**ROUNDS
    assert [rounds.count(n) for n in range(1, ROUNDS + 1)] == [
        total - total // PROMOTED,
        total // PROMOTED - total // PROMOTED**2,
        total // PROMOTED**2,
    ]
    assert rounds == sorted(rounds)
