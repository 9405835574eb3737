TITLE Muscarinic potassium

NEURON {
    SUFFIX Im
    USEION k READ ek WRITE ik
    RANGE gbar, g
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gbar = 0 (S/cm2)
}

ASSIGNED {
    v (mV)
    ek (mV)
    ik (mA/cm2)
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
    ik = g*(v - ek)
}

DERIVATIVE states {
    rates(v)
    m' = (minf - m)/mtau
}

UNITSOFF
PROCEDURE rates(v (mV)) {
    LOCAL qt, a, b
    qt = 2.3^1.3
    a = 0.0033*exp(0.1*(v + 35))
    b = 0.0033*exp(-0.1*(v + 35))
    minf = a/(a + b)
    mtau = 1/((a + b)*qt)
}
UNITSON
