#!/usr/bin/python3
"""Writes validation/cases with NEURON: runs in the format galvani-case-1 and what NEURON makes of them.
Use: cases.py LIBNRNMECH OUTDIR (regenerate.sh does)."""
import csv
import gzip
import io
import json
import pathlib
import re
import shutil
import sys

import numpy as np
from neuron import h

import l5pc
import trees

h.load_file("stdrun.hoc")
h.nrn_load_dll(sys.argv[1])
OUT = pathlib.Path(sys.argv[2])
UNITS = {"v": "mV", "eca": "mV", "cai": "mM", "ina": "mA/cm2", "ik": "mA/cm2", "ica": "mA/cm2", "i": "nA"}
GABA = {"tau1": 1, "tau2": 8, "e": -80}

h.usetable_hh = 0
h.cvode.cache_efficient(1)
h.cai0_ca_ion, h.cao0_ca_ion = 5e-5, 2


# ---- what a case holds -------------------------------------------------------------------------------------------------

def iclamp(delay, dur, amp, section="soma", x=0.5):
    return dict(type="IClamp", section=section, x=x, delay_ms=delay, dur_ms=dur, amp_nA=amp)


def trace(quantity, section="soma", x=0.5, every=1, dtype="<f4"):
    """dtype <f8 where the bound of float64 files is wanted, else <f4."""
    return dict(quantity=quantity, section=section, x=x, every=every, dtype=dtype)


V = trace("v", dtype="<f8")


def run(name, tstop, *traces, stimuli=(), events=None, dt=0.025, v_init=-65, celsius=6.3, spikes=False):
    return dict(name=name, tstop_ms=tstop, dt_ms=dt, v_init_mV=v_init, celsius=celsius, stimuli=list(stimuli),
                events=events, traces=list(traces), spikes=spikes)


def cylinder(L, diam, **mechanisms):
    return [dict(name="soma", L_um=L, diam_um=diam, nseg=1, cm_uF_cm2=1, Ra_ohm_cm=100, mechanisms=mechanisms)]


def slot(kind, weight, section="soma", x=0.5, **kinetics):
    return dict(type=kind, section=section, x=x, weight_uS=weight, **kinetics)


# ---- NEURON ------------------------------------------------------------------------------------------------------------

def build(sections):
    """The sections of a case in NEURON."""
    built = {}
    for spec in sections:
        s = built[spec["name"]] = h.Section(name=spec["name"])
        s.L, s.diam, s.nseg, s.cm, s.Ra = (spec[k] for k in ("L_um", "diam_um", "nseg", "cm_uF_cm2", "Ra_ohm_cm"))
        for mechanism, parameters in spec["mechanisms"].items():
            s.insert(mechanism)
            for name, value in parameters.items():
                if name in ("ena", "ek"):
                    setattr(s, name, value)
                else:
                    name = {f"g{mechanism}bar": "gbar", "ehcn": "eh"}.get(name, name)
                    for seg in s:
                        setattr(getattr(seg, mechanism), name, value)
    return built


def kinetics(spec):
    """Parameters of a point process by NEURON's names: units dropped, pairs of time constants taken apart."""
    named = dict(GABA) if spec["type"] == "GABA" else {}
    for key, value in spec.items():
        if key not in ("slot", "type", "section", "x", "weight_uS"):
            name = re.sub("_(ms|mV|nA|mM)$", "", key)
            if isinstance(value, list):
                stem = name.removesuffix("_tau")
                named |= {f"{stem}_tau1": value[0], f"{stem}_tau2": value[1]}
            else:
                named[name] = value
    return named


def point(sections, spec, **more):
    """A stimulus or synapse in NEURON."""
    kind = {"GABA": "Exp2Syn"}.get(spec["type"], spec["type"])
    p = getattr(h, kind)(sections[spec["section"]](spec["x"]))
    for name, value in (kinetics(spec) | more).items():
        setattr(p, name, value)
    return p


