"""What the counts of all processes come to: kept up to date by each change, so that a look is a read of a number (pure)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from classroom.courses.rules import ClassPlace
from realtime.census.count import NONE, Count, Counts, moved, put
from realtime.census.keys import Key, keys_of

Moved = Callable[[Key, Count, Count], None]  # a sum, from what, to what


@dataclass(slots=True)
class Part:
    """What one process has said."""

    classes: dict[str, Count] = field(default_factory=dict)
    as_of: int = 0  # epoch ms: when it was so


class Sums:
    """Whatever was said about a class whose place isn't known yet waits in ``homeless`` and is added with its place."""

    def __init__(self, moved: Moved = lambda key, before, after: None) -> None:
        self._moved = moved
        self._parts: dict[str, Part] = {}
        self._classes: dict[str, Count] = {}
        self._keys: dict[str, tuple[Key, ...]] = {}  # of each class whose place is known
        self._held: dict[str, dict[str, ClassPlace]] = {}  # by institution: its classes whose place is known
        self._sums: dict[
            tuple[str, str], dict[str, Count]
        ] = {}  # by region and facet: of each institution, of all as ""
        self.homeless: set[str] = set()
        self.version = 0  # higher after each change

    def hear(self, process: str, classes: Counts, as_of: int, *, whole: bool = False) -> None:
        """A process says how many it has in these classes; ``whole``: and nobody in any other."""
        part = self._parts.setdefault(process, Part())
        part.as_of = max(as_of, part.as_of)
        for class_id, count in classes.items():
            self._set(part, class_id, Count(*count))
        if whole:
            for class_id in part.classes.keys() - classes.keys():
                self._set(part, class_id, NONE)

    def drop(self, process: str) -> None:
        """That process is dead: nobody is there any more."""
        part = self._parts.pop(process, None)
        if part is not None:
            for class_id in tuple(part.classes):
                self._set(part, class_id, NONE)

    def place(self, places: Iterable[ClassPlace]) -> None:
        """Where these classes are held."""
        for place in places:
            if place.id not in self._keys:
                self._keys[place.id] = keys_of(place)
                self._held.setdefault(place.institution_id, {})[place.id] = place
                self.homeless.discard(place.id)
                self.version += 1  # whoever has read since the change has read it without its place
                self._add(place.id, NONE, self._classes.get(place.id, NONE))

    def forget(self, class_id: str) -> None:
        """There is no such class any more: nothing is asked about it again."""
        self._keys.setdefault(class_id, ())
        self.homeless.discard(class_id)

    def of(self, key: Key) -> Count:
        """A sum."""
        return self.parts(key.region, key.facet).get(key.institution, NONE)

    def parts(self, region: str, facet: str = "") -> Mapping[str, Count]:
        """Of a region every institution that isn't nothing; of all of them as ""."""
        return self._sums.get((region, facet), {})

    def classes_of(self, institution: str) -> Iterable[ClassPlace]:
        """Those of an institution that somebody was ever in."""
        return self._held.get(institution, {}).values()

    def of_class(self, class_id: str) -> Count:
        """A class."""
        return self._classes.get(class_id, NONE)

    def items(self) -> Iterable[tuple[Key, Count]]:
        """Every sum that isn't nothing."""
        for (region, facet), parts in self._sums.items():
            for institution, count in parts.items():
                yield Key(region, facet, institution), count

    def as_of(self, now: int) -> int:
        """When the oldest part was so; with no part there is nobody, now."""
        return min((part.as_of for part in self._parts.values()), default=now)

    @property
    def processes(self) -> set[str]:
        """Those that are a part."""
        return set(self._parts)

    def _set(self, part: Part, class_id: str, after: Count) -> None:
        before = part.classes.get(class_id, NONE)
        if before == after:
            return
        if any(after):
            part.classes[class_id] = after
        else:
            del part.classes[class_id]
        self.version += 1
        was = self._classes.get(class_id, NONE)
        put(self._classes, class_id, moved(was, before, after))
        if class_id in self._keys:
            self._add(class_id, before, after)
        else:
            self.homeless.add(class_id)

    def _add(self, class_id: str, before: Count, after: Count) -> None:
        for key in self._keys[class_id]:
            parts = self._sums.setdefault((key.region, key.facet), {})
            was = parts.get(key.institution, NONE)
            now = moved(was, before, after)
            if now != was:
                put(parts, key.institution, now)
                self._moved(key, was, now)
