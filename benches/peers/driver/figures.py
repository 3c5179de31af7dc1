"""From records to cells: medians, ranges, and ratios that are formed inside a round."""

import statistics

from campaign import DISTURBED

NOTHING = "-"


def corrected(records):
    """CPU time at the speed of the fastest core reading of the campaign: see `machine.Speed`."""
    readings = sorted(entry["piece_us"] for entry in records if "piece_us" in entry)
    if not readings:
        return records
    full = readings[len(readings) // 50]
    return [
        {**entry, "cpu_us": entry["cpu_us"] * min(1.0, full / entry["piece_us"]), "slowdown": entry["piece_us"] / full}
        if "piece_us" in entry
        else entry
        for entry in records
    ]


def quiet(rows):
    """The runs that nobody disturbed, where at least three are left; else all of them, and a mark."""
    undisturbed = [row for row in rows if row.get("foreign", 0) <= DISTURBED]
    if len(undisturbed) == len(rows) or len(undisturbed) >= 3:
        return undisturbed, ""
    return rows, "*"


def spread(values, form):
    values = list(values)
    if not values:
        return NOTHING
    middle = form.format(statistics.median(values))
    if len(values) == 1:
        return middle
    return f"{middle} ({form.format(min(values))}-{form.format(max(values))})"


class Table:
    """The rows of one phase, by name and variant."""

    def __init__(self, records):
        self.rows = {}
        for entry in records:
            if "requests" in entry:
                self.rows.setdefault((entry["name"], entry.get("variant", "")), []).append(entry)

    def of(self, name, variant):
        return quiet(self.rows.get((name, variant), []))[0]


class Value:
    """The median of a field, with the least and the greatest."""

    def __init__(self, heading, field, form="{:,.1f}", scale=1.0):
        self.heading, self.field, self.form, self.scale = heading, field, form, scale

    def cell(self, table, name, variant):
        values = [row[self.field] * self.scale for row in table.of(name, variant) if row.get(self.field) is not None]
        if name == "direct" and self.field in ("cpu_us", "memory_mib", "rss_mib"):
            return NOTHING
        return spread(values, self.form)


class Ratio:
    """A field against that of another row, round by round. `reference` says which row that is."""

    def __init__(self, heading, field, reference, form="{:.2f}"):
        self.heading, self.field, self.reference, self.form = heading, field, reference, form

    def cell(self, table, name, variant):
        against = {row["round"]: row for row in table.of(*self.reference(name, variant))}
        pairs = [(row, against[row["round"]]) for row in table.of(name, variant) if row["round"] in against]
        if name == "direct":
            return NOTHING
        return spread([mine[self.field] / other[self.field] for mine, other in pairs if other[self.field]], self.form)


class Added(Ratio):
    """A latency less that of the way without a proxy in the same round."""

    def __init__(self, heading, field):
        super().__init__(heading, field, lambda name, variant: ("direct", variant), "{:,.0f}")

    def cell(self, table, name, variant):
        against = {row["round"]: row for row in table.of("direct", variant)}
        pairs = [(row, against[row["round"]]) for row in table.of(name, variant) if row["round"] in against]
        if name == "direct":
            return NOTHING
        return spread([mine[self.field] - other[self.field] for mine, other in pairs], self.form)


def against(other):
    """The ratio of CPU time to another contestant's."""
    return Ratio(f"× {other}", "cpu_us", lambda name, variant: (other, variant))


def marks(rows):
    """What a reader must know about a row: disturbed, or with answers that were not as asked for."""
    wrong = sum(row.get("wrong", 0) for row in rows) / max(1, sum(row["requests"] for row in rows))
    return quiet(rows)[1] + ("†" if wrong > 0.001 else "")
