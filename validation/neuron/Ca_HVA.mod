TITLE High-voltage-activated calcium (no temperature factor)

NEURON {
    SUFFIX Ca_HVA
    USEION ca READ eca WRITE ica
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
    eca (mV)
    ica (mA/cm2)
    g (S/cm2)
    minf
    mtau (ms)
    hinf
    htau (ms)
}

STATE { m h }

INITIAL {
    rates(v)
    m = minf
    h = hinf
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gbar*m*m*h
    ica = g*(v - eca)
}

DERIVATIVE states {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
}

UNITSOFF
PROCEDURE rates(v (mV)) {
    LOCAL a, b
    a = 0.055*vtrap(v + 27, 3.8)
    b = 0.94*exp(-(v + 75)/17)
    minf = a/(a + b)
    mtau = 1/(a + b)
    a = 0.000457*exp(-(v + 13)/50)
    b = 0.0065/(1 + exp(-(v + 15)/28))
    hinf = a/(a + b)
    htau = 1/(a + b)
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
