TITLE AMPA and NMDA conductances driven by one event stream

NEURON {
    POINT_PROCESS AmpaNmda
    NONSPECIFIC_CURRENT i
    RANGE ampa_tau1, ampa_tau2, nmda_tau1, nmda_tau2, nmda_ratio, mg, e
    RANGE g_ampa, g_nmda, i
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
    (mM) = (milli/liter)
}

PARAMETER {
    ampa_tau1 = 0.2 (ms)
    ampa_tau2 = 1.7 (ms)
    nmda_tau1 = 2 (ms)
    nmda_tau2 = 65 (ms)
    nmda_ratio = 0.71     : NMDA peak over AMPA peak
    mg = 1 (mM)
    e = 0 (mV)
}

ASSIGNED {
    v (mV)
    i (nA)
    g_ampa (uS)
    g_nmda (uS)
    fa
    fn
}

STATE {
    Aa (uS)
    Ba (uS)
    An (uS)
    Bn (uS)
}

INITIAL {
    Aa = 0
    Ba = 0
    An = 0
    Bn = 0
    fa = norm(ampa_tau1, ampa_tau2)
    fn = norm(nmda_tau1, nmda_tau2)
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g_ampa = Ba - Aa
    g_nmda = Bn - An
    i = g_ampa*(v - e) + g_nmda*block(v)*(v - e)
}

DERIVATIVE states {
    Aa' = -Aa/ampa_tau1
    Ba' = -Ba/ampa_tau2
    An' = -An/nmda_tau1
    Bn' = -Bn/nmda_tau2
}

: weight = AMPA peak
NET_RECEIVE(weight (uS)) {
    Aa = Aa + weight*fa
    Ba = Ba + weight*fa
    An = An + weight*nmda_ratio*fn
    Bn = Bn + weight*nmda_ratio*fn
}

: factor that makes the peak of exp(-t/t2) - exp(-t/t1) one
FUNCTION norm(t1 (ms), t2 (ms)) {
    LOCAL tp
    tp = t1*t2/(t2 - t1)*log(t2/t1)
    norm = 1/(exp(-tp/t2) - exp(-tp/t1))
}

FUNCTION block(v (mV)) {
    block = 1/(1 + exp(-0.062 (/mV)*v)*mg/3.57 (mM))
}
