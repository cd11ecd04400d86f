"""Axes: positions of amounts, 0 to 1, and the ticks between."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from service.charts.text_width import width_of
from service.domain.compact import compact
from service.domain.display import shown_unit, unit_in_words
from service.domain.units import currencies

LOG_FROM = 20  # max ÷ min of positive amounts from which the axis is logarithmic
Label = Callable[[float, int], str]  # takes an amount and a number of digits
_TICKS = 5
_LABELS = 7
_DIGITS = 3
_ROOM_OF_LABELS, _LETTERS, _SPACE = 324, 12, 6  # pixels: of the narrowest axis, of letters, between two labels
_LEAST = 1e-12  # relative difference below which two amounts count as equal
_NOTHING = 1e-300  # amounts below count as zero: powers of ten end soon after
_ROOM = 0.15  # share of the amounts' span, reserved for an arrow


@dataclass(frozen=True, slots=True)
class Tick:
    value: float
    label: str  # empty where there is no room for one


@dataclass(frozen=True, slots=True)
class Scale:
    """`note` says how to read the scale, if that is not obvious."""

    is_log: bool
    low: float
    high: float
    ticks: tuple[Tick, ...]
    note: str = ""

    def place(self, amount: float) -> float:
        """Returns the position of an amount. Amounts beyond an end are placed at the end."""
        if self.is_log:
            if amount <= 0:
                return 0.0
            share = (math.log10(amount) - math.log10(self.low)) / (math.log10(self.high) - math.log10(self.low))
        else:
            share = (amount - self.low) / (self.high - self.low)
        return min(max(share, 0.0), 1.0)


def label_of(unit: str) -> Label:
    """Labels of amounts: with the sign of a currency or of percent, but without any other unit."""
    head, slash, _ = shown_unit(unit).partition("/")
    shown = head if head in currencies() or (head == "%" and not slash) else "1"

    def label(amount: float, digits: int) -> str:
        return compact(Fraction(repr(amount)), shown, digits=digits)

    return label


def unit_beside(unit: str) -> str:
    """What the labels leave out, to be written once beside the axis: `in GPU-hours`, `per GPU-hour`."""
    head, slash, rest = shown_unit(unit).partition("/")
    if head in currencies():
        return f"per {rest.replace('.', '-')}" if slash else ""
    return "" if unit in ("1", "%") else f"in {unit_in_words(unit)}"


def scale_for(
    amounts: Sequence[float], label: Label, *, begin: float | None = None, open_above: bool = False
) -> Scale | None:
    """Returns the axis that holds all amounts; None for none. It is logarithmic, in whole decades, if all are positive
    and far apart. `amounts` must not include the lower end of "at most", which no one stated.

    `begin`: the fixed start of the axis. `open_above`: something has no upper bound, and its arrow needs room.
    """
    finite = [amount if abs(amount) >= _NOTHING else 0.0 for amount in amounts if math.isfinite(amount)]
    if not finite:
        return None
    low, high = min(finite) if begin is None else begin, max(finite)
    if low > 0 and high / low >= LOG_FROM:
        return _logarithmic(low, high * (2 if open_above else 1), label)
    room = (high - low or abs(high)) * _ROOM if open_above else 0.0
    return _linear(low, high + room, label, begin)


def _logarithmic(low: float, high: float, label: Label) -> Scale:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    step = -(-(last - first) // 12)  # decades from one gridline to the next
    last = first + -(-(last - first) // step) * step
    exponents = range(first, last + 1, step)
    each = -(-len(exponents) // _LABELS)
    ticks = [Tick(10.0**e, label(10.0**e, _DIGITS) if i % each == 0 else "") for i, e in enumerate(exponents)]
    return Scale(True, 10.0**first, 10.0**last, tuple(ticks), f"Each gridline is {10**step:,}×.")


def _linear(low: float, high: float, label: Label, begin: float | None) -> Scale:
    """Starts at zero, unless all amounts are close together and far from it."""
    if begin is None and low >= 0 and (high - low) * 2 >= high:
        low = 0.0
    if begin is None and high <= 0 and (high - low) * 2 >= -low:
        high = 0.0
    if high - low <= max(abs(low), abs(high)) * _LEAST:
        low, high = (0.0, 1.0) if low == 0 else (min(low * 2, 0.0), max(high * 2, 0.0))
    step = _nice((high - low) / _TICKS)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    places = [index * step for index in range(first, last + 1)]
    if begin is not None:
        places = [begin, *(place for place in places if place > begin + step / 4)]
    return Scale(False, places[0], places[-1], tuple(_labelled(places, label)))


def _labelled(places: Sequence[float], label: Label) -> list[Tick]:
    """Returns ticks whose labels have as many digits as needed to tell them apart. Where these are long, not every tick
    has one.
    """
    labels: list[str] = []
    for digits in range(_DIGITS, 16):
        labels = [label(place, digits) for place in places]
        if len(set(labels)) == len(labels):
            break
    room = _ROOM_OF_LABELS / max(len(places) - 1, 1)
    each = max(math.ceil((max(width_of(text, _LETTERS) for text in labels) + _SPACE) / room), 1)
    return [
        Tick(place, text if number % each == 0 else "")
        for number, (place, text) in enumerate(zip(places, labels, strict=True))
    ]


def _nice(step: float) -> float:
    """Returns 1, 2 or 5 times a power of ten, no less than the step."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))
