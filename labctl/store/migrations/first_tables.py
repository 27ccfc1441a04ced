"""The first schema. `-- [unit] meaning` above a column also fills the table `columns`.

Frozen once released: a change is a new migration.
"""

DESCRIPTIONS = """
CREATE TABLE columns (
    -- [text] table or view
    table_name TEXT NOT NULL,
    -- [text] column in it
    column_name TEXT NOT NULL,
    -- [text] unit of the stored number; 1: pure number, id: key, text, JSON
    unit TEXT NOT NULL,
    -- [text] what the column says
    meaning TEXT NOT NULL CHECK (meaning <> ''),
    PRIMARY KEY (table_name, column_name)
) STRICT, WITHOUT ROWID;
"""

WORK = """
CREATE TABLE samples (
    -- [id] key
    id INTEGER PRIMARY KEY,
    -- [text] what the laboratory calls it
    name TEXT NOT NULL CHECK (name <> ''),
    -- [text] chemical formula
    composition TEXT NOT NULL DEFAULT '',
    -- [text] the mobile ion, e.g. Li+
    cation TEXT NOT NULL DEFAULT '',
    -- [m] between the electrodes
    thickness_m REAL NOT NULL CHECK (thickness_m > 0 AND thickness_m < 9e999),
    -- [m] standard uncertainty of the thickness
    thickness_u_m REAL NOT NULL DEFAULT 0 CHECK (thickness_u_m >= 0),
    -- [m2] of one electrode
    area_m2 REAL NOT NULL CHECK (area_m2 > 0 AND area_m2 < 9e999),
    -- [m2] standard uncertainty of the area
    area_u_m2 REAL NOT NULL DEFAULT 0 CHECK (area_u_m2 >= 0),
    -- [text] blocking or reversible
    electrodes TEXT NOT NULL CHECK (electrodes IN ('blocking', 'reversible')),
    -- [text] anything else
    note TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE jobs (
    -- [id] key
    id INTEGER PRIMARY KEY,
    -- [text] the same job in every copy of the file
    uuid TEXT NOT NULL UNIQUE,
    -- [text] the protocol file as it was when queued
    protocol_text TEXT NOT NULL,
    -- [text] the sample as it was when queued
    sample_text TEXT NOT NULL DEFAULT '',
    -- [text] where it stands
    state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN
        ('queued', 'held', 'running', 'finished', 'failed', 'cancelled', 'interrupted')),
    -- [text] why it stands there
    reason TEXT NOT NULL DEFAULT '',
    -- [1] higher goes first
    priority INTEGER NOT NULL DEFAULT 0,
    -- [1] order among equal priorities, lower goes first
    position INTEGER NOT NULL DEFAULT 0,
    -- [text] who queued it
    person TEXT NOT NULL DEFAULT '',
    -- [s since 1970-01-01 UTC] earliest start; NULL: at once
    not_before_s REAL,
    -- [s since 1970-01-01 UTC] wanted by then; NULL: whenever
    deadline_s REAL,
    -- [JSON] what to do when it fails
    failure_policy TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(failure_policy)),
    -- [s since 1970-01-01 UTC] when it was queued
    created_s REAL NOT NULL
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state, priority DESC, position);

CREATE TABLE job_history (
    -- [id] key
    id INTEGER PRIMARY KEY,
    -- [id] the job
    job_id INTEGER NOT NULL REFERENCES jobs,
    -- [s since 1970-01-01 UTC] when it changed
    time_s REAL NOT NULL,
    -- [text] the state it came to
    state TEXT NOT NULL,
    -- [text] why
    reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX job_history_by_job ON job_history (job_id);

CREATE TABLE runs (
    -- [id] key in this file
    id INTEGER PRIMARY KEY,
    -- [text] the same run in every copy of the file
    uuid TEXT NOT NULL UNIQUE,
    -- [id] the job it served; NULL: started by hand
    job_id INTEGER REFERENCES jobs,
    -- [id] what was measured
    sample_id INTEGER NOT NULL REFERENCES samples,
    -- [text] module:Class that measured
    procedure TEXT NOT NULL CHECK (procedure <> ''),
    -- [JSON] its parameters, exact
    parameters TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(parameters)),
    -- [text] name of the station
    station TEXT NOT NULL DEFAULT '',
    -- [text] the station file as it was
    station_text TEXT NOT NULL DEFAULT '',
    -- [text] the protocol file as it was
    protocol_text TEXT NOT NULL DEFAULT '',
    -- [text] whose time the times are
    clock TEXT NOT NULL DEFAULT 'real' CHECK (clock IN ('real', 'scaled', 'virtual')),
    -- [text] interrupted: its process vanished
    status TEXT NOT NULL DEFAULT 'running' CHECK (status IN
        ('running', 'finished', 'failed', 'aborted', 'interrupted')),
    -- [text] why it ended so
    reason TEXT NOT NULL DEFAULT '',
    -- [s since 1970-01-01 UTC] start
    started_s REAL NOT NULL,
    -- [s since 1970-01-01 UTC] end; NULL: not known
    ended_s REAL CHECK (ended_s IS NULL OR status <> 'running'),
    -- [1] process that measured
    pid INTEGER NOT NULL,
    -- [text] when that process was born, as its system writes it
    process_birth TEXT NOT NULL DEFAULT '',
    -- [text] computer that measured
    host TEXT NOT NULL,
    -- [text] of the measured rows, made when the run ended
    content_hash TEXT CHECK (content_hash IS NULL OR status <> 'running')
) STRICT;
CREATE INDEX runs_by_status ON runs (status);

CREATE TABLE run_provenance (
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [text] what is recorded, e.g. labctl_version
    key TEXT NOT NULL,
    -- [JSON] its value
    value TEXT NOT NULL CHECK (json_valid(value)),
    PRIMARY KEY (run_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_instruments (
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [text] its name on the bench, e.g. fra
    role TEXT NOT NULL,
    -- [text] its name in the station file
    name TEXT NOT NULL DEFAULT '',
    -- [text] module:Class that speaks to it
    driver TEXT NOT NULL DEFAULT '',
    -- [text] VISA resource name
    address TEXT NOT NULL DEFAULT '',
    -- [text] what it answered when asked who it is
    identity TEXT NOT NULL DEFAULT '',
    -- [JSON] settings read back at the start
    settings TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(settings)),
    PRIMARY KEY (run_id, role)
) STRICT, WITHOUT ROWID;
"""

