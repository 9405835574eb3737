TITLE Current source in the shape of an EPSP

NEURON {
    POINT_PROCESS epsp
    NONSPECIFIC_CURRENT i
    RANGE onset, tau0, tau1, imax, i
}

UNITS {
    (nA) = (nanoamp)
}

PARAMETER {
    onset = 0 (ms)
    tau0 = 0.2 (ms)       : rise
    tau1 = 3 (ms)         : decay
    imax = 0 (nA)         : peak, depolarising
}

ASSIGNED {
    i (nA)
    k
}

INITIAL {
    LOCAL tp
    tp = tau0*tau1*log(tau0/tau1)/(tau0 - tau1)
    k = 1/(exp(-tp/tau1) - exp(-tp/tau0))
}

BREAKPOINT {
    if (t < onset) {
        i = 0
    } else {
        i = -imax*k*(cut(-(t - onset)/tau1) - cut(-(t - onset)/tau0))
    }
}

FUNCTION cut(x) {
    if (x < -100) {
        cut = 0
    } else {
        cut = exp(x)
    }
}
