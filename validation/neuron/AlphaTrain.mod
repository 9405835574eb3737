TITLE AlphaSynapse that takes a train of events

COMMENT
NEURON's AlphaSynapse plays once: a train needs an object an event, each of which costs time for ever after. This one has the
same conductance w x exp(1 - x), x = t/tau, for all its events, without the cut after 10 tau. Nothing is judged by it; NEURON is
timed with it.
ENDCOMMENT

NEURON {
    POINT_PROCESS AlphaTrain
    NONSPECIFIC_CURRENT i
    RANGE tau, e, g, i
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    tau = 0.1 (ms)
    e = 0 (mV)
}

ASSIGNED {
    v (mV)
    i (nA)
    g (uS)
    dt (ms)
}

STATE {
    a (uS)
    b (uS)
}

INITIAL {
    a = 0
    b = 0
}

BREAKPOINT {
    SOLVE decay
    g = b
    i = g*(v - e)
}

PROCEDURE decay() {
    b = (b + a*dt/tau)*exp(-dt/tau)
    a = a*exp(-dt/tau)
}

: weight = peak
NET_RECEIVE(weight (uS)) {
    a = a + weight*exp(1)
}
