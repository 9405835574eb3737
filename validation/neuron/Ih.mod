TITLE Hyperpolarisation-activated cation current (no temperature factor)

NEURON {
    SUFFIX Ih
    NONSPECIFIC_CURRENT i
    RANGE gbar, g, eh
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gbar = 0 (S/cm2)
    eh = -45 (mV)
}

ASSIGNED {
    v (mV)
    i (mA/cm2)
    g (S/cm2)
    minf
    mtau (ms)
}

STATE { m }

INITIAL {
    rates(v)
    m = minf
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gbar*m
    i = g*(v - eh)
}

DERIVATIVE states {
    rates(v)
    m' = (minf - m)/mtau
}

UNITSOFF
PROCEDURE rates(v (mV)) {
    LOCAL a, b
    a = 0.00643*vtrap(-(v + 154.9), 11.9)
    b = 0.193*exp(v/33.1)
    minf = a/(a + b)
    mtau = 1/(a + b)
}

: a/(1 - exp(-a/k)), with its series near a = 0
FUNCTION vtrap(a (mV), k (mV)) (mV) {
    LOCAL x
    x = a/k
    if (fabs(x) < 0.01) {
        vtrap = k*(1 + x/2 + x*x/12 - x*x*x*x/720)
    } else {
        vtrap = a/(1 - exp(-x))
    }
}
UNITSON
