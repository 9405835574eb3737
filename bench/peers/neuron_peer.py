"""Times NEURON on one benchmark case and prints CPU nanoseconds per compartment-step.

  neuron_peer.py CASE CELLS MS [table|exact]

CASE: single (one compartment of 1000 um2), c200, c600 (soma and 4 binary trees, hh everywhere: 197 and 601 compartments).
One thread, fixed step 0.025 ms, cache_efficient on, nothing recorded, a constant current into each soma.
"""
import math
import sys
import time

from neuron import h

CURRENT_NA = {"single": 0.1, "c200": 2.0, "c600": 4.0}
COMPARTMENTS = {"single": 1, "c200": 197, "c600": 601}


def section(name, length, diam, nseg, cell):
    s = h.Section(name=name)
    s.L, s.diam, s.nseg, s.Ra, s.cm = length, diam, nseg, 100, 1
    s.insert("hh")
    cell.append(s)
    return s


def grow(parent, x, level, depth, nseg, cell):
    s = section("dend", 10.0 * nseg, 2.0 * 2 ** (-2.0 * level / 3.0), nseg, cell)
    s.connect(parent(x))
    if level + 1 < depth:
        for _ in range(2):
            grow(s, 1, level + 1, depth, nseg, cell)


def build(case):
    cell = []
    if case == "single":
        side = math.sqrt(1000 / math.pi)
        section("soma", side, side, 1, cell)
    else:
        depth, nseg = (4, 10) if case == "c600" else (3, 7)
        soma = section("soma", 20.0, 20.0, 1, cell)
        for _ in range(4):
            grow(soma, 0.5, 0, depth, nseg, cell)
    clamp = h.IClamp(cell[0](0.5))
    clamp.delay, clamp.dur, clamp.amp = 0, 1e9, CURRENT_NA[case]
    return cell, clamp


def main():
    case, cells, ms = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    h.load_file("stdrun.hoc")
    keep = [build(case) for _ in range(cells)]
    h.usetable_hh = 1 if len(sys.argv) > 4 and sys.argv[4] == "table" else 0
    h.cvode.cache_efficient(1)
    h.dt, h.celsius = 0.025, 6.3
    h.finitialize(-65)
    h.continuerun(1)
    steps = round(ms / 0.025)
    begin = time.process_time()
    h.continuerun(1 + ms)
    seconds = time.process_time() - begin
    print(seconds * 1e9 / (cells * COMPARTMENTS[case] * steps))
    return keep


if __name__ == "__main__":
    main()
