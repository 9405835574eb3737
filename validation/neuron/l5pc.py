"""The layer-5 pyramidal cell that comes with Galvani, in NEURON: its SWC through Import3d, the parameters of Hay et al. (2011)."""
import pathlib

import numpy as np
from neuron import h

import trees

SWC = pathlib.Path(__file__).parents[2] / "java/core/src/main/resources/io/galvani/cells/l5pc.swc"
CONSTANTS = dict(ena_mV=50, ek_mV=-85, eh_mV=-45, cao_mM=2, cai0_mM=5e-5, depth_um=0.1, minCai_mM=1e-4)
CHANNELS = ("NaTa_t", "Nap_Et2", "K_Tst", "K_Pst", "SKv3_1", "SK_E2", "Im", "Ih", "Ca_HVA", "Ca_LVAst")
MECHANISMS = {"pas": ["g", ("e_pas_mV", "e")], **{c: [(f"g{c}bar_{c}", "gbar")] for c in CHANNELS},
              "CaDynamics_E2": ["gamma", "decay"]}


class Cell:
    def __init__(self):
        h.load_file("import3d.hoc")
        reader = h.Import3d_SWC_read()
        reader.input(str(SWC))
        h.Import3d_GUI(reader, 0).instantiate(self)
        axon = [h.Section(name=f"axon[{i}]", cell=self) for i in (0, 1)]
        for s in axon:
            s.L, s.diam = 30, 1
        axon[0].connect(self.soma[0](0.5))
        axon[1].connect(axon[0](1))
        parts = [*self.soma, *self.dend, *self.apic, *axon]
        for s in parts:
            s.nseg = 1 + 2 * int(s.L / 40)
        self.sections = {trees.name(s): s for s in parts}
        put(self.soma, 1, 3.38e-5, NaTa_t=2.04, Nap_Et2=0.00172, K_Tst=0.0812, K_Pst=0.00223, SKv3_1=0.693, SK_E2=0.0441,
            Ih=2e-4, Ca_HVA=0.000992, Ca_LVAst=0.00343)
        put(self.apic, 2, 5.89e-5, NaTa_t=0.0213, SKv3_1=0.000261, SK_E2=0.0012, Im=6.75e-5, Ih=0, Ca_HVA=0, Ca_LVAst=0)
        put(self.dend, 2, 4.67e-5, Ih=2e-4)
        put(axon, 1, 3.25e-5)
        shell(self.soma, 0.000501, 460)
        shell(self.apic, 0.000509, 122)
        self.distribute()

    def distribute(self):
        """Ih and calcium channels over the path length from apic[0](0), taken at x = 1 in the last segment of a section."""
        origin = self.apic[0](0)
        longest = max(h.distance(origin, s(1)) for s in self.apic)
        for s in self.apic:
            for i, seg in enumerate(s):
                d = h.distance(origin, s(1) if i == s.nseg - 1 else seg)
                hot = 685 < d < 885
                seg.Ih.gbar = 2e-4 * (-0.8696 + 2.0870 * np.exp(3.6161 * d / longest))
                seg.Ca_HVA.gbar = 5.55e-4 * (1 if hot else 0.1)
                seg.Ca_LVAst.gbar = 0.0187 * (1 if hot else 0.01)

    def site(self, d):
        """(section, centre of segment) of the thickest apical place at path length d µm from apic[0](0)."""
        origin = self.apic[0](0)
        found = []
        for s in self.apic:
            a, b = h.distance(origin, s(0)), h.distance(origin, s(1))
            if a <= d <= b:
                seg = s((d - a) / (b - a))
                found.append((seg.diam, trees.name(s), seg.x))
        _, section, x = max(found)
        return section, x


def put(sections, cm, leak, **densities):
    for s in sections:
        s.Ra, s.cm = 100, cm
        for mechanism in ("pas", *densities):
            s.insert(mechanism)
        for seg in s:
            seg.pas.g, seg.pas.e = leak, -90
            for mechanism, density in densities.items():
                getattr(seg, mechanism).gbar = density
        if h.ismembrane("na_ion", sec=s):
            s.ena = 50
        if h.ismembrane("k_ion", sec=s):
            s.ek = -85


def shell(sections, gamma, decay):
    for s in sections:
        s.insert("CaDynamics_E2")
        for seg in s:
            seg.CaDynamics_E2.gamma, seg.CaDynamics_E2.decay = gamma, decay


def synapses(cell):
    """(slots, events): 60 excitatory and 20 inhibitory synapses anywhere on the dendrites, 20 and 15 Hz for 200 ms."""
    rng = np.random.default_rng(5)
    places = [(n, seg.x) for n, s in cell.sections.items() if n.startswith(("dend", "apic")) for seg in s]
    slots, events = [], []
    for i in range(80):
        section, x = places[rng.integers(len(places))]
        exc = i < 60
        slots.append(dict(type="AmpaNmda" if exc else "GABA", section=section, x=x, weight_uS=0.004 if exc else 0.003))
        count = rng.poisson(200 * (0.02 if exc else 0.015))
        events += [(round(0.025 * int(k), 3), i, None) for k in rng.integers(0, 7900, count)]
    return slots, sorted(events, key=lambda e: e[:2])