class Simulation:
    """One run of a case, with the point processes and recordings that belong to it."""

    def __init__(self, sections, run, slots):
        self.sections, self.spec = sections, run
        self.points = [(s["type"], s["section"], s["x"], point(sections, s)) for s in run["stimuli"]]
        self.netcons, self.queue = [], []
        synapses = {}
        for time, i, weight in run["events"] or []:
            s = slots[i]
            weight = s["weight_uS"] if weight is None else weight
            if s["type"] == "AlphaSynapse":  # one object an event
                self.points.append(("AlphaSynapse", s["section"], s["x"],
                                    point(sections, s, onset=time, gmax=weight)))
                continue
            if i not in synapses:
                synapses[i] = point(sections, s)
                self.points.append((s["type"], s["section"], s["x"], synapses[i]))
            n = h.NetCon(None, synapses[i])
            n.delay, n.weight[0] = 0, weight
            self.netcons.append(n)
            self.queue.append((n, time))

    def vectors(self, t):
        """Vectors whose sum is a trace: one but for the current of several point processes."""
        seg = self.sections[t["section"]](t["x"])
        if t["quantity"].endswith(".i"):
            kind = t["quantity"][:-2]
            refs = [p._ref_i for k, section, x, p in self.points if (k, section, x) == (kind, t["section"], t["x"])]
        elif "." in t["quantity"]:
            mechanism, state = t["quantity"].split(".")
            refs = [getattr(getattr(seg, mechanism), "_ref_" + state)]
        else:
            refs = [getattr(seg, "_ref_" + t["quantity"])]
        return [h.Vector().record(r) for r in refs]

    def go(self):
        """The traces of the run, and the voltage of the spike detector at every step."""
        r = self.spec
        recorded = [self.vectors(t) for t in r["traces"]]
        detector = h.Vector().record(next(iter(self.sections.values()))(0.5)._ref_v)
        h.dt, h.celsius, h.v_init = r["dt_ms"], r["celsius"], r["v_init_mV"]
        h.steps_per_ms = 1 / h.dt
        h.tstop = r["tstop_ms"]
        h.finitialize(h.v_init)
        for n, time in self.queue:
            n.event(time)
        steps = round(h.tstop / h.dt)
        for _ in range(steps):
            h.fadvance()
        samples = [sum(np.array(v) for v in vs) for vs in recorded]
        assert all(len(s) == steps + 1 for s in samples), (r["name"], [len(s) for s in samples], steps)
        return samples, np.array(detector)


def spike_times(v, dt):
    k = np.flatnonzero((v[:-1] < 0) & (v[1:] >= 0))
    return dict(grid_0mV_ms=[round((i + 1) * dt, 6) for i in k.tolist()],
                interp_0mV_ms=[dt * (i + v[i] / (v[i] - v[i + 1])) for i in k.tolist()])


# ---- files -------------------------------------------------------------------------------------------------------------

def dump(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")


def write_events(path, events, slots):
    weighted = any(w is not None for _, _, w in events)
    with path.open("w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(["time_ms", "cell", "slot", "weight_uS"] if weighted else ["time_ms", "synapse_id"])
        for time, i, weight in events:
            weight = slots[i]["weight_uS"] if weight is None else weight
            out.writerow([time, 0, i, weight] if weighted else [time, i])


def write_table(path, rows):
    """The compartment table of a tree; gzipped, and the same bytes each time."""
    text = io.StringIO()
    out = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    out.writeheader()
    out.writerows(rows)
    path.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))


