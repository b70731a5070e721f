"""Line charts as SVG text, with nothing to fetch."""

from collections.abc import Sequence
from html import escape
from math import ceil, log10

NAME_HEIGHT = 14.0
WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 28, 34, 40
COLOURS = ("#1f5fbf", "#c2571a", "#2f7d4f", "#7a4bb0", "#8a6d1a", "#a33b56")

Line = tuple[str, Sequence[tuple[float, float]]]  # what it shows, and its points


def chart(title: str, lines: Sequence[Line], *, x: str, y: str) -> str:
    """One chart; each line has its name at its end, so that colour isn't all that tells them apart."""
    points = [point for _, line in lines for point in line]
    if not points:
        return f"<p>{escape(title)}: no data.</p>"
    right, top = _round(max(px for px, _ in points)), _round(max(py for _, py in points))
    left = min(0.0, min(px for px, _ in points))

    def at(px: float, py: float) -> tuple[float, float]:
        across = LEFT + (px - left) / (right - left) * (WIDTH - LEFT - RIGHT)
        return across, HEIGHT - BOTTOM - py / top * (HEIGHT - TOP - BOTTOM)

    parts = [f'<text x="{LEFT}" y="18" class="t">{escape(title)}</text>']
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        _, level = at(left, top * share)
        parts.append(f'<line x1="{LEFT}" y1="{level:.1f}" x2="{WIDTH - RIGHT}" y2="{level:.1f}" class="g"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{level + 4:.1f}" text-anchor="end">{_number(top * share)}</text>')
        across, _ = at(left + (right - left) * share, 0)
        label = _number(left + (right - left) * share)
        parts.append(f'<text x="{across:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{label}</text>')
    named: list[float] = []
    for number, (name, line) in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in (at(*point) for point in line))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += (
            [
                f'<circle cx="{px:.1f}" cy="{py:.1f}" r="2.5" fill="{colour}"/>'
                for px, py in map(at, *zip(*line, strict=True))
            ]
            if 1 <= len(line) <= 40
            else []
        )
        ex, ey = at(*line[-1]) if line else (0, 0)
        ey -= 6
        while any(abs(ey - other) < NAME_HEIGHT for other in named):
            ey -= NAME_HEIGHT  # lines that end side by side
        named.append(ey)
        parts.append(
            f'<text x="{ex - 4:.1f}" y="{ey:.1f}" text-anchor="end" style="fill:{colour}">{escape(name)}</text>'
        )
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{escape(x)}</text>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="18" text-anchor="end">{escape(y)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}"'
        ' font-family="sans-serif" font-size="12"><style>text{fill:#444}.t{font-weight:600;fill:#111}.g{stroke:#ddd}'
        f"</style>{''.join(parts)}</svg>"
    )


def _round(value: float) -> float:
    """Up to a number that reads well."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** (ceil(log10(value)) - 1)
    return next((step * unit for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * unit >= value), value)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"
