"""Draw the world map of the observatory once: `python scripts/world_map.py world-atlas-2.0.2.tgz`.

Reads `countries-50m.json` of the npm package world-atlas (Natural Earth, public domain) and writes the outlines of
countries by ISO 3166-1 alpha-2 code, in the Equal Earth projection, simplified line by line so that neighbours still
share their border. Natural Earth draws who is in control; here areas without a code of ISO 3166 are drawn with the
state it counts them to, and Crimea with Ukraine (United Nations General Assembly resolution 68/262).
"""

import heapq
import itertools
import json
import math
import sys
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import pycountry

TARGET = Path(__file__).resolve().parents[1] / "src/rempart/node/static/vendor/world/world.json"
WIDTH = 2000
SOUTH, NORTH = -56.0, 83.7
LEAST_TRIANGLE = 1.6
"""A point whose triangle with its neighbours is smaller (square units) is left out."""
LEAST_RING = 6.0
SMALL = 15.0
"""A country narrower and lower than this (units) is marked by a dot as well."""
UNCODED = {"Kosovo": "XK", "N. Cyprus": "CY", "Somaliland": "SO"}
MOVED = {("RU", (34.3, 45.2)): "UA"}
"""An outline of the first state around this place (degrees) is drawn with the other one."""
LEFT_OUT = {"Antarctica", "Siachen Glacier", "Indian Ocean Ter."}
_A = (1.340264, -0.081106, 0.000893, 0.003796)

Point = tuple[float, float]
Ring = list[tuple[int, int]]


def equal_earth(longitude: float, latitude: float) -> Point:
    """Šavrič, Patterson and Jenny 2018; degrees to radians-like units, y upwards."""
    t = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    slope = 9 * _A[3] * t**8 + 7 * _A[2] * t**6 + 3 * _A[1] * t**2 + _A[0]
    x = 2 * math.sqrt(3) * math.radians(longitude) * math.cos(t) / (3 * slope)
    return x, _A[3] * t**9 + _A[2] * t**7 + _A[1] * t**3 + _A[0] * t


_SCALE = WIDTH / (2 * equal_earth(180, 0)[0])
_TOP = equal_earth(0, NORTH)[1]
HEIGHT = round((_TOP - equal_earth(0, SOUTH)[1]) * _SCALE)


def placed(longitude: float, latitude: float) -> Point:
    x, y = equal_earth(longitude, latitude)
    return x * _SCALE + WIDTH / 2, (_TOP - y) * _SCALE


def simplified(line: Sequence[Point]) -> list[Point]:
    """Visvalingam and Whyatt 1993, in degrees: the point that matters least on the map goes first; the ends stay."""
    drawn = [placed(*point) for point in line]
    before, after = list(range(-1, len(line) - 1)), list(range(1, len(line) + 1))
    alive = [True] * len(line)

    def size(at: int) -> float:
        return _triangle(drawn[before[at]], drawn[at], drawn[after[at]])

    heap = [(size(at), at) for at in range(1, len(line) - 1)]
    heapq.heapify(heap)
    while heap and heap[0][0] < LEAST_TRIANGLE:
        told, at = heapq.heappop(heap)
        if not alive[at] or told < size(at):
            continue
        alive[at] = False
        after[before[at]], before[after[at]] = after[at], before[at]
        for other in (before[at], after[at]):
            if 0 < other < len(line) - 1:
                heapq.heappush(heap, (max(told, size(other)), other))
    return [point for point, kept in zip(line, alive, strict=True) if kept]


def _triangle(a: Point, b: Point, c: Point) -> float:
    return abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / 2


def near(longitude: float, other: float) -> float:
    """The same meridian, written so that it is no more than half a turn from the other one."""
    return longitude + 360 * round((other - longitude) / 360)