MEASURED = """
CREATE TABLE spectra (
    -- [id] key in this file
    id INTEGER PRIMARY KEY,
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [1] order in the run
    number INTEGER NOT NULL CHECK (number >= 0),
    -- [1] temperature step of the protocol
    step INTEGER NOT NULL DEFAULT 0,
    -- [text] on the way up, down, or at one temperature
    branch TEXT NOT NULL DEFAULT 'isothermal'
        CHECK (branch IN ('heating', 'cooling', 'isothermal')),
    -- [K] temperature asked for; NULL: none was
    setpoint_k REAL CHECK (setpoint_k >= 0),
    -- [V] excitation as the analyser counts it; NULL: not known
    amplitude_v REAL CHECK (amplitude_v >= 0),
    -- [V] DC potential under the excitation
    bias_v REAL NOT NULL DEFAULT 0,
    -- [s] integration time per point; NULL: the analyser chose
    integration_s REAL CHECK (integration_s >= 0),
    -- [id] the spectrum this one repeats; NULL: none
    repeat_of INTEGER REFERENCES spectra,
    -- [text] how it ended
    status TEXT NOT NULL DEFAULT 'running' CHECK (status IN
        ('running', 'finished', 'aborted', 'failed', 'interrupted')),
    -- [s since 1970-01-01 UTC] start
    started_s REAL NOT NULL,
    -- [s since 1970-01-01 UTC] end; NULL: not known
    ended_s REAL CHECK (ended_s IS NULL OR status <> 'running'),
    UNIQUE (run_id, number)
) STRICT;

CREATE TABLE impedance_points (
    -- [id] the spectrum
    spectrum_id INTEGER NOT NULL REFERENCES spectra,
    -- [1] order in the spectrum
    number INTEGER NOT NULL CHECK (number >= 0),
    -- [s since 1970-01-01 UTC] when it was measured
    time_s REAL NOT NULL,
    -- [Hz] frequency
    frequency_hz REAL NOT NULL CHECK (frequency_hz > 0 AND frequency_hz < 9e999),
    -- [ohm] real part of the impedance; NULL: no value
    z_real_ohm REAL CHECK (status <> 'ok' OR (z_real_ohm IS NOT NULL AND abs(z_real_ohm) < 9e999)),
    -- [ohm] imaginary part, capacitive below zero; NULL: no value
    z_imag_ohm REAL CHECK (status <> 'ok' OR (z_imag_ohm IS NOT NULL AND abs(z_imag_ohm) < 9e999)),
    -- [K] of the sample at this point; NULL: not measured
    temperature_k REAL CHECK (temperature_k >= 0),
    -- [text] ok, or what was wrong
    status TEXT NOT NULL DEFAULT 'ok' CHECK (status <> ''),
    PRIMARY KEY (spectrum_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE polarisations (
    -- [id] key in this file
    id INTEGER PRIMARY KEY,
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [1] order in the run
    number INTEGER NOT NULL CHECK (number >= 0),
    -- [1] temperature step of the protocol
    step INTEGER NOT NULL DEFAULT 0,
    -- [K] temperature asked for; NULL: none was
    setpoint_k REAL CHECK (setpoint_k >= 0),
    -- [V] potential applied
    potential_v REAL NOT NULL,
    -- [V] potential before, with no current; NULL: not measured
    rest_potential_v REAL,
    -- [text] how it ended
    status TEXT NOT NULL DEFAULT 'running' CHECK (status IN
        ('running', 'finished', 'aborted', 'failed', 'interrupted')),
    -- [s since 1970-01-01 UTC] start
    started_s REAL NOT NULL,
    -- [s since 1970-01-01 UTC] end; NULL: not known
    ended_s REAL CHECK (ended_s IS NULL OR status <> 'running'),
    UNIQUE (run_id, number)
) STRICT;

CREATE TABLE polarisation_points (
    -- [id] the polarisation
    polarisation_id INTEGER NOT NULL REFERENCES polarisations,
    -- [1] order in the polarisation
    number INTEGER NOT NULL CHECK (number >= 0),
    -- [s since 1970-01-01 UTC] when it was measured
    time_s REAL NOT NULL,
    -- [s] since the potential was applied
    elapsed_s REAL NOT NULL,
    -- [V] potential measured; NULL: no value
    potential_v REAL CHECK (status <> 'ok' OR (potential_v IS NOT NULL AND abs(potential_v) < 9e999)),
    -- [A] current measured; NULL: no value
    current_a REAL CHECK (status <> 'ok' OR (current_a IS NOT NULL AND abs(current_a) < 9e999)),
    -- [K] of the sample at this point; NULL: not measured
    temperature_k REAL CHECK (temperature_k >= 0),
    -- [text] ok, or what was wrong
    status TEXT NOT NULL DEFAULT 'ok' CHECK (status <> ''),
    PRIMARY KEY (polarisation_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE temperature_log (
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [1] order in the run
    number INTEGER NOT NULL CHECK (number >= 0),
    -- [s since 1970-01-01 UTC] when it was read
    time_s REAL NOT NULL,
    -- [K] reading; NULL: the sensor gave no value
    temperature_k REAL CHECK (temperature_k >= 0),
    -- [K] temperature asked for; NULL: none was
    setpoint_k REAL CHECK (setpoint_k >= 0),
    -- [text] what the run was doing, e.g. settling
    phase TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE records (
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [1] order in the run
    number INTEGER NOT NULL CHECK (number >= 0),
    -- [s since 1970-01-01 UTC] when it was emitted
    time_s REAL NOT NULL,
    -- [JSON] the row of a procedure with columns of its own
    data TEXT NOT NULL CHECK (json_valid(data)),
    PRIMARY KEY (run_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    -- [id] key in this file, rising with time of writing
    id INTEGER PRIMARY KEY,
    -- [id] the run; NULL: about the station or the file
    run_id INTEGER REFERENCES runs,
    -- [s since 1970-01-01 UTC] when it happened
    time_s REAL NOT NULL,
    -- [text] how grave
    level TEXT NOT NULL CHECK (level IN ('info', 'warning', 'error')),
    -- [text] one word for programs, e.g. settled
    kind TEXT NOT NULL CHECK (kind <> ''),
    -- [text] a sentence for people
    message TEXT NOT NULL,
    -- [JSON] numbers behind it; NULL: none
    details TEXT CHECK (details IS NULL OR json_valid(details))
) STRICT;
CREATE INDEX events_by_run ON events (run_id);
"""

