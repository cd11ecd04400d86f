"""What was measured, as a table (Markdown), as JSON, and as a plot (SVG), in bench/results."""

import json
import sys
from html import escape
from typing import Any

from bench.contenders import LIMIT, OURS, PLAIN, ROOT, UNCACHED

RESULTS = ROOT / "bench" / "results"
Rates = dict[str, dict[str, dict[str, float]]]  # workload, contender, connections: answers a second
Result = dict[str, Any]
_COLOURS = ("#0072B2", "#56B4E9", "#999999", "#E69F00")
_LONGEST = 3  # times the limit's: bars beyond are cut
_FONT = "font-family='system-ui, sans-serif' font-size='13'"


def write(found: Result) -> None:
    name = f"{found['database']}-{found['figures']}"
    lines = [*_head(found, ""), *_rates(found["rates"]), *_rest(found)]
    _save(name, lines, found, _plot(found["rates"]))


def write_growth(found: Result) -> None:
    name = f"{found['database']}-{found['against']}-to-{found['figures']}"
    lines = [
        *_head(found, f"beside {found['against']:,}"),
        f"| request | at {found['against']:,}, ms | at {found['figures']:,}, ms | costs so many times as much |",
        "|---|---|---|---|",
    ]
    for workload, cost in found["costs"].items():
        if cost is None:
            lines.append(f"| {workload} |  | no answer within a round, or 503 after 5 s |  |")
            continue
        lines.append(f"| {workload} | {cost['small'] * 1e3:.2f} | {cost['large'] * 1e3:.2f} | {cost['ratio']:.2f} |")
    lines += ["", f"Memory at most: {found['memory']['small']} and {found['memory']['large']} MiB."]
    _save(name, lines, found, None)


def _head(found: Result, more: str) -> list[str]:
    command = f"python3 dev.py bench --database {found['database']} --figures {found['figures']}"
    return [
        f"# {found['database']}, {found['figures']:,} figures {more}".rstrip(),
        "",
        f"`{command}{' --against ' + str(found['against']) if 'against' in found else ''}`, Python {found['python']},"
        f" {found['cores']} cores, which the driver ({found['driver']}) shares; commit {found['commit']}.",
        "Medians of interleaved rounds. Only ratios within a table mean anything.",
        "",
    ]


def _rates(rates: Rates) -> list[str]:
    names = list(dict.fromkeys(name for by_name in rates.values() for name in by_name))
    lines = [
        "Answers a second; in brackets the share of the limit's, where it is measured.",
        "",
        f"| workload | connections | {' | '.join(names)} |",
        "|---|---|" + "---|" * len(names),
    ]
    for workload, by_name in rates.items():
        limit = by_name.get(LIMIT)
        for connections in by_name[OURS]:
            cells = [_cell(by_name.get(name), limit, connections) for name in names]
            lines.append(f"| {workload} | {connections} | " + " | ".join(cells) + " |")
    return lines


def _cell(rates: dict[str, float] | None, limit: dict[str, float] | None, connections: str) -> str:
    if rates is None:
        return ""
    share = f" ({rates[connections] / limit[connections]:.2f})" if limit else ""
    return f"{rates[connections]:,.0f}{share}"


def _rest(found: Result) -> list[str]:
    written, workers = found["writes"], found["workers"]
    memory = ", ".join(f"{name} {held} MiB" for name, held in found["memory"].items() if held)
    return [
        "",
        _beside_writes(found["beside_writes"]),
        f"- Creating a claim with three figures takes {written['create'] / written['bare create']:.1f} times as long as"
        f" bare INSERTs of the same rows with one commit ({written['create'] * 1e3:.1f} against"
        f" {written['bare create'] * 1e3:.1f} ms).",
        f"- An import runs at {written['bare import'] / written['import']:.2f} of the speed of"
        f" {'executemany' if found['database'] == 'sqlite' else 'COPY'} of the same rows into the same tables.",
        f"- The whole export takes {found['export_seconds']:.1f} s.",
        f"- Two processes answer {workers['two'] / workers['one']:.2f} times as many lists as one.",
        f"- Memory at most, after all of it: {memory}.",
    ]


def _beside_writes(found: dict[str, dict[str, float]]) -> str:
    ours, limit = found[OURS], found[LIMIT]
    return (
        f"- 8 readers of 200 comparisons, beside one new claim a second: {ours['rate']:,.0f} answers a second"
        f" ({ours['rate'] / limit['rate']:.2f} of the limit), median {ours['median']:.1f} ms, 95th percentile"
        f" {ours['p95']:.1f} ms (the limit: {limit['median']:.1f} and {limit['p95']:.1f} ms)."
    )


def _plot(rates: Rates) -> str:
    """Bars: the share of the limit's rate over one connection, of each workload that the limit has."""
    bars: list[str] = []
    y, left, width = 40, 210, 420
    names = [OURS, UNCACHED, LIMIT, PLAIN]
    shares = {w: {n: r["1"] / by[LIMIT]["1"] for n, r in by.items()} for w, by in rates.items() if LIMIT in by}
    for workload, by_name in shares.items():
        bars.append(f"<text x='{left - 10}' y='{y + 26}' text-anchor='end' {_FONT}>{escape(workload)}</text>")
        for name in names:
            if name in by_name:
                length = min(by_name[name], _LONGEST) / _LONGEST * width
                cut = " →" if by_name[name] > _LONGEST else ""
                colour = _COLOURS[names.index(name)]
                bars.append(f"<rect x='{left}' y='{y}' width='{length:.1f}' height='12' fill='{colour}'/>")
                bars.append(f"<text x='{left + length + 6:.1f}' y='{y + 11}' {_FONT}>{by_name[name]:.2f}{cut}</text>")
                y += 15
        y += 14
    key = [
        f"<rect x='{20 + 170 * i}' y='{y}' width='12' height='12' fill='{_COLOURS[i]}'/>"
        f"<text x='{38 + 170 * i}' y='{y + 11}' {_FONT}>{escape(name.replace('counterclaim, ', ''))}</text>"
        for i, name in enumerate(names)
    ]
    title = f"<text x='20' y='22' {_FONT}>Answers a second over one connection, as a share of the limit's</text>"
    size = f"viewBox='0 0 720 {y + 30}' width='720' height='{y + 30}'"
    back = f"<rect width='720' height='{y + 30}' fill='#ffffff'/>"
    return f"<svg xmlns='http://www.w3.org/2000/svg' {size}>{back}{title}{''.join(bars)}{''.join(key)}</svg>\n"


def _save(name: str, lines: list[str], found: Result, plot: str | None) -> None:
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text("\n".join(lines) + "\n", "utf-8")
    (RESULTS / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    if plot is not None:
        (RESULTS / f"{name}.svg").write_text(plot, "utf-8")
    sys.stdout.write("\n".join(lines) + "\n")
