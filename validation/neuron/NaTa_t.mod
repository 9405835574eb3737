TITLE Fast inactivating sodium, somatic and apical

NEURON {
    SUFFIX NaTa_t
    USEION na READ ena WRITE ina
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
    ena (mV)
    ina (mA/cm2)
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
    g = gbar*m*m*m*h
    ina = g*(v - ena)
}

DERIVATIVE states {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
}

UNITSOFF
PROCEDURE rates(v (mV)) {
    LOCAL qt, a, b
    qt = 2.3^1.3
    a = 0.182*vtrap(v + 38, 6)
    b = 0.124*vtrap(-(v + 38), 6)
    minf = a/(a + b)
    mtau = 1/((a + b)*qt)
    a = 0.015*vtrap(-(v + 66), 6)
    b = 0.015*vtrap(v + 66, 6)
    hinf = a/(a + b)
    htau = 1/((a + b)*qt)
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