def case(name, runs, cylinders=None, tree=None, constants=None, slots=()):
    """Runs a case in NEURON and writes its folder: of one cylinder, or of a tree as (sections, compartment table)."""
    folder = OUT / name
    folder.mkdir()
    if tree:
        sections, rows = tree
        write_table(folder / "nodes.csv.gz", rows)
        cell = dict(table="nodes.csv.gz", constants=constants)
    else:
        sections, cell = build(cylinders), dict(sections=cylinders)
    written = []
    for r in runs:
        samples, detector = Simulation(sections, r, slots).go()
        known = {k: r[k] for k in ("name", "dt_ms", "tstop_ms", "v_init_mV", "celsius")}
        if r["stimuli"]:
            known["stimuli"] = r["stimuli"]
        if r["events"]:
            known["events"] = f"events_{r['name']}.csv"
            write_events(folder / known["events"], r["events"], slots)
        known["traces"] = []
        for t, values in zip(r["traces"], samples):
            place = re.sub(r"\W", "", t["section"]) + f"_{t['x']:.2f}"
            file = f"{r['name']}_{t['quantity']}_{place}.npy"
            np.save(folder / file, values[::t["every"]].astype(t["dtype"]))
            known["traces"].append(dict(file=file, quantity=t["quantity"], section=t["section"], x=t["x"],
                                        unit=UNITS.get(t["quantity"].split(".")[-1], "1"), every=t["every"]))
        times = spike_times(detector, r["dt_ms"])
        if r["spikes"]:
            known["spikes"] = f"spikes_{r['name']}.json"
            dump(folder / known["spikes"], times)
        written.append(known)
        print(f"{name}/{r['name']}: {len(times['interp_0mV_ms'])} spikes, v {detector.min():.1f} to {detector.max():.1f} mV")
    spec = dict(format="galvani-case-1", case=name, cell=cell)
    if slots:
        spec["slots"] = [dict(slot=i, **s) for i, s in enumerate(slots)]
    dump(folder / "runs.json", spec | dict(runs=written))
    for s in list(sections.values()):
        h.delete_section(sec=s)
    sections.clear()


# ---- the cases ---------------------------------------------------------------------------------------------------------

def channels():
    """Each channel alone beside a leak, pushed up and down; calcium channels over their shell."""
    pas = dict(g=1e-4, e=-70)
    up_and_down = [iclamp(10, 20, 0.04), iclamp(35, 20, 0.12), iclamp(65, 30, -0.02)]
    na, k, shell = dict(ena=50), dict(ek=-85), dict(gamma=0.0005, decay=80)
    for name, density, ion in (("NaTa_t", 0.1, na), ("NaTs2_t", 0.1, na), ("Nap_Et2", 5e-4, na), ("K_Tst", 5e-4, k),
                               ("K_Pst", 5e-4, k), ("SKv3_1", 1e-3, k), ("Im", 1e-4, k), ("Ih", 1e-3, {})):
        states = ["m"] if name in ("SKv3_1", "Im", "Ih") else ["m", "h"]
        current = {"ena": ["ina"], "ek": ["ik"]}.get(next(iter(ion), None), [])
        case("channel_" + name, cylinders=cylinder(20, 20, pas=pas, **{name: {f"g{name}bar": density} | ion}), runs=[
            run("steps", 100, V, *(trace(f"{name}.{s}", every=4) for s in states),
                *(trace(c, every=4) for c in current), stimuli=up_and_down, v_init=-70)])
    for name, density in (("Ca_HVA", 0.002), ("Ca_LVAst", 0.002)):
        case("channel_" + name, cylinders=cylinder(20, 20, pas=pas, **{name: {f"g{name}bar": density}}, CaDynamics_E2=shell),
             runs=[run(f"{celsius}degC", 100, V, *(trace(q, every=4) for q in (f"{name}.m", f"{name}.h", "ica", "cai", "eca")),
                       stimuli=up_and_down, v_init=-70, celsius=celsius) for celsius in (6.3, 34)])
    case("channel_SK_E2", cylinders=cylinder(20, 20, pas=pas, SK_E2=dict(gSK_E2bar=0.005) | k, Ca_HVA=dict(gCa_HVAbar=0.002),
                                             CaDynamics_E2=dict(gamma=0.05, decay=20, depth=0.2, minCai=2e-4)), runs=[
        run("steps", 100, V, *(trace(q, every=4) for q in ("SK_E2.z", "cai", "ik")), stimuli=up_and_down, v_init=-70)])
    squid = dict(gnabar=0.12, gkbar=0, gl=0.0003, el=-54.3) | na
    case("channel_hh_k", cylinders=cylinder(20, 20, pas=pas, hh=squid, hh_k=dict(gkbar=0.036, ek=-77, vshift=10)), runs=[
        run(f"{celsius}degC", 100, V, trace("hh_k.n", every=4), trace("ik", every=4), stimuli=up_and_down, celsius=celsius, spikes=True)
        for celsius in (6.3, 16)])


