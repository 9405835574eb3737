"""NEURON, driven by io.galvani.bench.Neuron: one JSON request a line on stdin, one JSON answer a line on stdout.

  {"build": CELL, "cells": n, "library": FILE}  ->  {"neuron": version, "compartments": of one cell}
  {"drive": [[ms, cell, slot]...], "slots": {slot: SYNAPSE}}   begins anew, with these events to come   ->  {}
  {"spikes": ms}                 integrates from t = 0      ->  {"times": upward crossings of 0 mV in the first cell, ms}
  {"run": ms, "table": bool}     integrates from now on     ->  {"seconds": CPU time}

One thread, fixed step, cache_efficient on; psolve, which steps in C and not in the interpreter.
"""
import json
import os
import sys
import time

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # NEURON prints

import neuron  # noqa: E402
from neuron import h  # noqa: E402

pc = h.ParallelContext()
NAMES = {"ehcn": "eh"} | {f"tau{i}_{kind}": f"{kind}_tau{i}" for i in (1, 2) for kind in ("ampa", "nmda")}  # and g<mechanism>bar is gbar
KINDS = {"GABA": "Exp2Syn", "AlphaSynapse": "AlphaTrain"}
GLOBALS = {"cai0": "cai0_ca_ion", "cao": "cao0_ca_ion"}


def shape(s, spec):
    if "points" in spec:
        for x, y, z, diam in zip(*spec["points"]):
            h.pt3dadd(x, y, z, diam, sec=s)
    else:
        s.L, s.diam = spec["L"], spec["diam"]
    s.nseg, s.Ra, s.cm = spec["nseg"], spec["Ra"], spec["cm"]


def fill(s, mechanism, parameters):
    """A mechanism with its parameters, a value for each segment."""
    s.insert(mechanism)
    for name, values in parameters.items():
        if name in GLOBALS:
            setattr(h, GLOBALS[name], values[0])
        elif name in ("ena", "ek"):
            for seg, value in zip(s, values):
                setattr(seg, name, value)
        elif name != "usetable":  # a global of NEURON's hh, set before each run
            name = "gbar" if name == f"g{mechanism}bar" else NAMES.get(name, name)
            for seg, value in zip(s, values):
                setattr(getattr(seg, mechanism), name, value)


def build(cell):
    """The sections of a cell by name, and its clamp."""
    sections = {}
    for spec in cell["sections"]:
        s = sections[spec["name"]] = h.Section(name=spec["name"])
        if "parent" in spec:
            name, x = spec["parent"]
            s.connect(sections[name](x), 0)
        shape(s, spec)
        for mechanism, parameters in spec["mechanisms"].items():
            fill(s, mechanism, parameters)
    clamp = h.IClamp(next(iter(sections.values()))(0.5))
    clamp.delay, clamp.dur, clamp.amp = 0, 1e9, cell["current"]
    return sections, clamp


def synapse(sections, spec):
    p = getattr(h, KINDS.get(spec["kind"], spec["kind"]))(sections[spec["section"]](spec["x"]))
    for name, value in spec["parameters"].items():
        setattr(p, NAMES.get(name, name), value)
    return p


class Model:
    def __init__(self, cell, cells, library):
        if library:
            h.nrn_load_dll(library)
        self.built = [build(cell) for _ in range(cells)]
        h.dt, h.celsius, self.v_init = cell["dt"], cell["celsius"], cell["v_init"]
        h.CVode().cache_efficient(1)
        pc.set_maxstep(10)
        self.soma = next(iter(self.built[0][0].values()))(0.5)
        self.synapses, self.queue = {}, []
        self.begin()

    def begin(self):
        h.finitialize(self.v_init)
        for connection, time in self.queue:
            connection.event(time)
        self.steps = 0

    def drive(self, events, slots):
        """One object takes all events of a synapse."""
        self.synapses, self.queue = {}, []
        for time, cell, slot in events:
            spec, sections = slots[str(slot)], self.built[cell][0]
            if (cell, slot) not in self.synapses:
                s = synapse(sections, spec)
                connection = h.NetCon(None, s)
                connection.delay, connection.weight[0] = 0, spec["weight"]
                self.synapses[cell, slot] = s, connection
            self.queue.append((self.synapses[cell, slot][1], time))
        self.begin()
        return {}

    def advance(self, ms, table):
        if hasattr(h, "usetable_hh"):
            h.usetable_hh = int(table)
        self.steps += round(ms / h.dt)
        pc.psolve(self.steps * h.dt)

    def run(self, ms, table):
        begin = time.process_time()
        self.advance(ms, table)
        return {"seconds": time.process_time() - begin}

    def spikes(self, ms):
        trace = h.Vector().record(self.soma._ref_v)
        self.begin()
        self.advance(ms, False)
        v = list(trace)
        return {"times": [(k - v[k] / (v[k] - v[k - 1])) * h.dt for k in range(1, len(v)) if v[k - 1] < 0 <= v[k]]}


model = None
for line in sys.stdin:
    request = json.loads(line)
    if "build" in request:
        model = Model(request["build"], request["cells"], request.get("library"))
        answer = {"neuron": neuron.__version__, "compartments": sum(s.nseg for s in model.built[0][0].values())}
    elif "drive" in request:
        answer = model.drive(request["drive"], request["slots"])
    elif "spikes" in request:
        answer = model.spikes(request["spikes"])
    else:
        answer = model.run(request["run"], request["table"])
    print(json.dumps(answer), file=answers, flush=True)
