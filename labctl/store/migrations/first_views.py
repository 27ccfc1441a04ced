"""Views in laboratory units (degC, S/cm, 1000/T), for people; labctl itself does not read them."""

VIEWS = """
CREATE VIEW runs_lab_units AS
SELECT
    -- [id] the run
    r.id AS run_id,
    -- [text] sample measured
    s.name AS sample,
    -- [text] chemical formula
    s.composition AS composition,
    -- [text] module:Class that measured
    r.procedure AS procedure,
    -- [text] name of the station
    r.station AS station,
    -- [text] how it ended
    r.status AS status,
    -- [text] why it ended so
    r.reason AS reason,
    -- [UTC] start
    datetime(r.started_s, 'unixepoch') AS started_utc,
    -- [UTC] end
    datetime(r.ended_s, 'unixepoch') AS ended_utc,
    -- [mm] between the electrodes
    s.thickness_m * 1e3 AS thickness_mm,
    -- [cm2] of one electrode
    s.area_m2 * 1e4 AS area_cm2
FROM runs r JOIN samples s ON s.id = r.sample_id;

CREATE VIEW impedance_points_lab_units AS
SELECT
    -- [id] the run
    s.run_id AS run_id,
    -- [id] the spectrum
    p.spectrum_id AS spectrum_id,
    -- [1] order in the spectrum
    p.number AS number,
    -- [degC] of the sample at this point
    p.temperature_k - 273.15 AS temperature_degc,
    -- [Hz] frequency
    p.frequency_hz AS frequency_hz,
    -- [ohm] real part of the impedance
    p.z_real_ohm AS z_real_ohm,
    -- [ohm] imaginary part with the sign turned, as a Nyquist plot draws it
    -p.z_imag_ohm AS minus_z_imag_ohm,
    -- [text] ok, or what was wrong
    p.status AS status
FROM impedance_points p JOIN spectra s ON s.id = p.spectrum_id;

CREATE VIEW temperature_log_lab_units AS
SELECT
    -- [id] the run
    t.run_id AS run_id,
    -- [1] order in the run
    t.number AS number,
    -- [h] since the start of the run
    (t.time_s - r.started_s) / 3600 AS elapsed_h,
    -- [degC] reading
    t.temperature_k - 273.15 AS temperature_degc,
    -- [degC] temperature asked for
    t.setpoint_k - 273.15 AS setpoint_degc,
    -- [text] what the run was doing
    t.phase AS phase
FROM temperature_log t JOIN runs r ON r.id = t.run_id;

CREATE VIEW conductivities_lab_units AS
SELECT
    -- [id] the run
    c.run_id AS run_id,
    -- [id] the spectrum it comes from
    c.spectrum_id AS spectrum_id,
    -- [text] on the way up, down, or at one temperature
    s.branch AS branch,
    -- [degC] of the sample
    c.temperature_k - 273.15 AS temperature_degc,
    -- [1000/K] abscissa of an Arrhenius plot
    1000 / c.temperature_k AS inverse_temperature_1000_k,
    -- [S/cm] ionic conductivity
    c.conductivity_s_m / 100 AS conductivity_s_cm,
    -- [S/cm] its standard uncertainty
    c.standard_uncertainty_s_m / 100 AS standard_uncertainty_s_cm,
    -- [log10(S/cm)] ordinate of the usual plot
    log10(c.conductivity_s_m / 100) AS log10_conductivity_s_cm,
    -- [log10(S K/cm)] ordinate of a sigma T plot
    log10(c.conductivity_s_m / 100 * c.temperature_k) AS log10_sigma_t_s_k_cm,
    -- [text] the conductivity bounds the truth from below or above
    c.bound AS bound,
    -- [JSON] list of reservations, as sentences
    c.flags AS flags
FROM conductivities c JOIN spectra s ON s.id = c.spectrum_id;

CREATE VIEW law_fits_lab_units AS
SELECT
    -- [id] the run
    f.run_id AS run_id,
    -- [text] spectra that took part
    f.branch AS branch,
    -- [text] temperature law
    f.law AS law,
    -- [text] what was fitted
    f.form AS form,
    -- [1] 1: the law the data favour
    f.preferred AS preferred,
    -- [eV] activation energy
    f.activation_energy_ev AS activation_energy_ev,
    -- [kJ/mol] the same
    f.activation_energy_ev * 96.485332123 AS activation_energy_kj_mol,
    -- [kJ/mol] its standard uncertainty
    f.standard_uncertainty_ev * 96.485332123 AS standard_uncertainty_kj_mol,
    -- [1] conductivities that took part
    f.n_points AS n_points,
    -- [JSON] list of reservations, as sentences
    f.flags AS flags
FROM law_fits f;
"""
