TITLE Potassium of the squid axon alone, its activation shifted to the right by vshift

NEURON {
    SUFFIX hh_k
    USEION k READ ek WRITE ik
    RANGE gkbar, vshift, g
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gkbar = 0.036 (S/cm2)
    vshift = 0 (mV)
    celsius (degC)
}

ASSIGNED {
    v (mV)
    ek (mV)
    ik (mA/cm2)
    g (S/cm2)
    ninf
    ntau (ms)
}

STATE { n }

INITIAL {
    rates(v - vshift)
    n = ninf
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gkbar*n*n*n*n
    ik = g*(v - ek)
}

DERIVATIVE states {
    rates(v - vshift)
    n' = (ninf - n)/ntau
}

UNITSOFF
PROCEDURE rates(u (mV)) { LOCAL a, b, x
    x = -(u + 55)/10
    if (fabs(x) < 1e-6) {
        a = 0.1*(1 - x/2)
    } else {
        a = 0.1*x/(exp(x) - 1)
    }
    b = 0.125*exp(-(u + 65)/80)
    ninf = a/(a + b)
    ntau = 1/((a + b)*3^((celsius - 6.3)/10))
}
UNITSON
