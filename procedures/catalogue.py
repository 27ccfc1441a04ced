"""List of all procedures shipped with labctl, most used first."""

from procedures.bruce_vincent import BruceVincent
from procedures.condition_series import ConditionSeries
from procedures.dc_polarisation import DCPolarisation
from procedures.eis import EIS
from procedures.electrolysis import Electrolysis
from procedures.electromotive_force import ElectromotiveForce
from procedures.equilibration_watch import EquilibrationWatch
from procedures.hebb_wagner import HebbWagner
from procedures.open_circuit import OpenCircuit
from procedures.temperature_hold import TemperatureHold
from procedures.temperature_ramp_eis import TemperatureRampEIS
from procedures.temperature_stepped_eis import TemperatureSteppedEIS

PROCEDURES = (
    TemperatureSteppedEIS,
    BruceVincent,
    EIS,
    TemperatureRampEIS,
    ConditionSeries,
    EquilibrationWatch,
    DCPolarisation,
    HebbWagner,
    ElectromotiveForce,
    Electrolysis,
    TemperatureHold,
    OpenCircuit,
)
