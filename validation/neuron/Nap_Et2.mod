TITLE Persistent sodium

NEURON {
    SUFFIX Nap_Et2
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
    minf = 1/(1 + exp(-(v + 52.6)/4.6))
    a = 0.182*vtrap(v + 38, 6)
    b = 0.124*vtrap(-(v + 38), 6)
    mtau = 6/((a + b)*qt)
    hinf = 1/(1 + exp((v + 48.8)/10))
    a = 2.88e-6*vtrap(-(v + 17), 4.63)
    b = 6.94e-6*vtrap(v + 64.4, 2.63)
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