def hh_tree():
    """A tree of 197 segments of squid axon; daughters at both ends and along the way; other temperatures and steps."""
    end = [trace("v", "dend[6]", 0.96, every=4), trace("v", "dend[13]", 0.5, every=4)]
    case("hh_tree", tree=trees.hh(), constants=dict(ena_mV=50, ek_mV=-77), runs=[
        *(run(f"step_{amp}nA", 50, V, *end, stimuli=[iclamp(5, 40, amp)], spikes=True) for amp in (0.2, 1, 4)),
        run("pulses", 50, V, *end, stimuli=[iclamp(t, 1, 3) for t in (5, 20, 32)], spikes=True),
        run("dend_step", 50, V, *end, trace("hh.m", "dend[6]", 0.5, every=4), trace("ina", "dend[6]", 0.5, every=4),
            stimuli=[iclamp(5, 1, 3, "dend[6]", 0.9)], spikes=True),
        run("16degC", 50, V, *end, stimuli=[iclamp(5, 40, 4)], celsius=16, spikes=True),
        run("dt_0.01", 20, V, *end, stimuli=[iclamp(2, 16, 4)], dt=0.01, spikes=True),
        run("dt_0.1", 50, V, *end, stimuli=[iclamp(5, 40, 4)], dt=0.1, spikes=True)])


def iclamps():
    """Pulses that begin and end on the grid, off it, and within one step."""
    pulses = dict(on_grid=(1, 1), off_grid=(1.01, 0.99), just_before=(0.9875 - 1e-6, 1), just_after=(0.9875 + 1e-6, 1),
                  within_a_step=(1.013, 0.012), none_of_a_step=(1.001, 0.011), at_zero=(0, 2), past_the_end=(3, 100))
    case("iclamp_edges", cylinders=cylinder(20, 20, pas=dict(g=1e-4, e=-70)), runs=[
        *(run(name, 5, V, stimuli=[iclamp(delay, dur, 0.1)], v_init=-70) for name, (delay, dur) in pulses.items()),
        run("two_at_once", 5, V, stimuli=[iclamp(1, 2, 0.1), iclamp(2, 2, -0.3)], v_init=-70)])


def synapses():
    """Each kind of synapse: single, repeated, coincident and weighted events; on and off the grid; then all at once on hh."""
    w = 2**-10  # weights of events are float32
    slots = [slot("ExpSyn", w, tau_ms=3, e_mV=0), slot("Exp2Syn", w, tau1_ms=0.5, tau2_ms=5, e_mV=-75),
             slot("AmpaNmda", w, ampa_tau_ms=[0.2, 1.7], nmda_tau_ms=[2, 65], nmda_ratio=0.71, mg_mM=1, e_mV=0),
             slot("GABA", w), slot("AmpaNmda", 2 * w, ampa_tau_ms=[0.5, 3], nmda_tau_ms=[3, 40], nmda_ratio=2, mg_mM=0.5,
                                       e_mV=5)]
    times = [(0, None), (1, None), (5, 2 * w), (5, w), (12.5, 4 * w), (12.525, 0), (20.011, 8 * w)]
    leak = cylinder(20, 20, pas=dict(g=1e-4, e=-70))
    case("synapses", cylinders=leak, slots=slots, runs=[
        *(run(kind, 40, V, trace(kind + ".i", every=2), v_init=-70, events=[(t, i, x) for t, x in times])
          for i, kind in enumerate(("ExpSyn", "Exp2Syn", "AmpaNmda"))),
        run("GABA", 40, V, v_init=-60, events=[(t, 3, None) for t, _ in times]),
        run("AmpaNmda_other", 40, V, v_init=-70, events=[(t, 4, x) for t, x in times]),
        run("all", 40, V, v_init=-70, events=sorted((t + i, i, x) for i in range(5) for t, x in times if x is not None))])
    squid = cylinder(17.841241161527712, 17.841241161527712, hh=dict(gnabar=0.12, gkbar=0.036, gl=0.0003, el=-54.3, ena=50, ek=-77))
    rng = np.random.default_rng(7)
    train = lambda n, i: [(round(0.025 * int(k), 3), i, None) for k in rng.integers(0, 8000, n)]
    case("synapses_hh", cylinders=squid, slots=slots, runs=[
        run("trains", 200, V, events=sorted(e for i in range(5) for e in train(12, i)), spikes=True)])