def arcs(topology: dict) -> list[list[Point]]:
    """Lines in degrees; one that crosses the 180th meridian goes on beyond it."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    found = []
    for arc in topology["arcs"]:
        x = y = 0
        line: list[Point] = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            longitude = x * sx + tx
            line.append((near(longitude, line[-1][0]) if line else longitude, y * sy + ty))
        found.append(simplified(line))
    return found


def rings(geometry: dict, lines: list[list[Point]]) -> Iterable[Ring]:
    """Closed lines in whole units, cut in two where they cross the 180th meridian."""
    polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    for ring in (ring for polygon in polygons for ring in polygon):
        points: list[Point] = []
        for number in ring:
            line = lines[number] if number >= 0 else lines[~number][::-1]
            turn = near(line[0][0], points[-1][0]) - line[0][0] if points else 0
            points += [(longitude + turn, latitude) for longitude, latitude in line]
        for turn in (-360, 0, 360):
            part = [(longitude + turn, latitude) for longitude, latitude in points]
            yield whole(side(side(part, 180, 1), -180, -1))


def side(points: list[Point], meridian: float, sign: int) -> list[Point]:
    """Sutherland and Hodgman 1974: what of a ring lies west (1) or east (-1) of a meridian."""
    found: list[Point] = []
    for (ax, ay), (bx, by) in zip(points[-1:] + points[:-1], points, strict=True):
        if (sign * ax <= sign * meridian) != (sign * bx <= sign * meridian):
            found.append((meridian, ay + (by - ay) * (meridian - ax) / (bx - ax)))
        if sign * bx <= sign * meridian:
            found.append((bx, by))
    return found


def whole(points: list[Point]) -> Ring:
    found: Ring = []
    for x, y in (placed(*point) for point in points):
        if not found or found[-1] != (round(x), round(y)):
            found.append((round(x), round(y)))
    return found[:-1] if len(found) > 1 and found[0] == found[-1] else found


def area(ring: Ring) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1], strict=True))) / 2


def path(shapes: list[Ring]) -> str:
    """Relative steps: half as long as places."""
    text = ""
    for ring in shapes:
        steps = [(b[0] - a[0], b[1] - a[1]) for a, b in itertools.pairwise(ring)]
        text += f"M{ring[0][0]} {ring[0][1]}l" + " ".join(f"{x} {y}" for x, y in steps).replace(" -", "-") + "z"
    return text


def centre(ring: Ring) -> tuple[int, int]:
    xs, ys = [x for x, _y in ring], [y for _x, y in ring]
    return round((min(xs) + max(xs)) / 2), round((min(ys) + max(ys)) / 2)


def code_of(geometry: dict) -> str | None:
    name = geometry["properties"]["name"]
    if name in UNCODED:
        return UNCODED[name]
    country = pycountry.countries.get(numeric=geometry.get("id", ""))
    return None if name in LEFT_OUT or country is None else country.alpha_2


def state_of(code: str, ring: Ring) -> str:
    """Whom an outline is drawn with: small outlines around a place that is counted to another state move to it."""
    for (holder, place), other in MOVED.items():
        (x, y), (xs, ys) = placed(*place), tuple(zip(*ring, strict=True)) or ((0,), (0,))
        is_around = min(xs) < x < max(xs) and min(ys) < y < max(ys) and max(xs) - min(xs) < WIDTH / 50
        if code == holder and is_around:
            return other
    return code


def main() -> None:
    with tarfile.open(sys.argv[1]) as package:
        topology = json.load(package.extractfile("package/countries-50m.json"))
    lines = arcs(topology)
    shapes: dict[str, list[Ring]] = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        if code := code_of(geometry):
            for ring in rings(geometry, lines):
                shapes.setdefault(state_of(code, ring), []).append(ring)
    countries = {}
    for code, found in sorted(shapes.items()):
        largest = max(found, key=lambda ring: (len(ring) > 2, area(ring), len(ring)))
        kept = [ring for ring in found if len(ring) > 2 and (ring is largest or area(ring) >= LEAST_RING)]
        (xs, ys) = zip(*largest, strict=True)
        is_small = max(max(xs) - min(xs), max(ys) - min(ys)) < SMALL
        countries[code] = {"at": centre(largest), "small": is_small, "path": path(kept)}
    rows = ",\n".join(f'"{code}":{json.dumps(one, separators=(",", ":"))}' for code, one in countries.items())
    TARGET.write_text(f'{{"width":{WIDTH},"height":{HEIGHT},"countries":{{\n{rows}\n}}}}\n')


if __name__ == "__main__":
    main()
