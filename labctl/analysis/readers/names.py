"""Names of columns in the headings of tables, in lower case without spaces, dots and lines."""

NAMES = {
    "frequency": "f freq freqhz frequency frequencyf frequenz fréquence",
    "omega": "2pif angfreq angularfreq angularfrequency omega radfreq w ω",
    "real": (
        "impedancere impedancereal r(z) re(z) re[z] real(z) realimpedance realpartofimpedance "
        "realpartofz realpartz realz reimpedance rez re{z} z' z'(a) zr zre zre(ohm) zreal "
        "zprime zrealpart zreell zs'"
    ),
    "imaginary": (
        "im(z) im[z] imag(z) imag(z)'' imagimpedance imaginaryimpedance imaginarypartofimpedance "
        "imaginarypartofz imaginarypartz imaginaryz imagpartofz imagz imimpedance impedanceim "
        "impedanceimag impedanceimaginary imz im{z} z'' z''(b) zi zim zimag zimaginary zimagpart "
        "zimg zdoubleprime zs''"
    ),
    "modulus": (
        "abs(z) absz impedance impedancemagnitude impedancemodulus mag(z) magnitudeofz magz "
        "mod(z) modz z zabs zmag zmagnitude zmod zmodulus |z|"
    ),
    "phase": (
        "angle(z) arg(z) argz impedancephase phase(z) phaseofz phasez phasez(deg) theta(z) thetaz zphase zphz"
    ),
    "any real": "prim re re() real real() realpart realteil",
    "any imaginary": "im imag imag() imaginary imaginarypart imaginärteil imagpart",
    "any modulus": "abs amplituderatio mag magnitude modulus",
    "any phase": "angle arg phase phaseangle phaseshift phi theta θ φ",
    "resistance": "r resistance",
    "reactance": "reactance x",
    "y real": "admittancereal re(y) real(y) realadmittance realy rey y' yre yreal ys'",
    "y imaginary": "admittanceimag im(y) imag(y) imagadmittance imagy imy y'' yim yimag ys''",
    "y modulus": "abs(y) absy admittance y ymag ymod |y|",
    "y phase": "arg(y) argy phase(y) phasey theta(y) thetay yphase",
    "conductance": "conductance g gp",
    "susceptance": "b bp susceptance",
    "cs": "cs cseries",
    "cp": "cp cparallel",
    "ls": "ls lseries",
    "lp": "lp lparallel",
    "rs": "esr rs rseries",
    "rp": "rp rparallel",
    "d": "d df dissipation dissipationfactor losstangent tan(delta) tand tandelta tanδ",
    "q": "q qualityfactor",
    "eps real": "eps' epsilon' er' permittivity' permittivityreal realpermittivity ε'",
    "eps imaginary": "eps'' epsilon'' er'' imagpermittivity permittivity'' permittivityimag ε''",
    "sigma real": "conductivity' sig' sigma' σ'",
    "sigma imaginary": "conductivity'' sig'' sigma'' σ''",
    "m real": "m' mod' re(m)",
    "m imaginary": "im(m) m'' mod''",
    "s real": "re(s) re(s11) s11' s11re s11real",
    "s imaginary": "im(s) im(s11) s11'' s11im s11imag",
    "temperature": "sampletemperature stagetemperature temp temperatur temperature tsample",
    "bias": "bias biasv biasvoltage dcbias dclevel dcvoltage edc vbias vdc",
    "cycle": (
        "cycle cycle# cycleno cyclenumber loop repeat repetition run scan spectrum spectrumnumber "
        "sweep sweep# sweepno sweepnumber"
    ),
    "time": "elapsedtime time timesec",
    "status": "status",
}
"""Meaning and its names, separated by spaces. `any real` and the like do not say of which quantity."""