DERIVED = """
CREATE TABLE resistances (
    -- [id] key, never used twice
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- [id] the spectrum it comes from
    spectrum_id INTEGER NOT NULL REFERENCES spectra,
    -- [text] total, bulk, grain_boundary, interphase ...
    quantity TEXT NOT NULL CHECK (quantity <> ''),
    -- [ohm] resistance; NULL: nothing can be said, and the flags tell why
    resistance_ohm REAL CHECK (abs(resistance_ohm) < 9e999),
    -- [ohm] standard uncertainty; NULL: not known
    standard_uncertainty_ohm REAL CHECK (standard_uncertainty_ohm >= 0),
    -- [text] the value bounds the truth from below or above; NULL: an estimate
    bound TEXT CHECK (bound IN ('lower', 'upper')),
    -- [text] equivalent circuit fitted
    circuit TEXT NOT NULL DEFAULT '',
    -- [text] function that made the row
    method TEXT NOT NULL,
    -- [text] its version
    method_version TEXT NOT NULL,
    -- [JSON] list of reservations, as sentences
    flags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(flags)),
    -- [s since 1970-01-01 UTC] when it was made
    derived_s REAL NOT NULL
) STRICT;
CREATE INDEX resistances_by_spectrum ON resistances (spectrum_id);

CREATE TABLE conductivities (
    -- [id] key, never used twice
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- [id] the spectrum it comes from
    spectrum_id INTEGER NOT NULL REFERENCES spectra,
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [K] of the sample during the spectrum; NULL: not measured
    temperature_k REAL CHECK (temperature_k >= 0),
    -- [K] its standard uncertainty; NULL: not known
    temperature_u_k REAL CHECK (temperature_u_k >= 0),
    -- [ohm] ionic resistance used
    total_resistance_ohm REAL NOT NULL CHECK (total_resistance_ohm > 0 AND total_resistance_ohm < 9e999),
    -- [S/m] ionic conductivity
    conductivity_s_m REAL NOT NULL CHECK (conductivity_s_m > 0 AND conductivity_s_m < 9e999),
    -- [S/m] its standard uncertainty, geometry included; NULL: not known
    standard_uncertainty_s_m REAL CHECK (standard_uncertainty_s_m >= 0),
    -- [1] the part that differs from spectrum to spectrum; NULL: not known
    relative_uncertainty_resistance REAL CHECK (relative_uncertainty_resistance >= 0),
    -- [text] the conductivity bounds the truth from below or above; NULL: an estimate
    bound TEXT CHECK (bound IN ('lower', 'upper')),
    -- [text] function that made the row
    method TEXT NOT NULL,
    -- [text] its version
    method_version TEXT NOT NULL,
    -- [JSON] list of reservations, as sentences
    flags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(flags)),
    -- [s since 1970-01-01 UTC] when it was made
    derived_s REAL NOT NULL
) STRICT;
CREATE INDEX conductivities_by_run ON conductivities (run_id);
CREATE INDEX conductivities_by_spectrum ON conductivities (spectrum_id);

CREATE TABLE law_fits (
    -- [id] key, never used twice
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [text] spectra that took part
    branch TEXT NOT NULL CHECK (branch IN ('heating', 'cooling', 'all')),
    -- [text] temperature law
    law TEXT NOT NULL CHECK (law IN ('arrhenius', 'vtf', 'two_segments')),
    -- [text] what was fitted, e.g. ln_sigma_t
    form TEXT NOT NULL,
    -- [1] 1: the law the data favour
    preferred INTEGER NOT NULL DEFAULT 0 CHECK (preferred IN (0, 1)),
    -- [eV] activation (VTF: pseudo-activation) energy; NULL: none
    activation_energy_ev REAL CHECK (abs(activation_energy_ev) < 9e999),
    -- [eV] its standard uncertainty; NULL: not known
    standard_uncertainty_ev REAL CHECK (standard_uncertainty_ev >= 0),
    -- [JSON] name: value, standard_uncertainty, unit
    parameters TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(parameters)),
    -- [1] conductivities that took part
    n_points INTEGER NOT NULL CHECK (n_points >= 0),
    -- [JSON] list of reservations, as sentences
    flags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(flags)),
    -- [text] function that made the row
    method TEXT NOT NULL,
    -- [text] its version
    method_version TEXT NOT NULL,
    -- [s since 1970-01-01 UTC] when it was made
    derived_s REAL NOT NULL
) STRICT;
CREATE INDEX law_fits_by_run ON law_fits (run_id);

CREATE TABLE transference_numbers (
    -- [id] key, never used twice
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- [id] the polarisation it comes from
    polarisation_id INTEGER NOT NULL REFERENCES polarisations,
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [V] potential applied
    delta_v_v REAL NOT NULL,
    -- [V] its standard uncertainty; NULL: not known
    delta_v_u_v REAL CHECK (delta_v_u_v >= 0),
    -- [A] current at the start
    initial_current_a REAL NOT NULL,
    -- [A] its standard uncertainty; NULL: not known
    initial_current_u_a REAL CHECK (initial_current_u_a >= 0),
    -- [A] current in the steady state
    steady_current_a REAL NOT NULL,
    -- [A] its standard uncertainty; NULL: not known
    steady_current_u_a REAL CHECK (steady_current_u_a >= 0),
    -- [ohm] interfacial resistance before
    initial_resistance_ohm REAL NOT NULL,
    -- [ohm] its standard uncertainty; NULL: not known
    initial_resistance_u_ohm REAL CHECK (initial_resistance_u_ohm >= 0),
    -- [ohm] interfacial resistance in the steady state
    steady_resistance_ohm REAL NOT NULL,
    -- [ohm] its standard uncertainty; NULL: not known
    steady_resistance_u_ohm REAL CHECK (steady_resistance_u_ohm >= 0),
    -- [1] transference number of the cation
    value REAL NOT NULL CHECK (abs(value) < 9e999),
    -- [1] its standard uncertainty; NULL: not known
    standard_uncertainty REAL CHECK (standard_uncertainty >= 0),
    -- [JSON] list of reservations, as sentences
    flags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(flags)),
    -- [text] function that made the row
    method TEXT NOT NULL,
    -- [text] its version
    method_version TEXT NOT NULL,
    -- [s since 1970-01-01 UTC] when it was made
    derived_s REAL NOT NULL
) STRICT;
CREATE INDEX transference_numbers_by_run ON transference_numbers (run_id);
CREATE INDEX transference_numbers_by_polarisation ON transference_numbers (polarisation_id);
"""

TABLES = DESCRIPTIONS + WORK + MEASURED + DERIVED
