"""Trees of sections in NEURON, and their compartment tables."""
from neuron import h


def hh():
    """(sections, table): soma of one segment, 14 branches of 14."""
    sections = {"soma": h.Section(name="soma")}
    soma = sections["soma"]
    soma.L = soma.diam = 20
    soma.nseg, soma.Ra = 1, 120

    def branch(i, parent, x, L, diam):
        s = sections[f"dend[{i}]"] = h.Section(name=f"dend[{i}]")
        s.L, s.diam, s.nseg, s.Ra, s.cm = L, diam, 14, 120, 1 + 0.1 * (i % 3)
        s.connect(parent(x), 0)
        return s

    # Two trunks, one at each end of the soma; a daughter each along the way and at the end, and so once more.
    number = 0
    level = []
    for x in (0, 1):
        level.append(branch(number, soma, x, 150, 3))
        number += 1
    for diam in (1.6, 0.9):
        below = []
        for parent in level:
            for x in (0.4, 1):
                below.append(branch(number, parent, x, 90 + 11 * number, diam))
                number += 1
        level = below
    for s in sections.values():
        s.insert("hh")
        for seg in s:
            seg.hh.gnabar = 0.12 if s is soma else 0.08
    return sections, table(list(sections.values()), {"hh": ["gnabar", "gkbar", "gl"]})


def table(sections, mechanisms):
    """Rows of a compartment table: nodes in order, parents first.

    mechanisms: for each its parameters, under NEURON's names or as (column, NEURON's name)."""
    rows = []
    index = {}  # (section, number of the segment or "end") to node

    def add(kind, s, x, parent, seg, ri):
        row = dict(node=len(rows), kind=kind, section=name(s), x=x, parent=parent,
                   area_um2=seg.area() if kind == "seg" else 0, ri_MOhm=ri, cm_uF_cm2=s.cm if kind == "seg" else 0)
        for mechanism, parameters in mechanisms.items():
            for p in parameters:
                column, attribute = p if isinstance(p, tuple) else (f"{p}_{mechanism}", p)
                here = kind == "seg" and h.ismembrane(mechanism, sec=s)
                row[column] = getattr(getattr(seg, mechanism), attribute) if here else 0
        rows.append(row)
        return row["node"]

    for s in sections:
        at = s.parentseg()
        if at is None:
            parent = add("root0", s, 0, -1, s(0), 0)
            index[name(s), "start"] = parent
        elif at.x == 1:
            parent = index[name(at.sec), "end"]
        elif at.x == 0:  # where the parent itself begins
            parent = index[name(at.sec), "start"]
        else:
            parent = index[name(at.sec), int(at.x * at.sec.nseg)]
        index[name(s), "start"] = parent
        for i, seg in enumerate(s):
            parent = index[name(s), i] = add("seg", s, seg.x, parent, seg, seg.ri())
        index[name(s), "end"] = add("end1", s, 1, parent, s(1), s(1).ri())
    return rows


def name(s):
    """Name of a section without that of its cell."""
    return s.name().split(".")[-1]