def alpha_synapses():
    """AlphaSynapse with its exact onset and its cut-off after 10 tau; coincident and weighted events."""
    slots = [slot("AlphaSynapse", 2.5 * 2**-10, tau_ms=2, e_mV=0), slot("AlphaSynapse", 8 * 2**-10, tau_ms=1, e_mV=-90)]
    times = [(1, None), (1, None), (3.0125 + 1e-4, None), (7.503, 2**-9), (7.999, 2**-8), (20, None)]
    case("alpha_synapses", cylinders=cylinder(20, 20, pas=dict(g=1e-4, e=-70)), slots=slots, runs=[
        run("exc", 50, V, trace("AlphaSynapse.i", every=2), v_init=-70, events=[(t, 0, w) for t, w in times]),
        run("inh", 50, V, v_init=-70, events=[(t, 1, w) for t, w in times]),
        run("both", 50, V, v_init=-70, events=sorted((t, i, w) for i in (0, 1) for t, w in times if w is not None))])


def l5():
    """The layer-5 cell that comes with Galvani: the tree as NEURON imports it, short protocols."""
    cell = l5pc.Cell()
    table = trees.table(list(cell.sections.values()), l5pc.MECHANISMS)
    proximal, distal = cell.site(400), cell.site(620)
    traces = [V | dict(section="soma[0]"), *(trace("v", *s, every=4) for s in (proximal, distal)),
              trace("cai", *distal, every=8)]
    clamp = lambda *a: iclamp(*a, section="soma[0]")
    epsp = dict(type="epsp", section=distal[0], x=distal[1], imax_nA=0.5, tau0_ms=0.5, tau1_ms=5, onset_ms=60)
    slots, events = l5pc.synapses(cell)
    case("l5pc", tree=(cell.sections, table), slots=slots, constants=l5pc.CONSTANTS, runs=[
        run("step", 150, *traces, stimuli=[clamp(20, 120, 1.0)], v_init=-80, spikes=True),
        run("BAC", 120, *traces, trace("epsp.i", *distal, every=4), stimuli=[clamp(55, 5, 1.9), epsp], v_init=-80, spikes=True),
        run("synapses", 200, *traces, events=events, v_init=-80, spikes=True)])


shutil.rmtree(OUT, ignore_errors=True)
OUT.mkdir(parents=True)
for write in (channels, hh_tree, iclamps, synapses, alpha_synapses, l5):
    write()
(OUT / "README.md").write_text(f"""# Cases of our own

Written by `validation/neuron/regenerate.sh` with NEURON {h.nrnversion(5)}, numpy {np.__version__}, from the mechanisms in
`validation/neuron`; fixed step, double precision, hh tables off. Not to be edited. The format is `galvani-case-1`.

| case | what |
|---|---|
""" + "".join(f"| `{name}` | {' '.join(f.__doc__.split())} |\n" for name, f in (
    ("channel_*", channels), ("hh_tree", hh_tree), ("iclamp_edges", iclamps), ("synapses, synapses_hh", synapses),
    ("alpha_synapses", alpha_synapses), ("l5pc", l5))))
