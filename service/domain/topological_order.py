"""The order in which records can be created: each after those that it refers to."""

from collections.abc import Iterable, Mapping


def parents_first(parents: Mapping[str, Iterable[str]]) -> list[str]:
    """The records in an order in which each follows its parents, by level and then by id; parents that are not among
    the records are ignored. Linear, apart from sorting. Records in a cycle come last.
    """
    waiting = {one: sum(parent in parents for parent in of) for one, of in parents.items()}
    children: dict[str, list[str]] = {}
    for one, of in parents.items():
        for parent in of:
            if parent in parents:
                children.setdefault(parent, []).append(one)
    ordered: list[str] = []
    level = sorted(one for one, number in waiting.items() if number == 0)
    while level:
        ordered += level
        free = []
        for one in level:
            for child in children.get(one, ()):
                waiting[child] -= 1
                if waiting[child] == 0:
                    free.append(child)
        level = sorted(free)
    return ordered + sorted(one for one, number in waiting.items() if number > 0)
