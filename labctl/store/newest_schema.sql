-- Made by python -m labctl.store.migrations from the migrations up to 0038_run_progress
--
PRAGMA application_id = 1818321507;
--
PRAGMA user_version = 0;
--
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
--
INSERT INTO columns VALUES
('all_conductivities', 'analysis_id', 'id', 'the analysis that it belongs to'),
('all_conductivities', 'bound', 'text', 'the conductivity bounds the truth from below or above; NULL: an estimate'),
('all_conductivities', 'budget', 'JSON', 'standard uncertainty of the conductivity by source: {"components": {quantity: [{"source", "change", "type", "common", "cause", "degrees_of_freedom"}]}, "not_stated": [text]}, changes in S/m; NULL: an earlier labctl derived it'),
('all_conductivities', 'conductivity_s_m', 'S/m', 'ionic conductivity'),
('all_conductivities', 'derived_s', 's since 1970-01-01 UTC', 'when it was made'),
('all_conductivities', 'flags', 'JSON', 'list of reservations, as sentences'),
('all_conductivities', 'high_95_s_m', 'S/m', 'upper end of the 95 % interval of the conductivity; NULL: not known, or an earlier labctl derived it'),
('all_conductivities', 'id', 'id', 'key, never used twice'),
('all_conductivities', 'lag_k', 'K', 'how far the sample was behind its sensor, already taken off temperature_k; NULL: not measured'),
('all_conductivities', 'lag_u_k', 'K', 'standard uncertainty of lag_k, which the points of a run have in common; NULL: not measured'),
('all_conductivities', 'low_95_s_m', 'S/m', 'lower end of the 95 % interval of the conductivity; NULL: not known, or an earlier labctl derived it'),
('all_conductivities', 'method', 'text', 'function that made the row'),
('all_conductivities', 'method_version', 'text', 'its version'),
('all_conductivities', 'relative_uncertainty_analyser', '1', 'part of relative_uncertainty_resistance that the analyser''s accuracy gives; NULL: not stated'),
('all_conductivities', 'relative_uncertainty_resistance', '1', 'the part that differs from spectrum to spectrum; NULL: not known'),
('all_conductivities', 'run_id', 'id', 'the run'),
('all_conductivities', 'spectrum_id', 'id', 'the spectrum it comes from'),
('all_conductivities', 'standard_uncertainty_s_m', 'S/m', 'its standard uncertainty, geometry included; NULL: not known'),
('all_conductivities', 'temperature_k', 'K', 'of the sample during the spectrum; NULL: not measured'),
('all_conductivities', 'temperature_max_k', 'K', 'highest temperature read during the spectrum; NULL: not known'),
('all_conductivities', 'temperature_min_k', 'K', 'lowest temperature read during the spectrum; NULL: not known'),
('all_conductivities', 'temperature_rate_k_s', 'K/s', 'slope of the temperature readings during the spectrum; NULL: less than two readings'),
('all_conductivities', 'temperature_u_k', 'K', 'its standard uncertainty; NULL: not known'),
('all_conductivities', 'total_resistance_ohm', 'ohm', 'ionic resistance used'),
('all_law_fits', 'activation_energy_ev', 'eV', 'activation (VTF: pseudo-activation) energy; NULL: none'),
('all_law_fits', 'analysis_id', 'id', 'the analysis that it belongs to'),
('all_law_fits', 'branch', 'text', 'spectra that took part'),
('all_law_fits', 'budget', 'JSON', 'standard uncertainty of each parameter by source: {"components": {quantity: [{"source", "change", "type", "common", "cause", "degrees_of_freedom"}]}, "not_stated": [text]}, changes in the unit of the parameter; NULL: an earlier labctl derived it'),
('all_law_fits', 'condition_quantity', 'text', 'condition beside the temperature that all spectra of this law share; NULL: none was set'),
('all_law_fits', 'condition_setpoint', 'unit in condition_quantity', 'its set point; NULL: none'),
('all_law_fits', 'curve', 'JSON', 'the law as a function of temperature with the covariance of its band; NULL: not kept'),
('all_law_fits', 'derived_s', 's since 1970-01-01 UTC', 'when it was made'),
('all_law_fits', 'flags', 'JSON', 'list of reservations, as sentences'),
('all_law_fits', 'form', 'text', 'what was fitted, e.g. ln_sigma_t'),
('all_law_fits', 'id', 'id', 'key, never used twice'),
('all_law_fits', 'law', 'text', 'temperature law'),
('all_law_fits', 'method', 'text', 'function that made the row'),
('all_law_fits', 'method_version', 'text', 'its version'),
('all_law_fits', 'n_points', '1', 'conductivities that took part'),
('all_law_fits', 'parameters', 'JSON', 'name: value, standard_uncertainty, unit'),
('all_law_fits', 'preferred', '1', '1: the law the data favour'),
('all_law_fits', 'run_id', 'id', 'the run'),
('all_law_fits', 'spectra', 'JSON', 'ids of the spectra that the law stands on, in the order of the fit; NULL: not known'),
('all_law_fits', 'standard_uncertainty_ev', 'eV', 'its standard uncertainty; NULL: not known'),
('all_part_laws', 'activation_energy_ev', 'eV', 'activation energy; NULL: none'),
('all_part_laws', 'analysis_id', 'id', 'the analysis that it belongs to'),
('all_part_laws', 'branch', 'text', 'spectra that took part'),
('all_part_laws', 'budget', 'JSON', 'uncertainty of each parameter by source, as in law_fits; NULL: an earlier labctl derived it'),
('all_part_laws', 'curve', 'JSON', 'the law as a function of temperature with the covariance of its band'),
('all_part_laws', 'derived_s', 's since 1970-01-01 UTC', 'when it was made'),
('all_part_laws', 'flags', 'JSON', 'list of reservations, as sentences'),
('all_part_laws', 'form', 'text', 'what was fitted, e.g. ln_sigma_t'),
('all_part_laws', 'id', 'id', 'key, never used twice'),
('all_part_laws', 'law', 'text', 'temperature law'),
('all_part_laws', 'method', 'text', 'function that made the row'),
('all_part_laws', 'method_version', 'text', 'its version'),
('all_part_laws', 'n_points', '1', 'conductivities that took part'),
('all_part_laws', 'parameters', 'JSON', 'name: value, standard_uncertainty, unit'),
('all_part_laws', 'part', 'text', 'bulk, grain_boundary_apparent or grain_boundary_specific'),
('all_part_laws', 'run_id', 'id', 'the run'),
('all_part_laws', 'spectra', 'JSON', 'ids of the spectra that the law stands on, in the order of the fit'),
('all_part_laws', 'standard_uncertainty_ev', 'eV', 'its standard uncertainty; NULL: not known'),
('all_relaxation_times', 'analysis_id', 'id', 'the analysis that it belongs to'),
('all_relaxation_times', 'capacitance_f', 'F', 'capacitance of the blocking electrodes at the lowest frequency; NULL: they do not block'),
('all_relaxation_times', 'derived_s', 's since 1970-01-01 UTC', 'when it was derived'),
('all_relaxation_times', 'exponent', '1', 'exponent of the blocking electrodes; NULL: they do not block'),
('all_relaxation_times', 'fastest_s', 's', 'first of the time constants, which are spaced evenly by their logarithm'),
('all_relaxation_times', 'flags', 'JSON', 'list of reservations'),
('all_relaxation_times', 'gamma', 'JSON', 'list: resistance per unit of ln(tau) at each time constant, in ohm'),
('all_relaxation_times', 'gamma_high', 'JSON', 'list: upper ends of the 95 % intervals of gamma, in ohm'),
('all_relaxation_times', 'gamma_low', 'JSON', 'list: lower ends of the 95 % intervals of gamma, in ohm'),
('all_relaxation_times', 'id', 'id', 'key in this file'),
('all_relaxation_times', 'inductance_h', 'H', 'inductance in series'),
('all_relaxation_times', 'method', 'text', 'function that computed it'),
('all_relaxation_times', 'method_version', 'text', 'version of the method'),
('all_relaxation_times', 'peaks', 'JSON', 'list of peaks: time_s, fastest_s, slowest_s, resistance_ohm, standard_uncertainty_ohm'),
('all_relaxation_times', 'points_hash', 'text', 'SHA-256 of the points that it stands on'),
('all_relaxation_times', 'rms', '1', 'root mean square of the residuals over |Z|'),
('all_relaxation_times', 'run_id', 'id', 'the run of the spectrum'),
('all_relaxation_times', 'series_ohm', 'ohm', 'resistance in series'),
('all_relaxation_times', 'slowest_s', 's', 'last of them'),
('all_relaxation_times', 'spectrum_id', 'id', 'the spectrum'),
('all_relaxation_times', 'strength', '1', 'strength of the regularisation'),
('all_resistances', 'analyser_u_ohm', 'ohm', 'part of the standard uncertainty that the analyser''s accuracy gives, common to points of one range; NULL: not stated'),
('all_resistances', 'analysis_id', 'id', 'the analysis that it belongs to'),
('all_resistances', 'bound', 'text', 'the value bounds the truth from below or above; NULL: an estimate'),
('all_resistances', 'capacitance_f', 'F', 'effective capacitance of the part, (R Q)^(1/n) / R; NULL: none, or of several arcs'),
('all_resistances', 'capacitance_u_f', 'F', 'standard uncertainty of the capacitance, from the fit alone; NULL: not known'),
('all_resistances', 'circuit', 'text', 'equivalent circuit fitted'),
('all_resistances', 'circuit_fit', 'JSON', 'of a total: {"parameters": {name: {"value", "standard_uncertainty", "unit"}}, "frequency_min_hz", "frequency_max_hz", "n_points", "rms"} of the circuit, fitted without fixture and with leads; NULL: none, or an earlier labctl derived it'),
('all_resistances', 'derived_s', 's since 1970-01-01 UTC', 'when it was made'),
('all_resistances', 'flags', 'JSON', 'list of reservations, as sentences'),
('all_resistances', 'high_95_ohm', 'ohm', 'upper end of the 95 % interval of the resistance; NULL: not known, or an earlier labctl derived it'),
('all_resistances', 'id', 'id', 'key, never used twice'),
('all_resistances', 'isolation_ohm', 'ohm', 'isolation of the channel of the cell, parallel to the sample, as last measured; NULL: not measured'),
('all_resistances', 'low_95_ohm', 'ohm', 'lower end of the 95 % interval of the resistance; NULL: not known, or an earlier labctl derived it'),
('all_resistances', 'method', 'text', 'function that made the row'),
('all_resistances', 'method_version', 'text', 'its version'),
('all_resistances', 'quantity', 'text', 'total, bulk, grain_boundary, interphase ...'),
('all_resistances', 'readings', 'JSON', 'of a total, list: meaning, resistance_ohm, standard_uncertainty_ohm; NULL: none'),
('all_resistances', 'resistance_ohm', 'ohm', 'resistance; NULL: nothing can be said, and the flags tell why'),
('all_resistances', 'specific_resistance_ohm', 'ohm', 'of a grain boundary: resistance times C_gb / C_bulk (brick layer); NULL: not resolved'),
('all_resistances', 'specific_resistance_u_ohm', 'ohm', 'its standard uncertainty, from the fit alone; NULL: not known'),
('all_resistances', 'spectrum_id', 'id', 'the spectrum it comes from'),
('all_resistances', 'standard_uncertainty_ohm', 'ohm', 'standard uncertainty; NULL: not known'),
('all_transference_numbers', 'analysis_id', 'id', 'the analysis that it belongs to'),
('all_transference_numbers', 'budget', 'JSON', 'standard uncertainty of each number by source: {"components": {quantity: [{"source", "change", "type", "common", "cause", "degrees_of_freedom"}]}, "not_stated": [text]}, changes in its unit; NULL: an earlier labctl derived it'),
('all_transference_numbers', 'bulk_resistance_ohm', 'ohm', 'bulk (electronic: total) resistance by impedance; NULL: not known'),
('all_transference_numbers', 'bulk_resistance_u_ohm', 'ohm', 'its standard uncertainty; NULL: not known'),
('all_transference_numbers', 'delta_v_u_v', 'V', 'its standard uncertainty; NULL: not known'),
('all_transference_numbers', 'delta_v_v', 'V', 'potential applied, above the potential at rest'),
('all_transference_numbers', 'derived_s', 's since 1970-01-01 UTC', 'when it was made'),
('all_transference_numbers', 'flags', 'JSON', 'list of reservations, as sentences'),
('all_transference_numbers', 'high_95', '1', 'upper end of its 95 % interval; NULL: not known'),
('all_transference_numbers', 'id', 'id', 'key, never used twice'),
('all_transference_numbers', 'initial_current_a', 'A', 'current at the start'),
('all_transference_numbers', 'initial_current_u_a', 'A', 'its standard uncertainty; NULL: not known'),
('all_transference_numbers', 'initial_resistance_ohm', 'ohm', 'interfacial resistance before; NULL: none is asked for'),
('all_transference_numbers', 'initial_resistance_u_ohm', 'ohm', 'its standard uncertainty; NULL: not known'),
('all_transference_numbers', 'low_95', '1', 'lower end of its 95 % interval; NULL: not known'),
('all_transference_numbers', 'method', 'text', 'function that made the row'),
('all_transference_numbers', 'method_version', 'text', 'its version'),
('all_transference_numbers', 'naive', '1', 'for comparison, steady over initial current; NULL: not known'),
('all_transference_numbers', 'polarisation_id', 'id', 'the polarisation it comes from'),
('all_transference_numbers', 'quantity', 'text', 'rho_plus: current fraction of the cation (Bruce-Vincent); electronic: share of the electrons'),
('all_transference_numbers', 'relaxation', 'JSON', 'the relaxation fitted to the current, by name'),
('all_transference_numbers', 'run_id', 'id', 'the run'),
('all_transference_numbers', 'standard_uncertainty', '1', 'its standard uncertainty; NULL: not known'),
('all_transference_numbers', 'steady_current_a', 'A', 'current in the steady state'),
('all_transference_numbers', 'steady_current_u_a', 'A', 'its standard uncertainty; NULL: not known'),
('all_transference_numbers', 'steady_resistance_ohm', 'ohm', 'interfacial resistance in the steady state; NULL: none is asked for'),
('all_transference_numbers', 'steady_resistance_u_ohm', 'ohm', 'its standard uncertainty; NULL: not known'),
('all_transference_numbers', 'temperature_k', 'K', 'of the sample meanwhile; NULL: not measured'),
('all_transference_numbers', 'value', '1', 'the number; NULL: nothing can be said, and the flags tell why'),
('all_transference_numbers', 'watanabe', '1', 'for comparison, by Watanabe''s formula; NULL: not known'),
('amendments', 'field', 'text', 'what it amends, e.g. thickness, leads, exclusion, remark'),
('amendments', 'id', 'id', 'key, in the order of writing'),
('amendments', 'new_value', 'JSON', 'values that it puts in force, by name with unit; of a revocation: what is in force after it'),
('amendments', 'old_value', 'JSON', 'values in force before, by name with unit'),
('amendments', 'person', 'text', 'who made it'),
('amendments', 'reason', 'text', 'why'),
('amendments', 'revokes', 'id', 'the amendment that it revokes; NULL: none'),
('amendments', 'run_id', 'id', 'the run that it amends; NULL: it amends a sample'),
('amendments', 'sample_id', 'id', 'the sample that it amends, in all of its runs; NULL: it amends a run'),
('amendments', 'time_s', 's since 1970-01-01 UTC', 'when it was made'),
('amendments', 'uuid', 'text', 'the same amendment in every copy of the file'),
('analyser_checks', 'amplitude_v', 'V', 'amplitude, rms'),
('analyser_checks', 'capacitance_f', 'F', 'capacitance parallel to it; 0: none'),
('analyser_checks', 'capacitance_u_f', 'F', 'its standard uncertainty'),
('analyser_checks', 'driver', 'text', 'module:Class that speaks to it'),
('analyser_checks', 'id', 'id', 'key, in the order of the checks'),
('analyser_checks', 'identity', 'text', 'what it answered when asked who it is; empty: it was not reached'),
('analyser_checks', 'instrument', 'text', 'name of the analyser in the station file'),
('analyser_checks', 'labctl_version', 'text', 'version of labctl that measured it'),
('analyser_checks', 'largest_deviation', '1', 'largest deviation of that ratio from 1 at any frequency'),
('analyser_checks', 'largest_phase_rad', 'rad', 'largest deviation of the phase at any frequency'),
('analyser_checks', 'outcome', 'text', 'measured, or failed: it says nothing about the analyser'),
('analyser_checks', 'person', 'text', 'who connected the standard'),
('analyser_checks', 'points', 'JSON', 'list of frequency in Hz, real and imaginary part in ohm, status'),
('analyser_checks', 'problem', 'text', 'why it failed; empty: it did not'),
('analyser_checks', 'ratio', '1', 'mean over the frequencies of |Z| measured / |Z| of the standard; NULL: not measured'),
('analyser_checks', 'ratio_u', '1', 'its standard uncertainty, that of the standard included'),
('analyser_checks', 'resistance_ohm', 'ohm', 'resistance of the standard'),
('analyser_checks', 'resistance_u_ohm', 'ohm', 'its standard uncertainty'),
('analyser_checks', 'simulated', '1', '1: a simulated instrument'),
('analyser_checks', 'source', 'text', 'where these values come from'),
('analyser_checks', 'standard', 'text', 'resistor, or cell: a resistor parallel to a capacitor'),
('analyser_checks', 'station', 'text', 'name of the station'),
('analyser_checks', 'time_s', 's since 1970-01-01 UTC', 'when it was measured, by the clock on the wall'),
('analyses', 'amendments', 'JSON', 'list of the ids of the amendments in force'),
('analyses', 'closed_s', 's since 1970-01-01 UTC', 'when it was closed, after which no row changes; NULL: it is provisional'),
('analyses', 'content_hash', 'text', 'content hash of the run that it was made from; NULL: the run had not ended'),
('analyses', 'created_s', 's since 1970-01-01 UTC', 'when it was begun; of an earlier one, when its newest row was made'),
('analyses', 'id', 'id', 'key in this file'),
('analyses', 'inputs', 'JSON', 'what it was made from: sample in force, numbers of spectra, excluded points, earlier parts'),
('analyses', 'is_current', '1', '1: its rows are shown for the run'),
('analyses', 'labctl_version', 'text', 'version of labctl that made it; empty: not known'),
('analyses', 'method_versions', 'JSON', 'name of each method: its version; empty: see the rows'),
('analyses', 'name', 'text', 'name given to it, once in a run; empty: none'),
('analyses', 'options', 'JSON', 'choices that it was made with, by name; empty: none but the default'),
('analyses', 'origin', 'text', 'inline: made while the run was measured; fit: later; earlier: by a labctl without analyses'),
('analyses', 'person', 'text', 'who made it; empty: not known'),
('analyses', 'run_id', 'id', 'the run'),
('analyses', 'uuid', 'text', 'the same analysis in every copy of the file'),
('analysis_choices', 'analysis_id', 'id', 'the analysis that became the current one'),
('analysis_choices', 'id', 'id', 'key in this file, rising with time of writing'),
('analysis_choices', 'person', 'text', 'who chose it; empty: not known'),
('analysis_choices', 'reason', 'text', 'newest: it was just made; chosen: a person chose it'),
('analysis_choices', 'run_id', 'id', 'the run'),
('analysis_choices', 'time_s', 's since 1970-01-01 UTC', 'when'),
('bench_checks', 'address', 'text', 'VISA resource name, for information: another instrument may have it later'),
('bench_checks', 'answer', 'text', 'what the person answered, or why the instrument could not be read'),
('bench_checks', 'check_name', 'text', 'name of the check, unique among the checks of a driver'),
('bench_checks', 'driver', 'text', 'module:Class that speaks to it'),
('bench_checks', 'driver_sha256', 'text', 'sha256 of the code of that driver; empty: not known'),
('bench_checks', 'expected', 'text', 'the result that would confirm it'),
('bench_checks', 'fingerprint', 'text', 'changes when what is done or expected in this check changes'),
('bench_checks', 'id', 'id', 'key, in the order of the answers'),
('bench_checks', 'identity', 'text', 'what it answered when asked who it is'),
('bench_checks', 'instrument', 'text', 'name of the instrument in the station file'),
('bench_checks', 'labctl_version', 'text', 'version of labctl'),
('bench_checks', 'outcome', 'text', 'confirmed, differs from what is expected, or failed: the instrument could not be read'),
('bench_checks', 'person', 'text', 'who made the check'),
('bench_checks', 'plate', 'text', 'serial number on its plate, as a person typed it; empty: not given'),
('bench_checks', 'reading', 'text', 'what labctl read from the instrument; empty: nothing was read'),
('bench_checks', 'serial', 'text', 'maker, model and serial number of that answer; empty: it has no serial number'),
('bench_checks', 'simulated', '1', '1: a simulated instrument'),
('bench_checks', 'station', 'text', 'name of the station'),
('bench_checks', 'time_s', 's since 1970-01-01 UTC', 'when it was answered, by the clock on the wall'),
('check_points', 'frequency_hz', 'Hz', 'frequency'),
('check_points', 'number', '1', 'order after the spectrum'),
('check_points', 'repeats', '1', 'number of the point of the spectrum that was measured again'),
('check_points', 'spectrum_id', 'id', 'the spectrum, which has ended; its own points are in impedance_points'),
('check_points', 'status', 'text', 'ok, what was wrong, or why it was not measured'),
('check_points', 'temperature_k', 'K', 'of the sample at this point; NULL: not measured'),
('check_points', 'time_s', 's since 1970-01-01 UTC', 'when it was measured, or given up'),
('check_points', 'z_imag_ohm', 'ohm', 'imaginary part, capacitive below zero; NULL: no value'),
('check_points', 'z_real_ohm', 'ohm', 'real part of the impedance; NULL: no value'),
('columns', 'column_name', 'text', 'column in it'),
('columns', 'meaning', 'text', 'what the column says'),
('columns', 'table_name', 'text', 'table or view'),
('columns', 'unit', 'text', 'unit of the stored number; 1: pure number, id: key, text, JSON'),
('conductivities', 'analysis_id', 'id', 'the analysis that it belongs to'),
('conductivities', 'bound', 'text', 'the conductivity bounds the truth from below or above; NULL: an estimate'),
('conductivities', 'budget', 'JSON', 'standard uncertainty of the conductivity by source: {"components": {quantity: [{"source", "change", "type", "common", "cause", "degrees_of_freedom"}]}, "not_stated": [text]}, changes in S/m; NULL: an earlier labctl derived it'),
('conductivities', 'conductivity_s_m', 'S/m', 'ionic conductivity'),
('conductivities', 'derived_s', 's since 1970-01-01 UTC', 'when it was made'),
('conductivities', 'flags', 'JSON', 'list of reservations, as sentences'),
('conductivities', 'high_95_s_m', 'S/m', 'upper end of the 95 % interval of the conductivity; NULL: not known, or an earlier labctl derived it'),
('conductivities', 'id', 'id', 'key, never used twice'),
('conductivities', 'lag_k', 'K', 'how far the sample was behind its sensor, already taken off temperature_k; NULL: not measured'),
('conductivities', 'lag_u_k', 'K', 'standard uncertainty of lag_k, which the points of a run have in common; NULL: not measured'),
('conductivities', 'low_95_s_m', 'S/m', 'lower end of the 95 % interval of the conductivity; NULL: not known, or an earlier labctl derived it'),
('conductivities', 'method', 'text', 'function that made the row'),
('conductivities', 'method_version', 'text', 'its version'),
('conductivities', 'relative_uncertainty_analyser', '1', 'part of relative_uncertainty_resistance that the analyser''s accuracy gives; NULL: not stated'),
('conductivities', 'relative_uncertainty_resistance', '1', 'the part that differs from spectrum to spectrum; NULL: not known'),
('conductivities', 'run_id', 'id', 'the run'),
('conductivities', 'spectrum_id', 'id', 'the spectrum it comes from'),
('conductivities', 'standard_uncertainty_s_m', 'S/m', 'its standard uncertainty, geometry included; NULL: not known'),
('conductivities', 'temperature_k', 'K', 'of the sample during the spectrum; NULL: not measured'),
('conductivities', 'temperature_max_k', 'K', 'highest temperature read during the spectrum; NULL: not known'),
('conductivities', 'temperature_min_k', 'K', 'lowest temperature read during the spectrum; NULL: not known'),
('conductivities', 'temperature_rate_k_s', 'K/s', 'slope of the temperature readings during the spectrum; NULL: less than two readings'),
('conductivities', 'temperature_u_k', 'K', 'its standard uncertainty; NULL: not known'),
('conductivities', 'total_resistance_ohm', 'ohm', 'ionic resistance used'),
('conductivities_lab_units', 'bound', 'text', 'the conductivity bounds the truth from below or above'),
('conductivities_lab_units', 'branch', 'text', 'on the way up, down, or at one temperature'),
('conductivities_lab_units', 'conductivity_s_cm', 'S/cm', 'ionic conductivity'),
('conductivities_lab_units', 'flags', 'JSON', 'list of reservations, as sentences'),
('conductivities_lab_units', 'inverse_temperature_1000_k', '1000/K', 'abscissa of an Arrhenius plot'),
('conductivities_lab_units', 'log10_conductivity_s_cm', 'log10(S/cm)', 'ordinate of the usual plot'),
('conductivities_lab_units', 'log10_sigma_t_s_k_cm', 'log10(S K/cm)', 'ordinate of a sigma T plot'),
('conductivities_lab_units', 'run_id', 'id', 'the run'),
('conductivities_lab_units', 'spectrum_id', 'id', 'the spectrum it comes from'),
('conductivities_lab_units', 'standard_uncertainty_s_cm', 'S/cm', 'its standard uncertainty'),
('conductivities_lab_units', 'temperature_degc', 'degC', 'of the sample'),
('events', 'details', 'JSON', 'numbers behind it; NULL: none'),
('events', 'id', 'id', 'key in this file, rising with time of writing'),
('events', 'kind', 'text', 'one word for programs, e.g. settled'),
('events', 'level', 'text', 'how grave'),
('events', 'message', 'text', 'a sentence for people'),
('events', 'run_id', 'id', 'the run; NULL: about the station or the file'),
('events', 'station', 'text', 'name of the station that it is about; empty: that of its run, or not known'),
('events', 'time_s', 's since 1970-01-01 UTC', 'when it happened'),
('facts', 'details', 'JSON', 'nucleus, ion and other details of the method'),
('facts', 'id', 'id', 'key, in the order of writing'),
('facts', 'kind', 'text', 'what was found, e.g. diffusion_coefficient_m2_s, glass_transition_k'),
('facts', 'person', 'text', 'who wrote it'),
('facts', 'revokes', 'id', 'the fact that it revokes; NULL: none'),
('facts', 'sample_id', 'id', 'the sample that it is about'),
('facts', 'source', 'text', 'method, instrument, notebook or publication that it comes from'),
('facts', 'standard_uncertainty', '1', 'its standard uncertainty, in the same unit; NULL: not known'),
('facts', 'temperature_k', 'K', 'temperature at which it was found; NULL: not given'),
('facts', 'time_s', 's since 1970-01-01 UTC', 'when it was written'),
('facts', 'uuid', 'text', 'the same fact in every copy of the file'),
('facts', 'value', '1', 'number found, in the unit that ends its kind; NULL: it revokes another fact'),
('heartbeats', 'beat_s', 's since 1970-01-01 UTC', 'last sign of life, by the clock on the wall'),
('heartbeats', 'boot', 'text', 'start of that computer'),
('heartbeats', 'doing', 'text', 'what it is doing, as a phrase'),
('heartbeats', 'due_s', 's since 1970-01-01 UTC', 'by then the measuring thread promised its next sign; NULL: no promise'),
('heartbeats', 'expected_end_s', 's since 1970-01-01 UTC', 'expected end of the job, in the station''s time; NULL: not known'),
('heartbeats', 'host', 'text', 'computer it runs on'),
('heartbeats', 'job_id', 'id', 'the job under way; NULL: none'),
('heartbeats', 'last_event_id', 'id', 'last event looked at for notification; NULL: none'),
('heartbeats', 'percent', '%', 'how much of the job is done, as its procedures emit it; NULL: none of them has said so'),
('heartbeats', 'pid', '1', 'process number'),
('heartbeats', 'process', 'text', 'runner or supervisor'),
('heartbeats', 'process_birth', 'text', 'when that process was born, as its system writes it'),
('heartbeats', 'run_id', 'id', 'the run under way; NULL: none'),
('heartbeats', 'setpoint_k', 'K', 'temperature asked for; NULL: none'),
('heartbeats', 'started_s', 's since 1970-01-01 UTC', 'start, by the clock on the wall'),
('heartbeats', 'state', 'text', 'alive, ended (every output was read back off), dead (found so), unsafe (ended or found dead, and not every output was read back off) or dismissed (unsafe, and a person has seen to it)'),
('heartbeats', 'station', 'text', 'name of the station it serves'),
('heartbeats', 'temperature_k', 'K', 'last reading; NULL: none'),
('heartbeats', 'unsafe', 'text', 'which instruments were not read back off, and why; empty: all were'),
('impedance_points', 'frequency_hz', 'Hz', 'frequency'),
('impedance_points', 'number', '1', 'order in the spectrum'),
('impedance_points', 'spectrum_id', 'id', 'the spectrum'),
('impedance_points', 'status', 'text', 'ok, or what was wrong'),
('impedance_points', 'temperature_k', 'K', 'of the sample at this point; NULL: not measured'),
('impedance_points', 'time_s', 's since 1970-01-01 UTC', 'when it was measured'),
('impedance_points', 'z_imag_ohm', 'ohm', 'imaginary part, capacitive below zero; NULL: no value'),
('impedance_points', 'z_real_ohm', 'ohm', 'real part of the impedance; NULL: no value'),
('impedance_points_lab_units', 'frequency_hz', 'Hz', 'frequency'),
('impedance_points_lab_units', 'minus_z_imag_ohm', 'ohm', 'imaginary part with the sign turned, as a Nyquist plot draws it'),
('impedance_points_lab_units', 'number', '1', 'order in the spectrum'),
('impedance_points_lab_units', 'run_id', 'id', 'the run'),
('impedance_points_lab_units', 'spectrum_id', 'id', 'the spectrum'),
('impedance_points_lab_units', 'status', 'text', 'ok, or what was wrong'),
('impedance_points_lab_units', 'temperature_degc', 'degC', 'of the sample at this point'),
('impedance_points_lab_units', 'z_real_ohm', 'ohm', 'real part of the impedance'),
('imported_files', 'acquired', 'text', 'when it was measured, as the file says, on the clock of the computer that measured'),
('imported_files', 'bytes', '1', 'its size'),
('imported_files', 'content', 'blob', 'the file itself, compressed by zlib'),
('imported_files', 'first_spectrum', '1', 'number in the run of its first spectrum'),
('imported_files', 'format', 'text', 'the program that wrote it'),
('imported_files', 'id', 'id', 'key in this file'),
('imported_files', 'n_spectra', '1', 'how many spectra it has'),
('imported_files', 'name', 'text', 'name of the file, without its folder'),
('imported_files', 'number', '1', 'order in the run'),
('imported_files', 'polarisation', '1', 'number in the run of its polarisation; NULL: it has spectra'),
('imported_files', 'remarks', 'JSON', 'list of what the reader left out or guessed, as sentences'),
('imported_files', 'run_id', 'id', 'the run that holds its spectra or its polarisation; its times are those of the import'),
('imported_files', 'sha256', 'text', 'SHA-256 of the file'),
('imported_files', 'temperatures_from', 'text', 'where the temperatures come from: from-name, from-file, a table, or empty: none is known'),
('isolation_checks', 'amplitude_v', 'V', 'amplitude, rms'),
('isolation_checks', 'cell', 'text', 'name of the cell in the station file'),
('isolation_checks', 'channels', 'JSON', 'channels of the switch that were closed'),
('isolation_checks', 'id', 'id', 'key, in the order of the checks'),
('isolation_checks', 'instrument', 'text', 'name of the analyser in the station file'),
('isolation_checks', 'kind', 'text', 'what was in place of the sample'),
('isolation_checks', 'labctl_version', 'text', 'version of labctl that measured it'),
('isolation_checks', 'outcome', 'text', 'measured, or failed: it says nothing about the channel'),
('isolation_checks', 'person', 'text', 'who opened or shorted the cell'),
('isolation_checks', 'points', 'JSON', 'list of frequency in Hz, real and imaginary part in ohm, status'),
('isolation_checks', 'problem', 'text', 'why it failed; empty: it did not'),
('isolation_checks', 'resistance_ohm', 'ohm', 'open: resistance parallel to the sample, at least; short: |Z| in series; NULL: not known'),
('isolation_checks', 'simulated', '1', '1: a simulated instrument'),
('isolation_checks', 'station', 'text', 'name of the station'),
('isolation_checks', 'time_s', 's since 1970-01-01 UTC', 'when it was measured, by the clock on the wall'),
('job_history', 'id', 'id', 'key'),
('job_history', 'job_id', 'id', 'the job'),
('job_history', 'reason', 'text', 'why'),
('job_history', 'state', 'text', 'the state it came to'),
('job_history', 'time_s', 's since 1970-01-01 UTC', 'when it changed'),
('jobs', 'attempts', '1', 'attempts that failed so far'),
('jobs', 'begun_s', 's since 1970-01-01 UTC', 'when it was claimed first; NULL: never'),
('jobs', 'claimed_s', 's since 1970-01-01 UTC', 'when it was claimed last; NULL: never'),
('jobs', 'claims', '1', 'times that it was claimed'),
('jobs', 'cleared', '1', '1: no longer listed'),
('jobs', 'created_s', 's since 1970-01-01 UTC', 'when it was queued'),
('jobs', 'deadline_s', 's since 1970-01-01 UTC', 'wanted by then; NULL: whenever'),
('jobs', 'deaths', '1', 'failed attempts that ended with the death of the runner, since the last finished step'),
('jobs', 'duration_s', 's', 'estimate made when it was queued; NULL: not known'),
('jobs', 'failure_policy', 'JSON', 'what to do when it fails'),
('jobs', 'id', 'id', 'key'),
('jobs', 'not_before_s', 's since 1970-01-01 UTC', 'earliest start; NULL: at once'),
('jobs', 'owner', 'text', 'name of the station that claimed it: no other continues it; empty: none did'),
('jobs', 'person', 'text', 'who queued it'),
('jobs', 'position', '1', 'order among equal priorities, lower goes first'),
('jobs', 'priority', '1', 'higher goes first'),
('jobs', 'protocol_text', 'text', 'the protocol file as it was when queued'),
('jobs', 'reason', 'text', 'why it stands there'),
('jobs', 'rehearsal', 'text', 'wanted, running, passed, failed, impossible or declined; empty: none was asked for'),
('jobs', 'rehearsal_birth', 'text', 'when that process was born, as its system writes it; empty: not known'),
('jobs', 'rehearsal_host', 'text', 'computer of the process that rehearsed it last'),
('jobs', 'rehearsal_of', 'text', 'hash of its inputs: protocol, sample, station and own code; empty: not rehearsed'),
('jobs', 'rehearsal_pid', '1', 'number of the process that rehearsed it last; NULL: none did'),
('jobs', 'rehearsal_reason', 'text', 'why it failed, is impossible or was declined; the result of one that passed'),
('jobs', 'rehearsal_s', 's since 1970-01-01 UTC', 'when its state changed last; NULL: never'),
('jobs', 'rehearsal_tries', '1', 'rehearsals begun since the last result'),
('jobs', 'runner_birth', 'text', 'when that process was born, as its system writes it; empty: not known'),
('jobs', 'runner_host', 'text', 'computer of the runner that claimed it last'),
('jobs', 'runner_pid', '1', 'process number of the runner that claimed it last; NULL: not known'),
('jobs', 'sample_text', 'text', 'the sample as it was when queued'),
('jobs', 'source', 'text', 'file it was queued from'),
('jobs', 'state', 'text', 'where it stands'),
('jobs', 'station', 'text', 'name of the station it was checked for; empty: any'),
('jobs', 'title', 'text', 'what the protocol calls itself'),
('jobs', 'uuid', 'text', 'the same job in every copy of the file'),
('law_fits', 'activation_energy_ev', 'eV', 'activation (VTF: pseudo-activation) energy; NULL: none'),
('law_fits', 'analysis_id', 'id', 'the analysis that it belongs to'),
('law_fits', 'branch', 'text', 'spectra that took part'),
('law_fits', 'budget', 'JSON', 'standard uncertainty of each parameter by source: {"components": {quantity: [{"source", "change", "type", "common", "cause", "degrees_of_freedom"}]}, "not_stated": [text]}, changes in the unit of the parameter; NULL: an earlier labctl derived it'),
('law_fits', 'condition_quantity', 'text', 'condition beside the temperature that all spectra of this law share; NULL: none was set'),
('law_fits', 'condition_setpoint', 'unit in condition_quantity', 'its set point; NULL: none'),
('law_fits', 'curve', 'JSON', 'the law as a function of temperature with the covariance of its band; NULL: not kept'),
('law_fits', 'derived_s', 's since 1970-01-01 UTC', 'when it was made'),
('law_fits', 'flags', 'JSON', 'list of reservations, as sentences'),
('law_fits', 'form', 'text', 'what was fitted, e.g. ln_sigma_t'),
('law_fits', 'id', 'id', 'key, never used twice'),
('law_fits', 'law', 'text', 'temperature law'),
('law_fits', 'method', 'text', 'function that made the row'),
('law_fits', 'method_version', 'text', 'its version'),
('law_fits', 'n_points', '1', 'conductivities that took part'),
('law_fits', 'parameters', 'JSON', 'name: value, standard_uncertainty, unit'),
('law_fits', 'preferred', '1', '1: the law the data favour'),
('law_fits', 'run_id', 'id', 'the run'),
('law_fits', 'spectra', 'JSON', 'ids of the spectra that the law stands on, in the order of the fit; NULL: not known'),
('law_fits', 'standard_uncertainty_ev', 'eV', 'its standard uncertainty; NULL: not known'),
('law_fits_lab_units', 'activation_energy_ev', 'eV', 'activation energy'),
('law_fits_lab_units', 'activation_energy_kj_mol', 'kJ/mol', 'the same'),
('law_fits_lab_units', 'branch', 'text', 'spectra that took part'),
('law_fits_lab_units', 'flags', 'JSON', 'list of reservations, as sentences'),
('law_fits_lab_units', 'form', 'text', 'what was fitted'),
('law_fits_lab_units', 'law', 'text', 'temperature law'),
('law_fits_lab_units', 'n_points', '1', 'conductivities that took part'),
('law_fits_lab_units', 'preferred', '1', '1: the law the data favour'),
('law_fits_lab_units', 'run_id', 'id', 'the run'),
('law_fits_lab_units', 'standard_uncertainty_kj_mol', 'kJ/mol', 'its standard uncertainty'),
('linearity_points', 'amplitude_v', 'V', 'amplitude of this point, rms; that of the spectrum is another'),
('linearity_points', 'frequency_hz', 'Hz', 'frequency'),
('linearity_points', 'number', '1', 'order after the spectrum'),
('linearity_points', 'repeats', '1', 'number of the point of the spectrum at this frequency'),
('linearity_points', 'spectrum_id', 'id', 'the spectrum before, which has ended; its own points are in impedance_points'),
('linearity_points', 'status', 'text', 'ok, what was wrong, or why it was not measured'),
('linearity_points', 'temperature_k', 'K', 'of the sample at this point; NULL: not measured'),
('linearity_points', 'time_s', 's since 1970-01-01 UTC', 'when it was measured, or given up'),
('linearity_points', 'z_imag_ohm', 'ohm', 'imaginary part, capacitive below zero; NULL: no value'),
('linearity_points', 'z_real_ohm', 'ohm', 'real part of the impedance; NULL: no value'),
('monitor_readings', 'instrument', 'text', 'name of the instrument in the station file'),
('monitor_readings', 'number', '1', 'order in the run'),
('monitor_readings', 'quantity', 'text', 'what was read, its name ends in its unit; empty: nothing, as the instrument did not answer'),
('monitor_readings', 'run_id', 'id', 'the run'),
('monitor_readings', 'status', 'text', 'ok, or why there is no value'),
('monitor_readings', 'time_s', 's since 1970-01-01 UTC', 'when it was read, or when it did not answer'),
('monitor_readings', 'value', 'unit in the name of the quantity', 'the reading; NULL: no value'),
('mounts', 'id', 'id', 'key in this file'),
('mounts', 'job_id', 'id', 'the job that starts with this mount; NULL: any'),
('mounts', 'number', '1', 'order among the mounts of the specimen; two entries with one number describe one mount'),
('mounts', 'origin', 'text', 'how it is known: first, mount, amend, other, not asked, before mounts were kept'),
('mounts', 'person', 'text', 'who said so'),
('mounts', 'sample_id', 'id', 'name and geometry of the sample in this mount'),
('mounts', 'specimen', 'text', 'the same for all mounts of one specimen, e.g. of one pellet'),
('mounts', 'time_s', 's since 1970-01-01 UTC', 'when it was written'),
('mounts', 'uuid', 'text', 'the same mount entry in every copy of the file'),
('part_laws', 'activation_energy_ev', 'eV', 'activation energy; NULL: none'),
('part_laws', 'analysis_id', 'id', 'the analysis that it belongs to'),
('part_laws', 'branch', 'text', 'spectra that took part'),
('part_laws', 'budget', 'JSON', 'uncertainty of each parameter by source, as in law_fits; NULL: an earlier labctl derived it'),
('part_laws', 'curve', 'JSON', 'the law as a function of temperature with the covariance of its band'),
('part_laws', 'derived_s', 's since 1970-01-01 UTC', 'when it was made'),
('part_laws', 'flags', 'JSON', 'list of reservations, as sentences'),
('part_laws', 'form', 'text', 'what was fitted, e.g. ln_sigma_t'),
('part_laws', 'id', 'id', 'key, never used twice'),
('part_laws', 'law', 'text', 'temperature law'),
('part_laws', 'method', 'text', 'function that made the row'),
('part_laws', 'method_version', 'text', 'its version'),
('part_laws', 'n_points', '1', 'conductivities that took part'),
('part_laws', 'parameters', 'JSON', 'name: value, standard_uncertainty, unit'),
('part_laws', 'part', 'text', 'bulk, grain_boundary_apparent or grain_boundary_specific'),
('part_laws', 'run_id', 'id', 'the run'),
('part_laws', 'spectra', 'JSON', 'ids of the spectra that the law stands on, in the order of the fit'),
('part_laws', 'standard_uncertainty_ev', 'eV', 'its standard uncertainty; NULL: not known'),
('polarisation_points', 'current_a', 'A', 'current measured; NULL: no value'),
('polarisation_points', 'elapsed_s', 's', 'since the potential was applied'),
('polarisation_points', 'number', '1', 'order in the polarisation'),
('polarisation_points', 'polarisation_id', 'id', 'the polarisation'),
('polarisation_points', 'potential_v', 'V', 'potential measured; NULL: no value'),
('polarisation_points', 'status', 'text', 'ok, or what was wrong'),
('polarisation_points', 'temperature_k', 'K', 'of the sample at this point; NULL: not measured'),
('polarisation_points', 'time_s', 's since 1970-01-01 UTC', 'when it was measured'),
('polarisations', 'ended_by', 'text', 'why the hold ended: steady, extrapolated, maximum time ...; empty: it did not come to its end'),
('polarisations', 'ended_s', 's since 1970-01-01 UTC', 'end; NULL: not known'),
('polarisations', 'id', 'id', 'key in this file'),
('polarisations', 'initial_spectrum_id', 'id', 'the spectrum taken just before; NULL: none'),
('polarisations', 'number', '1', 'order in the run'),
('polarisations', 'potential_v', 'V', 'potential applied'),
('polarisations', 'rest_drift_v_s', 'V/s', 'drift of the potential before, with no current; NULL: not measured'),
('polarisations', 'rest_potential_v', 'V', 'potential before, with no current; NULL: not measured'),
('polarisations', 'run_id', 'id', 'the run'),
('polarisations', 'saved_s', 's', 'waiting that an early end saved, as estimated then; NULL: none was'),
('polarisations', 'setpoint_k', 'K', 'temperature asked for; NULL: none was'),
('polarisations', 'started_s', 's since 1970-01-01 UTC', 'start'),
('polarisations', 'status', 'text', 'how it ended'),
('polarisations', 'steady_spectrum_id', 'id', 'the last spectrum taken while the potential was held; NULL: none'),
('polarisations', 'step', '1', 'temperature step of the protocol'),
('preflights', 'amplitude_v', 'V', 'amplitude, rms'),
('preflights', 'area_m2', 'm2', 'area of the electrodes as it was stated'),
('preflights', 'findings', 'JSON', 'list of subject, verdict (ok, fault, unknown) and words'),
('preflights', 'id', 'id', 'key, in the order of the pre-flights'),
('preflights', 'labctl_version', 'text', 'version of labctl that measured it'),
('preflights', 'outcome', 'text', 'passed, passed in part (something could not be told), or faults'),
('preflights', 'person', 'text', 'who asked for it'),
('preflights', 'points', 'JSON', 'list of frequency in Hz, real and imaginary part in ohm, status'),
('preflights', 'sample', 'text', 'name of the sample'),
('preflights', 'simulated', '1', '1: simulated instruments'),
('preflights', 'station', 'text', 'name of the station'),
('preflights', 'thickness_m', 'm', 'thickness of the sample as it was stated'),
('preflights', 'time_s', 's since 1970-01-01 UTC', 'when it began, by the clock on the wall'),
('preflights', 'words', 'text', 'the verdict in one sentence'),
('queue_pauses', 'after', 'text', 'where the job under way waits: after the point, the step or the job'),
('queue_pauses', 'id', 'id', 'key'),
('queue_pauses', 'paused_s', 's since 1970-01-01 UTC', 'when'),
('queue_pauses', 'person', 'text', 'who paused'),
('queue_pauses', 'reason', 'text', 'why'),
('queue_pauses', 'resumed_s', 's since 1970-01-01 UTC', 'when it was lifted; NULL: in force'),
('queue_pauses', 'station', 'text', 'name of the station that is paused; empty: all'),
('records', 'data', 'JSON', 'the row of a procedure with columns of its own'),
('records', 'number', '1', 'order in the run'),
('records', 'run_id', 'id', 'the run'),
('records', 'time_s', 's since 1970-01-01 UTC', 'when it was emitted'),
('relaxation_times', 'analysis_id', 'id', 'the analysis that it belongs to'),
('relaxation_times', 'capacitance_f', 'F', 'capacitance of the blocking electrodes at the lowest frequency; NULL: they do not block'),
('relaxation_times', 'derived_s', 's since 1970-01-01 UTC', 'when it was derived'),
('relaxation_times', 'exponent', '1', 'exponent of the blocking electrodes; NULL: they do not block'),
('relaxation_times', 'fastest_s', 's', 'first of the time constants, which are spaced evenly by their logarithm'),
('relaxation_times', 'flags', 'JSON', 'list of reservations'),
('relaxation_times', 'gamma', 'JSON', 'list: resistance per unit of ln(tau) at each time constant, in ohm'),
('relaxation_times', 'gamma_high', 'JSON', 'list: upper ends of the 95 % intervals of gamma, in ohm'),
('relaxation_times', 'gamma_low', 'JSON', 'list: lower ends of the 95 % intervals of gamma, in ohm'),
('relaxation_times', 'id', 'id', 'key in this file'),
('relaxation_times', 'inductance_h', 'H', 'inductance in series'),
('relaxation_times', 'method', 'text', 'function that computed it'),
('relaxation_times', 'method_version', 'text', 'version of the method'),
('relaxation_times', 'peaks', 'JSON', 'list of peaks: time_s, fastest_s, slowest_s, resistance_ohm, standard_uncertainty_ohm'),
('relaxation_times', 'points_hash', 'text', 'SHA-256 of the points that it stands on'),
('relaxation_times', 'rms', '1', 'root mean square of the residuals over |Z|'),
('relaxation_times', 'run_id', 'id', 'the run of the spectrum'),
('relaxation_times', 'series_ohm', 'ohm', 'resistance in series'),
('relaxation_times', 'slowest_s', 's', 'last of them'),
('relaxation_times', 'spectrum_id', 'id', 'the spectrum'),
('relaxation_times', 'strength', '1', 'strength of the regularisation'),
('requests', 'asked_s', 's since 1970-01-01 UTC', 'when it was asked'),
('requests', 'claim', '1', 'number of the claim of the job that it is about; NULL: not known'),
('requests', 'details', 'JSON', 'what goes with it'),
('requests', 'id', 'id', 'key, in the order of asking'),
('requests', 'job_id', 'id', 'the job it is about'),
('requests', 'kind', 'text', 'what is asked for'),
('requests', 'outcome', 'text', 'what became of it'),
('requests', 'person', 'text', 'who asked'),
('requests', 'taken_s', 's since 1970-01-01 UTC', 'when the runner took it; NULL: not yet'),
('resistances', 'analyser_u_ohm', 'ohm', 'part of the standard uncertainty that the analyser''s accuracy gives, common to points of one range; NULL: not stated'),
('resistances', 'analysis_id', 'id', 'the analysis that it belongs to'),
('resistances', 'bound', 'text', 'the value bounds the truth from below or above; NULL: an estimate'),
('resistances', 'capacitance_f', 'F', 'effective capacitance of the part, (R Q)^(1/n) / R; NULL: none, or of several arcs'),
('resistances', 'capacitance_u_f', 'F', 'standard uncertainty of the capacitance, from the fit alone; NULL: not known'),
('resistances', 'circuit', 'text', 'equivalent circuit fitted'),
('resistances', 'circuit_fit', 'JSON', 'of a total: {"parameters": {name: {"value", "standard_uncertainty", "unit"}}, "frequency_min_hz", "frequency_max_hz", "n_points", "rms"} of the circuit, fitted without fixture and with leads; NULL: none, or an earlier labctl derived it'),
('resistances', 'derived_s', 's since 1970-01-01 UTC', 'when it was made'),
('resistances', 'flags', 'JSON', 'list of reservations, as sentences'),
('resistances', 'high_95_ohm', 'ohm', 'upper end of the 95 % interval of the resistance; NULL: not known, or an earlier labctl derived it'),
('resistances', 'id', 'id', 'key, never used twice'),
('resistances', 'isolation_ohm', 'ohm', 'isolation of the channel of the cell, parallel to the sample, as last measured; NULL: not measured'),
('resistances', 'low_95_ohm', 'ohm', 'lower end of the 95 % interval of the resistance; NULL: not known, or an earlier labctl derived it'),
('resistances', 'method', 'text', 'function that made the row'),
('resistances', 'method_version', 'text', 'its version'),
('resistances', 'quantity', 'text', 'total, bulk, grain_boundary, interphase ...'),
('resistances', 'readings', 'JSON', 'of a total, list: meaning, resistance_ohm, standard_uncertainty_ohm; NULL: none'),
('resistances', 'resistance_ohm', 'ohm', 'resistance; NULL: nothing can be said, and the flags tell why'),
('resistances', 'specific_resistance_ohm', 'ohm', 'of a grain boundary: resistance times C_gb / C_bulk (brick layer); NULL: not resolved'),
('resistances', 'specific_resistance_u_ohm', 'ohm', 'its standard uncertainty, from the fit alone; NULL: not known'),
('resistances', 'spectrum_id', 'id', 'the spectrum it comes from'),
('resistances', 'standard_uncertainty_ohm', 'ohm', 'standard uncertainty; NULL: not known'),
('run_instruments', 'address', 'text', 'VISA resource name'),
('run_instruments', 'driver', 'text', 'module:Class that speaks to it'),
('run_instruments', 'identity', 'text', 'what it answered when asked who it is'),
('run_instruments', 'name', 'text', 'its name in the station file'),
('run_instruments', 'role', 'text', 'its name on the bench, e.g. fra'),
('run_instruments', 'run_id', 'id', 'the run'),
('run_instruments', 'settings', 'JSON', 'settings read back at the start'),
('run_mounts', 'mount_id', 'id', 'how its sample was mounted'),
('run_mounts', 'run_id', 'id', 'the run'),
('run_parts', 'part_id', 'id', 'itself, and the earlier runs of its job that it continues'),
('run_parts', 'run_id', 'id', 'a run'),
('run_provenance', 'key', 'text', 'what is recorded, e.g. labctl_version'),
('run_provenance', 'run_id', 'id', 'the run'),
('run_provenance', 'value', 'JSON', 'its value'),
('runs', 'cell', 'text', 'cell of the station that its sample was in; NULL: it has one'),
('runs', 'clock', 'text', 'whose time the times are'),
('runs', 'content_hash', 'text', 'of the measured rows, made when the run ended'),
('runs', 'ended_s', 's since 1970-01-01 UTC', 'end; NULL: not known'),
('runs', 'host', 'text', 'computer that measured'),
('runs', 'id', 'id', 'key in this file'),
('runs', 'job_id', 'id', 'the job it served; NULL: started by hand'),
('runs', 'parameters', 'JSON', 'its parameters, exact'),
('runs', 'percent', '%', 'how much of it is done, as its procedure emits it; NULL: it has not said so'),
('runs', 'pid', '1', 'process that measured'),
('runs', 'procedure', 'text', 'module:Class that measured'),
('runs', 'process_birth', 'text', 'when that process was born, as its system writes it'),
('runs', 'protocol_text', 'text', 'the protocol file as it was'),
('runs', 'reason', 'text', 'why it ended so'),
('runs', 'sample_id', 'id', 'what was measured'),
('runs', 'started_s', 's since 1970-01-01 UTC', 'start'),
('runs', 'station', 'text', 'name of the station'),
('runs', 'station_text', 'text', 'the station file as it was'),
('runs', 'status', 'text', 'interrupted: its process vanished'),
('runs', 'uuid', 'text', 'the same run in every copy of the file'),
('runs_lab_units', 'area_cm2', 'cm2', 'of one electrode'),
('runs_lab_units', 'composition', 'text', 'chemical formula'),
('runs_lab_units', 'ended_utc', 'UTC', 'end'),
('runs_lab_units', 'procedure', 'text', 'module:Class that measured'),
('runs_lab_units', 'reason', 'text', 'why it ended so'),
('runs_lab_units', 'run_id', 'id', 'the run'),
('runs_lab_units', 'sample', 'text', 'sample measured'),
('runs_lab_units', 'started_utc', 'UTC', 'start'),
('runs_lab_units', 'station', 'text', 'name of the station'),
('runs_lab_units', 'status', 'text', 'how it ended'),
('runs_lab_units', 'thickness_mm', 'mm', 'between the electrodes'),
('samples', 'area_m2', 'm2', 'of one electrode'),
('samples', 'area_u_m2', 'm2', 'standard uncertainty of the area'),
('samples', 'cation', 'text', 'the mobile ion, e.g. Li+'),
('samples', 'composition', 'text', 'chemical formula'),
('samples', 'current_max_a', 'A', 'largest current that the sample endures; NULL: none given'),
('samples', 'electrode_sides', 'text', 'kinds of both electrodes where they differ; NULL: both are of the kind in electrodes'),
('samples', 'electrodes', 'text', 'blocking or reversible'),
('samples', 'fixture_open', 'JSON', '[frequency Hz, Z'' ohm, Z'''' ohm] of the fixture with nothing in the place of the sample; NULL: none'),
('samples', 'fixture_short', 'JSON', '[frequency Hz, Z'' ohm, Z'''' ohm] of the fixture with a short in the place of the sample; NULL: none'),
('samples', 'id', 'id', 'key'),
('samples', 'lead_ohm', 'ohm', 'resistance of the leads; NULL: not told'),
('samples', 'lead_u_ohm', 'ohm', 'its standard uncertainty; NULL: not told'),
('samples', 'name', 'text', 'what the laboratory calls it'),
('samples', 'note', 'text', 'anything else'),
('samples', 'pellet_area_m2', 'm2', 'of the face of the pellet, which can be larger than its electrodes; NULL: not stated'),
('samples', 'pellet_area_u_m2', 'm2', 'standard uncertainty of the pellet''s area; NULL: not stated'),
('samples', 'potential_max_v', 'V', 'largest potential that the sample endures; NULL: none given'),
('samples', 'temperature_max_k', 'K', 'highest temperature that the sample endures; NULL: none given'),
('samples', 'thermal_expansion_per_k', '1/K', 'linear thermal expansion of the sample; NULL: not stated'),
('samples', 'thermal_expansion_u_per_k', '1/K', 'standard uncertainty of the thermal expansion; NULL: not stated'),
('samples', 'thickness_after_m', 'm', 'between the electrodes, measured after the run; NULL: not measured'),
('samples', 'thickness_after_u_m', 'm', 'standard uncertainty of the thickness after the run; NULL: not stated'),
('samples', 'thickness_m', 'm', 'between the electrodes'),
('samples', 'thickness_u_m', 'm', 'standard uncertainty of the thickness'),
('spectra', 'amplitude_v', 'V', 'excitation as the analyser counts it; NULL: not known'),
('spectra', 'band_k', 'K', 'largest allowed distance of the sample from setpoint_k; NULL: no limit was set'),
('spectra', 'bias_v', 'V', 'DC potential under the excitation'),
('spectra', 'branch', 'text', 'on the way up, down, or at one temperature'),
('spectra', 'condition_quantity', 'text', 'condition beside the temperature that was set, its name ends in its unit, such as oxygen_pa; NULL: none was'),
('spectra', 'condition_setpoint', 'unit in condition_quantity', 'set point of the condition; NULL: none'),
('spectra', 'condition_value', 'unit in condition_quantity', 'condition as it was read when the spectrum began; NULL: not read'),
('spectra', 'ended_s', 's since 1970-01-01 UTC', 'end; NULL: not known'),
('spectra', 'id', 'id', 'key in this file'),
('spectra', 'integration_s', 's', 'integration time per point; NULL: the analyser chose'),
('spectra', 'number', '1', 'order in the run'),
('spectra', 'repeat_of', 'id', 'the spectrum this one repeats; NULL: none'),
('spectra', 'run_id', 'id', 'the run'),
('spectra', 'setpoint_k', 'K', 'temperature asked for; NULL: none was'),
('spectra', 'started_s', 's since 1970-01-01 UTC', 'start'),
('spectra', 'status', 'text', 'how it ended'),
('spectra', 'step', '1', 'temperature step of the protocol'),
('temperature_log', 'number', '1', 'order in the run'),
('temperature_log', 'phase', 'text', 'what the run was doing, e.g. settling'),
('temperature_log', 'run_id', 'id', 'the run'),
('temperature_log', 'setpoint_k', 'K', 'temperature asked for; NULL: none was'),
('temperature_log', 'temperature_k', 'K', 'reading; NULL: the sensor gave no value'),
('temperature_log', 'time_s', 's since 1970-01-01 UTC', 'when it was read'),
('temperature_log_lab_units', 'elapsed_h', 'h', 'since the start of the run'),
('temperature_log_lab_units', 'number', '1', 'order in the run'),
('temperature_log_lab_units', 'phase', 'text', 'what the run was doing'),
('temperature_log_lab_units', 'run_id', 'id', 'the run'),
('temperature_log_lab_units', 'setpoint_degc', 'degC', 'temperature asked for'),
('temperature_log_lab_units', 'temperature_degc', 'degC', 'reading'),
('thermal_steps', 'ended_s', 's since 1970-01-01 UTC', 'when it ended'),
('thermal_steps', 'hold_s', 's', 'how long it was to be held, once settled'),
('thermal_steps', 'max_k', 'K', 'highest reading of the whole step; NULL: none'),
('thermal_steps', 'mean_k', 'K', 'mean of the readings since settled_s; NULL: none'),
('thermal_steps', 'min_k', 'K', 'lowest reading of the whole step; NULL: none'),
('thermal_steps', 'name', 'text', 'its purpose, such as dry, melt, anneal'),
('thermal_steps', 'number', '1', 'place in the thermal history of the run, from 0'),
('thermal_steps', 'run_id', 'id', 'the run'),
('thermal_steps', 'setpoint_k', 'K', 'set point'),
('thermal_steps', 'settled_s', 's since 1970-01-01 UTC', 'when the hold began that ended it; NULL: it never settled'),
('thermal_steps', 'started_s', 's since 1970-01-01 UTC', 'when the oven was set'),
('thermal_steps', 'state', 'text', 'finished, aborted: a person ended it, or failed'),
('transference_numbers', 'analysis_id', 'id', 'the analysis that it belongs to'),
('transference_numbers', 'budget', 'JSON', 'standard uncertainty of each number by source: {"components": {quantity: [{"source", "change", "type", "common", "cause", "degrees_of_freedom"}]}, "not_stated": [text]}, changes in its unit; NULL: an earlier labctl derived it'),
('transference_numbers', 'bulk_resistance_ohm', 'ohm', 'bulk (electronic: total) resistance by impedance; NULL: not known'),
('transference_numbers', 'bulk_resistance_u_ohm', 'ohm', 'its standard uncertainty; NULL: not known'),
('transference_numbers', 'delta_v_u_v', 'V', 'its standard uncertainty; NULL: not known'),
('transference_numbers', 'delta_v_v', 'V', 'potential applied, above the potential at rest'),
('transference_numbers', 'derived_s', 's since 1970-01-01 UTC', 'when it was made'),
('transference_numbers', 'flags', 'JSON', 'list of reservations, as sentences'),
('transference_numbers', 'high_95', '1', 'upper end of its 95 % interval; NULL: not known'),
('transference_numbers', 'id', 'id', 'key, never used twice'),
('transference_numbers', 'initial_current_a', 'A', 'current at the start'),
('transference_numbers', 'initial_current_u_a', 'A', 'its standard uncertainty; NULL: not known'),
('transference_numbers', 'initial_resistance_ohm', 'ohm', 'interfacial resistance before; NULL: none is asked for'),
('transference_numbers', 'initial_resistance_u_ohm', 'ohm', 'its standard uncertainty; NULL: not known'),
('transference_numbers', 'low_95', '1', 'lower end of its 95 % interval; NULL: not known'),
('transference_numbers', 'method', 'text', 'function that made the row'),
('transference_numbers', 'method_version', 'text', 'its version'),
('transference_numbers', 'naive', '1', 'for comparison, steady over initial current; NULL: not known'),
('transference_numbers', 'polarisation_id', 'id', 'the polarisation it comes from'),
('transference_numbers', 'quantity', 'text', 'rho_plus: current fraction of the cation (Bruce-Vincent); electronic: share of the electrons'),
('transference_numbers', 'relaxation', 'JSON', 'the relaxation fitted to the current, by name'),
('transference_numbers', 'run_id', 'id', 'the run'),
('transference_numbers', 'standard_uncertainty', '1', 'its standard uncertainty; NULL: not known'),
('transference_numbers', 'steady_current_a', 'A', 'current in the steady state'),
('transference_numbers', 'steady_current_u_a', 'A', 'its standard uncertainty; NULL: not known'),
('transference_numbers', 'steady_resistance_ohm', 'ohm', 'interfacial resistance in the steady state; NULL: none is asked for'),
('transference_numbers', 'steady_resistance_u_ohm', 'ohm', 'its standard uncertainty; NULL: not known'),
('transference_numbers', 'temperature_k', 'K', 'of the sample meanwhile; NULL: not measured'),
('transference_numbers', 'value', '1', 'the number; NULL: nothing can be said, and the flags tell why'),
('transference_numbers', 'watanabe', '1', 'for comparison, by Watanabe''s formula; NULL: not known');
--
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
, lead_ohm REAL CHECK (lead_ohm >= 0), lead_u_ohm REAL CHECK (lead_u_ohm >= 0), fixture_short TEXT CHECK (fixture_short IS NULL OR json_valid(fixture_short)), fixture_open TEXT CHECK (fixture_open IS NULL OR json_valid(fixture_open)), temperature_max_k REAL CHECK (temperature_max_k >= 0), potential_max_v REAL CHECK (potential_max_v > 0), current_max_a REAL CHECK (current_max_a > 0), electrode_sides TEXT CHECK (electrode_sides IN ('blocking/reversible', 'reversible/blocking')), pellet_area_m2 REAL CHECK (pellet_area_m2 > 0 AND pellet_area_m2 < 9e999), pellet_area_u_m2 REAL CHECK (pellet_area_u_m2 >= 0), thickness_after_m REAL CHECK (thickness_after_m > 0 AND thickness_after_m < 9e999), thickness_after_u_m REAL CHECK (thickness_after_u_m >= 0), thermal_expansion_per_k REAL CHECK (abs(thermal_expansion_per_k) < 0.1), thermal_expansion_u_per_k REAL CHECK (thermal_expansion_u_per_k >= 0)) STRICT;
--
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
, station TEXT NOT NULL DEFAULT '', title TEXT NOT NULL DEFAULT '', source TEXT NOT NULL DEFAULT '', duration_s REAL CHECK (duration_s >= 0), attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0), cleared INTEGER NOT NULL DEFAULT 0 CHECK (cleared IN (0, 1)), owner TEXT NOT NULL DEFAULT '', runner_host TEXT NOT NULL DEFAULT '', runner_pid INTEGER, runner_birth TEXT NOT NULL DEFAULT '', claims INTEGER NOT NULL DEFAULT 0 CHECK (claims >= 0), begun_s REAL, claimed_s REAL, deaths INTEGER NOT NULL DEFAULT 0 CHECK (deaths >= 0), rehearsal TEXT NOT NULL DEFAULT '' CHECK (rehearsal IN ('', 'wanted', 'running', 'passed', 'failed', 'impossible', 'declined')), rehearsal_reason TEXT NOT NULL DEFAULT '', rehearsal_s REAL, rehearsal_host TEXT NOT NULL DEFAULT '', rehearsal_pid INTEGER, rehearsal_birth TEXT NOT NULL DEFAULT '', rehearsal_of TEXT NOT NULL DEFAULT '', rehearsal_tries INTEGER NOT NULL DEFAULT 0 CHECK (rehearsal_tries >= 0)) STRICT;
--
CREATE INDEX jobs_by_state ON jobs (state, priority DESC, position);
--
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
--
CREATE INDEX job_history_by_job ON job_history (job_id);
--
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
, cell TEXT CHECK (cell <> ''), percent REAL CHECK (percent BETWEEN 0 AND 100)) STRICT;
--
CREATE INDEX runs_by_status ON runs (status);
--
CREATE TABLE run_provenance (
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [text] what is recorded, e.g. labctl_version
    key TEXT NOT NULL,
    -- [JSON] its value
    value TEXT NOT NULL CHECK (json_valid(value)),
    PRIMARY KEY (run_id, key)
) STRICT, WITHOUT ROWID;
--
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
--
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
    ended_s REAL CHECK (ended_s IS NULL OR status <> 'running'), band_k REAL CHECK (band_k > 0), condition_quantity TEXT, condition_setpoint REAL CHECK (abs(condition_setpoint) < 9e999), condition_value REAL CHECK (abs(condition_value) < 9e999),
    UNIQUE (run_id, number)
) STRICT;
--
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
--
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
    ended_s REAL CHECK (ended_s IS NULL OR status <> 'running'), rest_drift_v_s REAL CHECK (abs(rest_drift_v_s) < 9e999), initial_spectrum_id INTEGER REFERENCES spectra, steady_spectrum_id INTEGER REFERENCES spectra, ended_by TEXT NOT NULL DEFAULT '', saved_s REAL CHECK (saved_s >= 0),
    UNIQUE (run_id, number)
) STRICT;
--
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
--
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
--
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
--
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
, station TEXT NOT NULL DEFAULT '') STRICT;
--
CREATE INDEX events_by_run ON events (run_id);
--
CREATE TABLE "all_resistances" (
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
, analysis_id INTEGER REFERENCES analyses, analyser_u_ohm REAL CHECK (analyser_u_ohm >= 0), capacitance_f REAL CHECK (capacitance_f >= 0), capacitance_u_f REAL CHECK (capacitance_u_f >= 0), specific_resistance_ohm REAL CHECK (specific_resistance_ohm > 0), specific_resistance_u_ohm REAL CHECK (specific_resistance_u_ohm >= 0), readings TEXT CHECK (readings IS NULL OR json_valid(readings)), circuit_fit TEXT CHECK (circuit_fit IS NULL OR json_valid(circuit_fit)), low_95_ohm REAL CHECK (abs(low_95_ohm) < 9e999), high_95_ohm REAL CHECK (abs(high_95_ohm) < 9e999), isolation_ohm REAL CHECK (isolation_ohm > 0)) STRICT;
--
CREATE INDEX resistances_by_spectrum ON "all_resistances" (spectrum_id);
--
CREATE TABLE "all_conductivities" (
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
, temperature_min_k REAL CHECK (temperature_min_k >= 0), temperature_max_k REAL CHECK (temperature_max_k >= 0), analysis_id INTEGER REFERENCES analyses, relative_uncertainty_analyser REAL CHECK (relative_uncertainty_analyser >= 0), budget TEXT CHECK (budget IS NULL OR json_valid(budget)), temperature_rate_k_s REAL CHECK (abs(temperature_rate_k_s) < 9e999), lag_k REAL CHECK (abs(lag_k) < 9e999), lag_u_k REAL CHECK (lag_u_k >= 0), low_95_s_m REAL CHECK (abs(low_95_s_m) < 9e999), high_95_s_m REAL CHECK (abs(high_95_s_m) < 9e999)) STRICT;
--
CREATE INDEX conductivities_by_run ON "all_conductivities" (run_id);
--
CREATE INDEX conductivities_by_spectrum ON "all_conductivities" (spectrum_id);
--
CREATE TABLE "all_law_fits" (
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
, spectra TEXT CHECK (spectra IS NULL OR json_valid(spectra)), curve TEXT CHECK (curve IS NULL OR json_valid(curve)), analysis_id INTEGER REFERENCES analyses, budget TEXT CHECK (budget IS NULL OR json_valid(budget)), condition_quantity TEXT, condition_setpoint REAL CHECK (abs(condition_setpoint) < 9e999)) STRICT;
--
CREATE INDEX law_fits_by_run ON "all_law_fits" (run_id);
--
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
--
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
--
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
--
CREATE TRIGGER samples_no_delete BEFORE DELETE ON samples WHEN 1 BEGIN SELECT RAISE(ABORT, 'samples is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER runs_no_delete BEFORE DELETE ON runs WHEN 1 BEGIN SELECT RAISE(ABORT, 'runs is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER run_provenance_no_delete BEFORE DELETE ON run_provenance WHEN 1 BEGIN SELECT RAISE(ABORT, 'run_provenance is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER run_instruments_no_delete BEFORE DELETE ON run_instruments WHEN 1 BEGIN SELECT RAISE(ABORT, 'run_instruments is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER spectra_no_delete BEFORE DELETE ON spectra WHEN 1 BEGIN SELECT RAISE(ABORT, 'spectra is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER impedance_points_no_delete BEFORE DELETE ON impedance_points WHEN 1 BEGIN SELECT RAISE(ABORT, 'impedance_points is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER polarisations_no_delete BEFORE DELETE ON polarisations WHEN 1 BEGIN SELECT RAISE(ABORT, 'polarisations is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER polarisation_points_no_delete BEFORE DELETE ON polarisation_points WHEN 1 BEGIN SELECT RAISE(ABORT, 'polarisation_points is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER temperature_log_no_delete BEFORE DELETE ON temperature_log WHEN 1 BEGIN SELECT RAISE(ABORT, 'temperature_log is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER records_no_delete BEFORE DELETE ON records WHEN 1 BEGIN SELECT RAISE(ABORT, 'records is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER events_no_delete BEFORE DELETE ON events WHEN 1 BEGIN SELECT RAISE(ABORT, 'events is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER job_history_no_delete BEFORE DELETE ON job_history WHEN 1 BEGIN SELECT RAISE(ABORT, 'job_history is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER samples_no_replace BEFORE INSERT ON samples WHEN EXISTS (SELECT 1 FROM samples WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'samples is append-only: this row exists'); END;
--
CREATE TRIGGER runs_no_replace BEFORE INSERT ON runs WHEN EXISTS (SELECT 1 FROM runs WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'runs is append-only: this row exists'); END;
--
CREATE TRIGGER run_provenance_no_replace BEFORE INSERT ON run_provenance WHEN EXISTS (SELECT 1 FROM run_provenance WHERE run_id = NEW.run_id AND key = NEW.key) BEGIN SELECT RAISE(ABORT, 'run_provenance is append-only: this row exists'); END;
--
CREATE TRIGGER run_instruments_no_replace BEFORE INSERT ON run_instruments WHEN EXISTS (SELECT 1 FROM run_instruments WHERE run_id = NEW.run_id AND role = NEW.role) BEGIN SELECT RAISE(ABORT, 'run_instruments is append-only: this row exists'); END;
--
CREATE TRIGGER spectra_no_replace BEFORE INSERT ON spectra WHEN EXISTS (SELECT 1 FROM spectra WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'spectra is append-only: this row exists'); END;
--
CREATE TRIGGER impedance_points_no_replace BEFORE INSERT ON impedance_points WHEN EXISTS (SELECT 1 FROM impedance_points WHERE spectrum_id = NEW.spectrum_id AND number = NEW.number) BEGIN SELECT RAISE(ABORT, 'impedance_points is append-only: this row exists'); END;
--
CREATE TRIGGER polarisations_no_replace BEFORE INSERT ON polarisations WHEN EXISTS (SELECT 1 FROM polarisations WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'polarisations is append-only: this row exists'); END;
--
CREATE TRIGGER polarisation_points_no_replace BEFORE INSERT ON polarisation_points WHEN EXISTS (SELECT 1 FROM polarisation_points WHERE polarisation_id = NEW.polarisation_id AND number = NEW.number) BEGIN SELECT RAISE(ABORT, 'polarisation_points is append-only: this row exists'); END;
--
CREATE TRIGGER temperature_log_no_replace BEFORE INSERT ON temperature_log WHEN EXISTS (SELECT 1 FROM temperature_log WHERE run_id = NEW.run_id AND number = NEW.number) BEGIN SELECT RAISE(ABORT, 'temperature_log is append-only: this row exists'); END;
--
CREATE TRIGGER records_no_replace BEFORE INSERT ON records WHEN EXISTS (SELECT 1 FROM records WHERE run_id = NEW.run_id AND number = NEW.number) BEGIN SELECT RAISE(ABORT, 'records is append-only: this row exists'); END;
--
CREATE TRIGGER events_no_replace BEFORE INSERT ON events WHEN EXISTS (SELECT 1 FROM events WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'events is append-only: this row exists'); END;
--
CREATE TRIGGER job_history_no_replace BEFORE INSERT ON job_history WHEN EXISTS (SELECT 1 FROM job_history WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'job_history is append-only: this row exists'); END;
--
CREATE TRIGGER samples_no_update BEFORE UPDATE OF id, name, composition, cation, thickness_m, thickness_u_m, area_m2, area_u_m2, electrodes, note ON samples WHEN 1 BEGIN SELECT RAISE(ABORT, 'samples is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER runs_no_update BEFORE UPDATE OF id, uuid, job_id, sample_id, procedure, parameters, station, station_text, protocol_text, clock, started_s, pid, process_birth, host ON runs WHEN 1 BEGIN SELECT RAISE(ABORT, 'runs is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER run_provenance_no_update BEFORE UPDATE OF run_id, key, value ON run_provenance WHEN 1 BEGIN SELECT RAISE(ABORT, 'run_provenance is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER run_instruments_no_update BEFORE UPDATE OF run_id, role, name, driver, address, identity, settings ON run_instruments WHEN 1 BEGIN SELECT RAISE(ABORT, 'run_instruments is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER spectra_no_update BEFORE UPDATE OF id, run_id, number, step, branch, setpoint_k, amplitude_v, bias_v, integration_s, repeat_of, started_s ON spectra WHEN 1 BEGIN SELECT RAISE(ABORT, 'spectra is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER impedance_points_no_update BEFORE UPDATE OF spectrum_id, number, time_s, frequency_hz, z_real_ohm, z_imag_ohm, temperature_k, status ON impedance_points WHEN 1 BEGIN SELECT RAISE(ABORT, 'impedance_points is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER polarisations_no_update BEFORE UPDATE OF id, run_id, number, step, setpoint_k, potential_v, started_s ON polarisations WHEN 1 BEGIN SELECT RAISE(ABORT, 'polarisations is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER polarisation_points_no_update BEFORE UPDATE OF polarisation_id, number, time_s, elapsed_s, potential_v, current_a, temperature_k, status ON polarisation_points WHEN 1 BEGIN SELECT RAISE(ABORT, 'polarisation_points is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER temperature_log_no_update BEFORE UPDATE OF run_id, number, time_s, temperature_k, setpoint_k, phase ON temperature_log WHEN 1 BEGIN SELECT RAISE(ABORT, 'temperature_log is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER records_no_update BEFORE UPDATE OF run_id, number, time_s, data ON records WHEN 1 BEGIN SELECT RAISE(ABORT, 'records is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER events_no_update BEFORE UPDATE OF id, run_id, time_s, level, kind, message, details ON events WHEN 1 BEGIN SELECT RAISE(ABORT, 'events is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER job_history_no_update BEFORE UPDATE OF id, job_id, time_s, state, reason ON job_history WHEN 1 BEGIN SELECT RAISE(ABORT, 'job_history is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER runs_end_once BEFORE UPDATE ON runs WHEN OLD.status <> 'running' AND NOT (OLD.content_hash IS NULL AND NEW.content_hash IS NOT NULL AND OLD.status = NEW.status AND OLD.reason = NEW.reason AND OLD.ended_s IS NEW.ended_s) BEGIN SELECT RAISE(ABORT, 'runs: this row has ended'); END;
--
CREATE TRIGGER spectra_end_once BEFORE UPDATE ON spectra WHEN OLD.status <> 'running' BEGIN SELECT RAISE(ABORT, 'spectra: this row has ended'); END;
--
CREATE TRIGGER polarisations_end_once BEFORE UPDATE ON polarisations WHEN OLD.status <> 'running' BEGIN SELECT RAISE(ABORT, 'polarisations: this row has ended'); END;
--
CREATE TRIGGER spectra_sealed BEFORE INSERT ON spectra WHEN (SELECT status FROM runs WHERE id = NEW.run_id) <> 'running' BEGIN SELECT RAISE(ABORT, 'spectra: its row in runs has ended'); END;
--
CREATE TRIGGER polarisations_sealed BEFORE INSERT ON polarisations WHEN (SELECT status FROM runs WHERE id = NEW.run_id) <> 'running' BEGIN SELECT RAISE(ABORT, 'polarisations: its row in runs has ended'); END;
--
CREATE TRIGGER temperature_log_sealed BEFORE INSERT ON temperature_log WHEN (SELECT status FROM runs WHERE id = NEW.run_id) <> 'running' BEGIN SELECT RAISE(ABORT, 'temperature_log: its row in runs has ended'); END;
--
CREATE TRIGGER records_sealed BEFORE INSERT ON records WHEN (SELECT status FROM runs WHERE id = NEW.run_id) <> 'running' BEGIN SELECT RAISE(ABORT, 'records: its row in runs has ended'); END;
--
CREATE TRIGGER run_provenance_sealed BEFORE INSERT ON run_provenance WHEN (SELECT status FROM runs WHERE id = NEW.run_id) <> 'running' BEGIN SELECT RAISE(ABORT, 'run_provenance: its row in runs has ended'); END;
--
CREATE TRIGGER run_instruments_sealed BEFORE INSERT ON run_instruments WHEN (SELECT status FROM runs WHERE id = NEW.run_id) <> 'running' BEGIN SELECT RAISE(ABORT, 'run_instruments: its row in runs has ended'); END;
--
CREATE TRIGGER impedance_points_sealed BEFORE INSERT ON impedance_points WHEN (SELECT status FROM spectra WHERE id = NEW.spectrum_id) <> 'running' BEGIN SELECT RAISE(ABORT, 'impedance_points: its row in spectra has ended'); END;
--
CREATE TRIGGER polarisation_points_sealed BEFORE INSERT ON polarisation_points WHEN (SELECT status FROM polarisations WHERE id = NEW.polarisation_id) <> 'running' BEGIN SELECT RAISE(ABORT, 'polarisation_points: its row in polarisations has ended'); END;
--
CREATE TABLE queue_pauses (
    -- [id] key
    id INTEGER PRIMARY KEY,
    -- [text] where the job under way waits: after the point, the step or the job
    after TEXT NOT NULL CHECK (after IN ('point', 'step', 'job')),
    -- [text] why
    reason TEXT NOT NULL DEFAULT '',
    -- [text] who paused
    person TEXT NOT NULL DEFAULT '',
    -- [s since 1970-01-01 UTC] when
    paused_s REAL NOT NULL,
    -- [s since 1970-01-01 UTC] when it was lifted; NULL: in force
    resumed_s REAL
, station TEXT NOT NULL DEFAULT '') STRICT;
--
CREATE TABLE requests (
    -- [id] key, in the order of asking
    id INTEGER PRIMARY KEY,
    -- [id] the job it is about
    job_id INTEGER NOT NULL REFERENCES jobs,
    -- [text] what is asked for
    kind TEXT NOT NULL CHECK (kind IN ('cancel', 'cancel now', 'stop', 'skip step', 'temperatures')),
    -- [JSON] what goes with it
    details TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(details)),
    -- [text] who asked
    person TEXT NOT NULL DEFAULT '',
    -- [s since 1970-01-01 UTC] when it was asked
    asked_s REAL NOT NULL,
    -- [s since 1970-01-01 UTC] when the runner took it; NULL: not yet
    taken_s REAL,
    -- [text] what became of it
    outcome TEXT NOT NULL DEFAULT ''
, claim INTEGER CHECK (claim > 0)) STRICT;
--
CREATE INDEX requests_by_job ON requests (job_id, taken_s);
--
CREATE INDEX runs_by_job ON runs (job_id);
--
CREATE TRIGGER polarisations_no_update_before BEFORE UPDATE OF rest_drift_v_s, initial_spectrum_id ON polarisations WHEN 1 BEGIN SELECT RAISE(ABORT, 'polarisations is append-only: a row cannot be changed'); END;
--
CREATE TABLE "all_transference_numbers" (
    -- [id] key, never used twice
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- [id] the polarisation it comes from
    polarisation_id INTEGER NOT NULL REFERENCES polarisations,
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [text] rho_plus: current fraction of the cation (Bruce-Vincent); electronic: share of the electrons
    quantity TEXT NOT NULL CHECK (quantity IN ('rho_plus', 'electronic')),
    -- [K] of the sample meanwhile; NULL: not measured
    temperature_k REAL CHECK (temperature_k >= 0),
    -- [V] potential applied, above the potential at rest
    delta_v_v REAL,
    -- [V] its standard uncertainty; NULL: not known
    delta_v_u_v REAL CHECK (delta_v_u_v >= 0),
    -- [A] current at the start
    initial_current_a REAL,
    -- [A] its standard uncertainty; NULL: not known
    initial_current_u_a REAL CHECK (initial_current_u_a >= 0),
    -- [A] current in the steady state
    steady_current_a REAL,
    -- [A] its standard uncertainty; NULL: not known
    steady_current_u_a REAL CHECK (steady_current_u_a >= 0),
    -- [ohm] interfacial resistance before; NULL: none is asked for
    initial_resistance_ohm REAL,
    -- [ohm] its standard uncertainty; NULL: not known
    initial_resistance_u_ohm REAL CHECK (initial_resistance_u_ohm >= 0),
    -- [ohm] interfacial resistance in the steady state; NULL: none is asked for
    steady_resistance_ohm REAL,
    -- [ohm] its standard uncertainty; NULL: not known
    steady_resistance_u_ohm REAL CHECK (steady_resistance_u_ohm >= 0),
    -- [ohm] bulk (electronic: total) resistance by impedance; NULL: not known
    bulk_resistance_ohm REAL,
    -- [ohm] its standard uncertainty; NULL: not known
    bulk_resistance_u_ohm REAL CHECK (bulk_resistance_u_ohm >= 0),
    -- [1] the number; NULL: nothing can be said, and the flags tell why
    value REAL CHECK (abs(value) < 9e999),
    -- [1] its standard uncertainty; NULL: not known
    standard_uncertainty REAL CHECK (standard_uncertainty >= 0),
    -- [1] lower end of its 95 % interval; NULL: not known
    low_95 REAL,
    -- [1] upper end of its 95 % interval; NULL: not known
    high_95 REAL,
    -- [1] for comparison, steady over initial current; NULL: not known
    naive REAL,
    -- [1] for comparison, by Watanabe's formula; NULL: not known
    watanabe REAL,
    -- [JSON] the relaxation fitted to the current, by name
    relaxation TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(relaxation)),
    -- [JSON] list of reservations, as sentences
    flags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(flags)),
    -- [text] function that made the row
    method TEXT NOT NULL,
    -- [text] its version
    method_version TEXT NOT NULL,
    -- [s since 1970-01-01 UTC] when it was made
    derived_s REAL NOT NULL
, analysis_id INTEGER REFERENCES analyses, budget TEXT CHECK (budget IS NULL OR json_valid(budget))) STRICT;
--
CREATE INDEX transference_numbers_by_run ON "all_transference_numbers" (run_id);
--
CREATE INDEX transference_numbers_by_polarisation ON "all_transference_numbers" (polarisation_id);
--
CREATE TRIGGER samples_no_update_fixture BEFORE UPDATE OF lead_ohm, lead_u_ohm, fixture_short, fixture_open ON samples WHEN 1 BEGIN SELECT RAISE(ABORT, 'samples is append-only: a row cannot be changed'); END;
--
CREATE TABLE "heartbeats" (
    process TEXT NOT NULL CHECK (process IN ('runner', 'supervisor')),
    station TEXT NOT NULL,
    pid INTEGER NOT NULL,
    process_birth TEXT NOT NULL DEFAULT '',
    host TEXT NOT NULL,
    boot TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN ('alive', 'ended', 'dead', 'unsafe', 'dismissed')),
    started_s REAL NOT NULL,
    beat_s REAL NOT NULL,
    due_s REAL,
    doing TEXT NOT NULL DEFAULT '',
    job_id INTEGER REFERENCES jobs,
    run_id INTEGER REFERENCES runs,
    temperature_k REAL,
    setpoint_k REAL,
    expected_end_s REAL,
    last_event_id INTEGER,
    unsafe TEXT NOT NULL DEFAULT '', percent REAL CHECK (percent BETWEEN 0 AND 100),
    PRIMARY KEY (process, station)
) STRICT, WITHOUT ROWID;
--
CREATE TRIGGER samples_no_update_ceilings BEFORE UPDATE OF temperature_max_k, potential_max_v, current_max_a ON samples WHEN 1 BEGIN SELECT RAISE(ABORT, 'samples is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER events_no_update_station BEFORE UPDATE OF station ON events WHEN 1 BEGIN SELECT RAISE(ABORT, 'events is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER spectra_no_update_band BEFORE UPDATE OF band_k ON spectra WHEN 1 BEGIN SELECT RAISE(ABORT, 'spectra is append-only: a row cannot be changed'); END;
--
CREATE TABLE bench_checks (
    -- [id] key, in the order of the answers
    id INTEGER PRIMARY KEY,
    -- [s since 1970-01-01 UTC] when it was answered, by the clock on the wall
    time_s REAL NOT NULL,
    -- [text] who made the check
    person TEXT NOT NULL DEFAULT '',
    -- [text] name of the station
    station TEXT NOT NULL DEFAULT '',
    -- [text] name of the instrument in the station file
    instrument TEXT NOT NULL,
    -- [text] VISA resource name, for information: another instrument may have it later
    address TEXT NOT NULL DEFAULT '',
    -- [1] 1: a simulated instrument
    simulated INTEGER NOT NULL CHECK (simulated IN (0, 1)),
    -- [text] what it answered when asked who it is
    identity TEXT NOT NULL DEFAULT '',
    -- [text] maker, model and serial number of that answer; empty: it has no serial number
    serial TEXT NOT NULL DEFAULT '',
    -- [text] serial number on its plate, as a person typed it; empty: not given
    plate TEXT NOT NULL DEFAULT '',
    -- [text] module:Class that speaks to it
    driver TEXT NOT NULL,
    -- [text] sha256 of the code of that driver; empty: not known
    driver_sha256 TEXT NOT NULL DEFAULT '',
    -- [text] version of labctl
    labctl_version TEXT NOT NULL,
    -- [text] name of the check, unique among the checks of a driver
    check_name TEXT NOT NULL,
    -- [text] changes when what is done or expected in this check changes
    fingerprint TEXT NOT NULL,
    -- [text] the result that would confirm it
    expected TEXT NOT NULL,
    -- [text] what labctl read from the instrument; empty: nothing was read
    reading TEXT NOT NULL DEFAULT '',
    -- [text] what the person answered, or why the instrument could not be read
    answer TEXT NOT NULL DEFAULT '',
    -- [text] confirmed, differs from what is expected, or failed: the instrument could not be read
    outcome TEXT NOT NULL CHECK (outcome IN ('confirmed', 'differs', 'failed'))
) STRICT;
--
CREATE INDEX bench_checks_by_serial ON bench_checks (serial, check_name);
--
CREATE TRIGGER bench_checks_no_delete BEFORE DELETE ON bench_checks WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'bench_checks is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER bench_checks_no_update BEFORE UPDATE ON bench_checks WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'bench_checks is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER bench_checks_no_replace BEFORE INSERT ON bench_checks
    WHEN EXISTS (SELECT 1 FROM bench_checks WHERE id = NEW.id) BEGIN
    SELECT RAISE(ABORT, 'bench_checks is append-only: this row exists'); END;
--
CREATE TABLE analyses (
    -- [id] key in this file
    id INTEGER PRIMARY KEY,
    -- [text] the same analysis in every copy of the file
    uuid TEXT NOT NULL UNIQUE,
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [text] name given to it, once in a run; empty: none
    name TEXT NOT NULL DEFAULT '',
    -- [text] inline: made while the run was measured; fit: later; earlier: by a labctl without analyses
    origin TEXT NOT NULL CHECK (origin IN ('inline', 'fit', 'earlier')),
    -- [s since 1970-01-01 UTC] when it was begun; of an earlier one, when its newest row was made
    created_s REAL NOT NULL,
    -- [s since 1970-01-01 UTC] when it was closed, after which no row changes; NULL: it is provisional
    closed_s REAL,
    -- [1] 1: its rows are shown for the run
    is_current INTEGER NOT NULL DEFAULT 0 CHECK (is_current IN (0, 1)),
    -- [text] who made it; empty: not known
    person TEXT NOT NULL DEFAULT '',
    -- [text] version of labctl that made it; empty: not known
    labctl_version TEXT NOT NULL DEFAULT '',
    -- [JSON] name of each method: its version; empty: see the rows
    method_versions TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(method_versions)),
    -- [JSON] choices that it was made with, by name; empty: none but the default
    options TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(options)),
    -- [JSON] what it was made from: sample in force, numbers of spectra, excluded points, earlier parts
    inputs TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(inputs)),
    -- [JSON] list of the ids of the amendments in force
    amendments TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(amendments)),
    -- [text] content hash of the run that it was made from; NULL: the run had not ended
    content_hash TEXT
) STRICT;
--
CREATE INDEX analyses_by_run ON analyses (run_id);
--
CREATE UNIQUE INDEX one_current_analysis ON analyses (run_id) WHERE is_current = 1;
--
CREATE UNIQUE INDEX one_provisional_analysis ON analyses (run_id)
    WHERE closed_s IS NULL AND origin <> 'fit';
--
CREATE UNIQUE INDEX names_of_analyses ON analyses (run_id, name) WHERE name <> '';
--
CREATE TABLE analysis_choices (
    -- [id] key in this file, rising with time of writing
    id INTEGER PRIMARY KEY,
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [id] the analysis that became the current one
    analysis_id INTEGER NOT NULL REFERENCES analyses,
    -- [s since 1970-01-01 UTC] when
    time_s REAL NOT NULL,
    -- [text] who chose it; empty: not known
    person TEXT NOT NULL DEFAULT '',
    -- [text] newest: it was just made; chosen: a person chose it
    reason TEXT NOT NULL CHECK (reason IN ('newest', 'chosen'))
) STRICT;
--
CREATE INDEX analysis_choices_by_run ON analysis_choices (run_id);
--
CREATE VIEW resistances AS SELECT d.* FROM all_resistances d WHERE EXISTS (SELECT 1 FROM analyses a WHERE a.id = d.analysis_id AND a.is_current = 1);
--
CREATE VIEW conductivities AS SELECT d.* FROM all_conductivities d WHERE EXISTS (SELECT 1 FROM analyses a WHERE a.id = d.analysis_id AND a.is_current = 1);
--
CREATE VIEW law_fits AS SELECT d.* FROM all_law_fits d WHERE EXISTS (SELECT 1 FROM analyses a WHERE a.id = d.analysis_id AND a.is_current = 1);
--
CREATE VIEW transference_numbers AS SELECT d.* FROM all_transference_numbers d WHERE EXISTS (SELECT 1 FROM analyses a WHERE a.id = d.analysis_id AND a.is_current = 1);
--
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
--
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
--
CREATE TRIGGER analyses_no_delete BEFORE DELETE ON analyses WHEN 1 BEGIN SELECT RAISE(ABORT, 'analyses: an analysis cannot be deleted'); END;
--
CREATE TRIGGER analyses_no_replace BEFORE INSERT ON analyses WHEN EXISTS (SELECT 1 FROM analyses WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'analyses: this analysis exists'); END;
--
CREATE TRIGGER analyses_no_update BEFORE UPDATE OF id, uuid, run_id, name, origin, created_s ON analyses WHEN 1 BEGIN SELECT RAISE(ABORT, 'analyses: an analysis keeps its name'); END;
--
CREATE TRIGGER analyses_closed BEFORE UPDATE OF closed_s, person, labctl_version, method_versions, options, inputs, amendments ON analyses WHEN OLD.closed_s IS NOT NULL BEGIN SELECT RAISE(ABORT, 'analyses: it is closed'); END;
--
CREATE TRIGGER analyses_hash_once BEFORE UPDATE OF content_hash ON analyses WHEN OLD.content_hash IS NOT NULL BEGIN SELECT RAISE(ABORT, 'analyses: its content hash cannot be changed'); END;
--
CREATE TRIGGER analysis_choices_no_delete BEFORE DELETE ON analysis_choices WHEN 1 BEGIN SELECT RAISE(ABORT, 'analysis_choices: append-only'); END;
--
CREATE TRIGGER analysis_choices_no_update BEFORE UPDATE ON analysis_choices WHEN 1 BEGIN SELECT RAISE(ABORT, 'analysis_choices: append-only'); END;
--
CREATE TRIGGER analysis_choices_no_replace BEFORE INSERT ON analysis_choices WHEN EXISTS (SELECT 1 FROM analysis_choices WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'analysis_choices: append-only'); END;
--
CREATE TRIGGER runs_close_analysis AFTER UPDATE OF status ON runs
        WHEN OLD.status = 'running' AND NEW.status IN ('finished', 'failed', 'aborted') BEGIN
        UPDATE analyses SET closed_s = coalesce(NEW.ended_s, created_s)
        WHERE run_id = NEW.id AND closed_s IS NULL; END;
--
CREATE TRIGGER runs_hash_analysis AFTER UPDATE OF content_hash ON runs BEGIN
        UPDATE analyses SET content_hash = NEW.content_hash
        WHERE run_id = NEW.id AND content_hash IS NULL AND origin <> 'fit'; END;
--
CREATE TRIGGER all_resistances_no_update BEFORE UPDATE ON all_resistances WHEN 1 BEGIN SELECT RAISE(ABORT, 'all_resistances: a row cannot be changed'); END;
--
CREATE TRIGGER all_resistances_no_delete BEFORE DELETE ON all_resistances WHEN NOT EXISTS (SELECT 1 FROM analyses WHERE id = OLD.analysis_id AND closed_s IS NULL) BEGIN SELECT RAISE(ABORT, 'all_resistances: its analysis is closed'); END;
--
CREATE TRIGGER all_resistances_no_insert BEFORE INSERT ON all_resistances WHEN NOT EXISTS (SELECT 1 FROM analyses WHERE id = NEW.analysis_id AND closed_s IS NULL) BEGIN SELECT RAISE(ABORT, 'all_resistances: its analysis is closed'); END;
--
CREATE TRIGGER all_resistances_no_replace BEFORE INSERT ON all_resistances WHEN EXISTS (SELECT 1 FROM all_resistances WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'all_resistances: this row exists'); END;
--
CREATE TRIGGER all_conductivities_no_update BEFORE UPDATE ON all_conductivities WHEN 1 BEGIN SELECT RAISE(ABORT, 'all_conductivities: a row cannot be changed'); END;
--
CREATE TRIGGER all_conductivities_no_delete BEFORE DELETE ON all_conductivities WHEN NOT EXISTS (SELECT 1 FROM analyses WHERE id = OLD.analysis_id AND closed_s IS NULL) BEGIN SELECT RAISE(ABORT, 'all_conductivities: its analysis is closed'); END;
--
CREATE TRIGGER all_conductivities_no_insert BEFORE INSERT ON all_conductivities WHEN NOT EXISTS (SELECT 1 FROM analyses WHERE id = NEW.analysis_id AND closed_s IS NULL) BEGIN SELECT RAISE(ABORT, 'all_conductivities: its analysis is closed'); END;
--
CREATE TRIGGER all_conductivities_no_replace BEFORE INSERT ON all_conductivities WHEN EXISTS (SELECT 1 FROM all_conductivities WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'all_conductivities: this row exists'); END;
--
CREATE TRIGGER all_law_fits_no_update BEFORE UPDATE ON all_law_fits WHEN 1 BEGIN SELECT RAISE(ABORT, 'all_law_fits: a row cannot be changed'); END;
--
CREATE TRIGGER all_law_fits_no_delete BEFORE DELETE ON all_law_fits WHEN NOT EXISTS (SELECT 1 FROM analyses WHERE id = OLD.analysis_id AND closed_s IS NULL) BEGIN SELECT RAISE(ABORT, 'all_law_fits: its analysis is closed'); END;
--
CREATE TRIGGER all_law_fits_no_insert BEFORE INSERT ON all_law_fits WHEN NOT EXISTS (SELECT 1 FROM analyses WHERE id = NEW.analysis_id AND closed_s IS NULL) BEGIN SELECT RAISE(ABORT, 'all_law_fits: its analysis is closed'); END;
--
CREATE TRIGGER all_law_fits_no_replace BEFORE INSERT ON all_law_fits WHEN EXISTS (SELECT 1 FROM all_law_fits WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'all_law_fits: this row exists'); END;
--
CREATE TRIGGER all_transference_numbers_no_update BEFORE UPDATE ON all_transference_numbers WHEN 1 BEGIN SELECT RAISE(ABORT, 'all_transference_numbers: a row cannot be changed'); END;
--
CREATE TRIGGER all_transference_numbers_no_delete BEFORE DELETE ON all_transference_numbers WHEN NOT EXISTS (SELECT 1 FROM analyses WHERE id = OLD.analysis_id AND closed_s IS NULL) BEGIN SELECT RAISE(ABORT, 'all_transference_numbers: its analysis is closed'); END;
--
CREATE TRIGGER all_transference_numbers_no_insert BEFORE INSERT ON all_transference_numbers WHEN NOT EXISTS (SELECT 1 FROM analyses WHERE id = NEW.analysis_id AND closed_s IS NULL) BEGIN SELECT RAISE(ABORT, 'all_transference_numbers: its analysis is closed'); END;
--
CREATE TRIGGER all_transference_numbers_no_replace BEFORE INSERT ON all_transference_numbers WHEN EXISTS (SELECT 1 FROM all_transference_numbers WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'all_transference_numbers: this row exists'); END;
--
CREATE TABLE amendments (
    -- [id] key, in the order of writing
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- [text] the same amendment in every copy of the file
    uuid TEXT NOT NULL UNIQUE,
    -- [id] the run that it amends; NULL: it amends a sample
    run_id INTEGER REFERENCES runs,
    -- [id] the sample that it amends, in all of its runs; NULL: it amends a run
    sample_id INTEGER REFERENCES samples,
    -- [text] what it amends, e.g. thickness, leads, exclusion, remark
    field TEXT NOT NULL CHECK (field <> ''),
    -- [JSON] values in force before, by name with unit
    old_value TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(old_value)),
    -- [JSON] values that it puts in force, by name with unit; of a revocation: what is in force after it
    new_value TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(new_value)),
    -- [id] the amendment that it revokes; NULL: none
    revokes INTEGER REFERENCES amendments,
    -- [text] who made it
    person TEXT NOT NULL DEFAULT '',
    -- [s since 1970-01-01 UTC] when it was made
    time_s REAL NOT NULL,
    -- [text] why
    reason TEXT NOT NULL CHECK (reason <> ''),
    CHECK ((run_id IS NULL) <> (sample_id IS NULL)),
    CHECK (revokes < id)
) STRICT;
--
CREATE INDEX amendments_by_run ON amendments (run_id);
--
CREATE INDEX amendments_by_sample ON amendments (sample_id);
--
CREATE TABLE facts (
    -- [id] key, in the order of writing
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- [text] the same fact in every copy of the file
    uuid TEXT NOT NULL UNIQUE,
    -- [id] the sample that it is about
    sample_id INTEGER NOT NULL REFERENCES samples,
    -- [text] what was found, e.g. diffusion_coefficient_m2_s, glass_transition_k
    kind TEXT NOT NULL CHECK (kind <> ''),
    -- [1] number found, in the unit that ends its kind; NULL: it revokes another fact
    value REAL CHECK (abs(value) < 9e999),
    -- [1] its standard uncertainty, in the same unit; NULL: not known
    standard_uncertainty REAL CHECK (standard_uncertainty >= 0),
    -- [K] temperature at which it was found; NULL: not given
    temperature_k REAL CHECK (temperature_k >= 0),
    -- [JSON] nucleus, ion and other details of the method
    details TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(details)),
    -- [text] method, instrument, notebook or publication that it comes from
    source TEXT NOT NULL CHECK (source <> ''),
    -- [id] the fact that it revokes; NULL: none
    revokes INTEGER REFERENCES facts,
    -- [text] who wrote it
    person TEXT NOT NULL DEFAULT '',
    -- [s since 1970-01-01 UTC] when it was written
    time_s REAL NOT NULL,
    CHECK ((value IS NULL) = (revokes IS NOT NULL)),
    CHECK (revokes < id)
) STRICT;
--
CREATE INDEX facts_by_sample ON facts (sample_id);
--
CREATE TABLE mounts (
    -- [id] key in this file
    id INTEGER PRIMARY KEY,
    -- [text] the same mount entry in every copy of the file
    uuid TEXT NOT NULL UNIQUE,
    -- [id] name and geometry of the sample in this mount
    sample_id INTEGER NOT NULL REFERENCES samples,
    -- [text] the same for all mounts of one specimen, e.g. of one pellet
    specimen TEXT NOT NULL CHECK (specimen <> ''),
    -- [1] order among the mounts of the specimen; two entries with one number describe one mount
    number INTEGER NOT NULL CHECK (number >= 1),
    -- [id] the job that starts with this mount; NULL: any
    job_id INTEGER REFERENCES jobs,
    -- [text] how it is known: first, mount, amend, other, not asked, before mounts were kept
    origin TEXT NOT NULL,
    -- [text] who said so
    person TEXT NOT NULL DEFAULT '',
    -- [s since 1970-01-01 UTC] when it was written
    time_s REAL NOT NULL
) STRICT;
--
CREATE INDEX mounts_by_sample ON mounts (sample_id);
--
CREATE INDEX mounts_by_specimen ON mounts (specimen, number);
--
CREATE TABLE run_mounts (
    -- [id] the run
    run_id INTEGER PRIMARY KEY REFERENCES runs,
    -- [id] how its sample was mounted
    mount_id INTEGER NOT NULL REFERENCES mounts
) STRICT;
--
CREATE INDEX run_mounts_by_mount ON run_mounts (mount_id);
--
CREATE TRIGGER amendments_no_delete BEFORE DELETE ON amendments WHEN 1 BEGIN SELECT RAISE(ABORT, 'amendments is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER amendments_no_update BEFORE UPDATE ON amendments WHEN 1 BEGIN SELECT RAISE(ABORT, 'amendments is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER amendments_no_replace BEFORE INSERT ON amendments WHEN EXISTS (SELECT 1 FROM amendments WHERE id = NEW.id OR uuid = NEW.uuid) BEGIN SELECT RAISE(ABORT, 'amendments is append-only: this row exists'); END;
--
CREATE TRIGGER facts_no_delete BEFORE DELETE ON facts WHEN 1 BEGIN SELECT RAISE(ABORT, 'facts is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER facts_no_update BEFORE UPDATE ON facts WHEN 1 BEGIN SELECT RAISE(ABORT, 'facts is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER facts_no_replace BEFORE INSERT ON facts WHEN EXISTS (SELECT 1 FROM facts WHERE id = NEW.id OR uuid = NEW.uuid) BEGIN SELECT RAISE(ABORT, 'facts is append-only: this row exists'); END;
--
CREATE TRIGGER mounts_no_delete BEFORE DELETE ON mounts WHEN 1 BEGIN SELECT RAISE(ABORT, 'mounts is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER mounts_no_update BEFORE UPDATE ON mounts WHEN 1 BEGIN SELECT RAISE(ABORT, 'mounts is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER mounts_no_replace BEFORE INSERT ON mounts WHEN EXISTS (SELECT 1 FROM mounts WHERE id = NEW.id OR uuid = NEW.uuid) BEGIN SELECT RAISE(ABORT, 'mounts is append-only: this row exists'); END;
--
CREATE TRIGGER run_mounts_no_delete BEFORE DELETE ON run_mounts WHEN 1 BEGIN SELECT RAISE(ABORT, 'run_mounts is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER run_mounts_no_update BEFORE UPDATE ON run_mounts WHEN 1 BEGIN SELECT RAISE(ABORT, 'run_mounts is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER run_mounts_no_replace BEFORE INSERT ON run_mounts WHEN EXISTS (SELECT 1 FROM run_mounts WHERE run_id = NEW.run_id) BEGIN SELECT RAISE(ABORT, 'run_mounts is append-only: this row exists'); END;
--
CREATE TABLE check_points (
    -- [id] the spectrum, which has ended; its own points are in impedance_points
    spectrum_id INTEGER NOT NULL REFERENCES spectra,
    -- [1] order after the spectrum
    number INTEGER NOT NULL CHECK (number >= 0),
    -- [1] number of the point of the spectrum that was measured again
    repeats INTEGER NOT NULL CHECK (repeats >= 0),
    -- [s since 1970-01-01 UTC] when it was measured, or given up
    time_s REAL NOT NULL,
    -- [Hz] frequency
    frequency_hz REAL NOT NULL CHECK (frequency_hz > 0 AND frequency_hz < 9e999),
    -- [ohm] real part of the impedance; NULL: no value
    z_real_ohm REAL CHECK (status <> 'ok' OR (z_real_ohm IS NOT NULL AND abs(z_real_ohm) < 9e999)),
    -- [ohm] imaginary part, capacitive below zero; NULL: no value
    z_imag_ohm REAL CHECK (status <> 'ok' OR (z_imag_ohm IS NOT NULL AND abs(z_imag_ohm) < 9e999)),
    -- [K] of the sample at this point; NULL: not measured
    temperature_k REAL CHECK (temperature_k >= 0),
    -- [text] ok, what was wrong, or why it was not measured
    status TEXT NOT NULL CHECK (status <> ''),
    PRIMARY KEY (spectrum_id, number)
) STRICT, WITHOUT ROWID;
--
CREATE TRIGGER check_points_no_delete BEFORE DELETE ON check_points WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'check_points is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER check_points_no_update BEFORE UPDATE ON check_points WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'check_points is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER check_points_no_replace BEFORE INSERT ON check_points
    WHEN EXISTS (SELECT 1 FROM check_points WHERE spectrum_id = NEW.spectrum_id AND number = NEW.number) BEGIN
    SELECT RAISE(ABORT, 'check_points is append-only: this row exists'); END;
--
CREATE TRIGGER check_points_sealed BEFORE INSERT ON check_points
    WHEN (SELECT r.status FROM spectra s JOIN runs r ON r.id = s.run_id WHERE s.id = NEW.spectrum_id)
        <> 'running' BEGIN
    SELECT RAISE(ABORT, 'check_points: its row in runs has ended'); END;
--
CREATE TABLE all_relaxation_times (
    -- [id] key in this file
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- [id] the spectrum
    spectrum_id INTEGER NOT NULL REFERENCES spectra,
    -- [id] the run of the spectrum
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [s] first of the time constants, which are spaced evenly by their logarithm
    fastest_s REAL NOT NULL,
    -- [s] last of them
    slowest_s REAL NOT NULL,
    -- [JSON] list: resistance per unit of ln(tau) at each time constant, in ohm
    gamma TEXT NOT NULL CHECK (json_valid(gamma)),
    -- [JSON] list: lower ends of the 95 % intervals of gamma, in ohm
    gamma_low TEXT NOT NULL CHECK (json_valid(gamma_low)),
    -- [JSON] list: upper ends of the 95 % intervals of gamma, in ohm
    gamma_high TEXT NOT NULL CHECK (json_valid(gamma_high)),
    -- [JSON] list of peaks: time_s, fastest_s, slowest_s, resistance_ohm, standard_uncertainty_ohm
    peaks TEXT NOT NULL CHECK (json_valid(peaks)),
    -- [ohm] resistance in series
    series_ohm REAL NOT NULL,
    -- [H] inductance in series
    inductance_h REAL NOT NULL,
    -- [F] capacitance of the blocking electrodes at the lowest frequency; NULL: they do not block
    capacitance_f REAL,
    -- [1] exponent of the blocking electrodes; NULL: they do not block
    exponent REAL,
    -- [1] strength of the regularisation
    strength REAL NOT NULL,
    -- [1] root mean square of the residuals over |Z|
    rms REAL NOT NULL,
    -- [text] SHA-256 of the points that it stands on
    points_hash TEXT NOT NULL,
    -- [JSON] list of reservations
    flags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(flags)),
    -- [text] function that computed it
    method TEXT NOT NULL,
    -- [text] version of the method
    method_version TEXT NOT NULL,
    -- [s since 1970-01-01 UTC] when it was derived
    derived_s REAL NOT NULL,
    -- [id] the analysis that it belongs to
    analysis_id INTEGER NOT NULL REFERENCES analyses
) STRICT;
--
CREATE INDEX relaxation_times_by_spectrum ON all_relaxation_times (spectrum_id);
--
CREATE INDEX relaxation_times_by_run ON all_relaxation_times (run_id);
--
CREATE VIEW relaxation_times AS SELECT d.* FROM all_relaxation_times d WHERE EXISTS (SELECT 1 FROM analyses a WHERE a.id = d.analysis_id AND a.is_current = 1);
--
CREATE TRIGGER all_relaxation_times_no_update BEFORE UPDATE ON all_relaxation_times WHEN 1 BEGIN SELECT RAISE(ABORT, 'all_relaxation_times: a row cannot be changed'); END;
--
CREATE TRIGGER all_relaxation_times_no_delete BEFORE DELETE ON all_relaxation_times WHEN NOT EXISTS (SELECT 1 FROM analyses WHERE id = OLD.analysis_id AND closed_s IS NULL) BEGIN SELECT RAISE(ABORT, 'all_relaxation_times: its analysis is closed'); END;
--
CREATE TRIGGER all_relaxation_times_no_insert BEFORE INSERT ON all_relaxation_times WHEN NOT EXISTS (SELECT 1 FROM analyses WHERE id = NEW.analysis_id AND closed_s IS NULL) BEGIN SELECT RAISE(ABORT, 'all_relaxation_times: its analysis is closed'); END;
--
CREATE TRIGGER all_relaxation_times_no_replace BEFORE INSERT ON all_relaxation_times WHEN EXISTS (SELECT 1 FROM all_relaxation_times WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'all_relaxation_times: this row exists'); END;
--
CREATE TRIGGER samples_no_update_cell BEFORE UPDATE OF electrode_sides, pellet_area_m2, pellet_area_u_m2 ON samples WHEN 1 BEGIN SELECT RAISE(ABORT, 'samples is append-only: a row cannot be changed'); END;
--
CREATE TABLE imported_files (
    -- [id] key in this file
    id INTEGER PRIMARY KEY,
    -- [id] the run that holds its spectra or its polarisation; its times are those of the import
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [1] order in the run
    number INTEGER NOT NULL CHECK (number >= 0),
    -- [text] name of the file, without its folder
    name TEXT NOT NULL CHECK (name <> ''),
    -- [text] SHA-256 of the file
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    -- [1] its size
    bytes INTEGER NOT NULL CHECK (bytes >= 0),
    -- [blob] the file itself, compressed by zlib
    content BLOB NOT NULL,
    -- [text] the program that wrote it
    format TEXT NOT NULL DEFAULT '',
    -- [text] when it was measured, as the file says, on the clock of the computer that measured
    acquired TEXT NOT NULL DEFAULT '',
    -- [1] number in the run of its first spectrum
    first_spectrum INTEGER NOT NULL CHECK (first_spectrum >= 0),
    -- [1] how many spectra it has
    n_spectra INTEGER NOT NULL CHECK (n_spectra >= 0),
    -- [text] where the temperatures come from: from-name, from-file, a table, or empty: none is known
    temperatures_from TEXT NOT NULL DEFAULT '',
    -- [JSON] list of what the reader left out or guessed, as sentences
    remarks TEXT NOT NULL CHECK (json_valid(remarks)),
    -- [1] number in the run of its polarisation; NULL: it has spectra
    polarisation INTEGER CHECK (polarisation >= 0),
    CHECK (n_spectra > 0 OR polarisation IS NOT NULL),
    UNIQUE (run_id, number)
) STRICT;
--
CREATE INDEX imported_files_by_hash ON imported_files (sha256);
--
CREATE TRIGGER imported_files_no_delete BEFORE DELETE ON imported_files WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'imported_files is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER imported_files_no_update BEFORE UPDATE ON imported_files WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'imported_files is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER imported_files_no_replace BEFORE INSERT ON imported_files
    WHEN EXISTS (SELECT 1 FROM imported_files
        WHERE id = NEW.id OR (run_id = NEW.run_id AND number = NEW.number)) BEGIN
    SELECT RAISE(ABORT, 'imported_files is append-only: this row exists'); END;
--
CREATE TRIGGER imported_files_sealed BEFORE INSERT ON imported_files
    WHEN (SELECT status FROM runs WHERE id = NEW.run_id) <> 'running' BEGIN
    SELECT RAISE(ABORT, 'imported_files: its row in runs has ended'); END;
--
CREATE TABLE analyser_checks (
    -- [id] key, in the order of the checks
    id INTEGER PRIMARY KEY,
    -- [s since 1970-01-01 UTC] when it was measured, by the clock on the wall
    time_s REAL NOT NULL,
    -- [text] who connected the standard
    person TEXT NOT NULL DEFAULT '',
    -- [text] name of the station
    station TEXT NOT NULL,
    -- [text] name of the analyser in the station file
    instrument TEXT NOT NULL,
    -- [1] 1: a simulated instrument
    simulated INTEGER NOT NULL CHECK (simulated IN (0, 1)),
    -- [text] what it answered when asked who it is; empty: it was not reached
    identity TEXT NOT NULL DEFAULT '',
    -- [text] module:Class that speaks to it
    driver TEXT NOT NULL,
    -- [text] resistor, or cell: a resistor parallel to a capacitor
    standard TEXT NOT NULL CHECK (standard IN ('resistor', 'cell')),
    -- [ohm] resistance of the standard
    resistance_ohm REAL NOT NULL CHECK (resistance_ohm > 0),
    -- [ohm] its standard uncertainty
    resistance_u_ohm REAL NOT NULL CHECK (resistance_u_ohm > 0),
    -- [F] capacitance parallel to it; 0: none
    capacitance_f REAL NOT NULL CHECK (capacitance_f >= 0),
    -- [F] its standard uncertainty
    capacitance_u_f REAL NOT NULL CHECK (capacitance_u_f >= 0),
    -- [text] where these values come from
    source TEXT NOT NULL,
    -- [V] amplitude, rms
    amplitude_v REAL NOT NULL,
    -- [1] mean over the frequencies of |Z| measured / |Z| of the standard; NULL: not measured
    ratio REAL,
    -- [1] its standard uncertainty, that of the standard included
    ratio_u REAL,
    -- [1] largest deviation of that ratio from 1 at any frequency
    largest_deviation REAL,
    -- [rad] largest deviation of the phase at any frequency
    largest_phase_rad REAL,
    -- [text] measured, or failed: it says nothing about the analyser
    outcome TEXT NOT NULL CHECK (outcome IN ('measured', 'failed')),
    -- [text] why it failed; empty: it did not
    problem TEXT NOT NULL DEFAULT '',
    -- [JSON] list of frequency in Hz, real and imaginary part in ohm, status
    points TEXT NOT NULL CHECK (json_valid(points)),
    -- [text] version of labctl that measured it
    labctl_version TEXT NOT NULL
) STRICT;
--
CREATE INDEX analyser_checks_by_station ON analyser_checks (station, time_s);
--
CREATE TRIGGER analyser_checks_no_delete BEFORE DELETE ON analyser_checks WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'analyser_checks is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER analyser_checks_no_update BEFORE UPDATE ON analyser_checks WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'analyser_checks is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER analyser_checks_no_replace BEFORE INSERT ON analyser_checks
    WHEN EXISTS (SELECT 1 FROM analyser_checks WHERE id = NEW.id) BEGIN
    SELECT RAISE(ABORT, 'analyser_checks is append-only: this row exists'); END;
--
CREATE TABLE linearity_points (
    -- [id] the spectrum before, which has ended; its own points are in impedance_points
    spectrum_id INTEGER NOT NULL REFERENCES spectra,
    -- [1] order after the spectrum
    number INTEGER NOT NULL CHECK (number >= 0),
    -- [V] amplitude of this point, rms; that of the spectrum is another
    amplitude_v REAL NOT NULL CHECK (amplitude_v > 0),
    -- [1] number of the point of the spectrum at this frequency
    repeats INTEGER NOT NULL CHECK (repeats >= 0),
    -- [s since 1970-01-01 UTC] when it was measured, or given up
    time_s REAL NOT NULL,
    -- [Hz] frequency
    frequency_hz REAL NOT NULL CHECK (frequency_hz > 0 AND frequency_hz < 9e999),
    -- [ohm] real part of the impedance; NULL: no value
    z_real_ohm REAL CHECK (status <> 'ok' OR (z_real_ohm IS NOT NULL AND abs(z_real_ohm) < 9e999)),
    -- [ohm] imaginary part, capacitive below zero; NULL: no value
    z_imag_ohm REAL CHECK (status <> 'ok' OR (z_imag_ohm IS NOT NULL AND abs(z_imag_ohm) < 9e999)),
    -- [K] of the sample at this point; NULL: not measured
    temperature_k REAL CHECK (temperature_k >= 0),
    -- [text] ok, what was wrong, or why it was not measured
    status TEXT NOT NULL CHECK (status <> ''),
    PRIMARY KEY (spectrum_id, number)
) STRICT, WITHOUT ROWID;
--
CREATE TRIGGER linearity_points_no_delete BEFORE DELETE ON linearity_points WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'linearity_points is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER linearity_points_no_update BEFORE UPDATE ON linearity_points WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'linearity_points is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER linearity_points_no_replace BEFORE INSERT ON linearity_points
    WHEN EXISTS (SELECT 1 FROM linearity_points WHERE spectrum_id = NEW.spectrum_id AND number = NEW.number)
    BEGIN
    SELECT RAISE(ABORT, 'linearity_points is append-only: this row exists'); END;
--
CREATE TRIGGER linearity_points_sealed BEFORE INSERT ON linearity_points
    WHEN (SELECT r.status FROM spectra s JOIN runs r ON r.id = s.run_id WHERE s.id = NEW.spectrum_id)
        <> 'running' BEGIN
    SELECT RAISE(ABORT, 'linearity_points: its row in runs has ended'); END;
--
CREATE TABLE all_part_laws (
    -- [id] key, never used twice
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [text] bulk, grain_boundary_apparent or grain_boundary_specific
    part TEXT NOT NULL CHECK (part <> ''),
    -- [text] spectra that took part
    branch TEXT NOT NULL CHECK (branch IN ('heating', 'cooling', 'all')),
    -- [text] temperature law
    law TEXT NOT NULL,
    -- [text] what was fitted, e.g. ln_sigma_t
    form TEXT NOT NULL,
    -- [eV] activation energy; NULL: none
    activation_energy_ev REAL CHECK (abs(activation_energy_ev) < 9e999),
    -- [eV] its standard uncertainty; NULL: not known
    standard_uncertainty_ev REAL CHECK (standard_uncertainty_ev >= 0),
    -- [JSON] name: value, standard_uncertainty, unit
    parameters TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(parameters)),
    -- [JSON] the law as a function of temperature with the covariance of its band
    curve TEXT NOT NULL CHECK (json_valid(curve)),
    -- [JSON] ids of the spectra that the law stands on, in the order of the fit
    spectra TEXT NOT NULL CHECK (json_valid(spectra)),
    -- [1] conductivities that took part
    n_points INTEGER NOT NULL CHECK (n_points >= 0),
    -- [JSON] list of reservations, as sentences
    flags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(flags)),
    -- [text] function that made the row
    method TEXT NOT NULL,
    -- [text] its version
    method_version TEXT NOT NULL,
    -- [s since 1970-01-01 UTC] when it was made
    derived_s REAL NOT NULL,
    -- [id] the analysis that it belongs to
    analysis_id INTEGER NOT NULL REFERENCES analyses
, budget TEXT CHECK (budget IS NULL OR json_valid(budget))) STRICT;
--
CREATE INDEX part_laws_by_run ON all_part_laws (run_id);
--
CREATE VIEW part_laws AS SELECT d.* FROM all_part_laws d WHERE EXISTS (SELECT 1 FROM analyses a WHERE a.id = d.analysis_id AND a.is_current = 1);
--
CREATE TRIGGER all_part_laws_no_update BEFORE UPDATE ON all_part_laws WHEN 1 BEGIN SELECT RAISE(ABORT, 'all_part_laws: a row cannot be changed'); END;
--
CREATE TRIGGER all_part_laws_no_delete BEFORE DELETE ON all_part_laws WHEN NOT EXISTS (SELECT 1 FROM analyses WHERE id = OLD.analysis_id AND closed_s IS NULL) BEGIN SELECT RAISE(ABORT, 'all_part_laws: its analysis is closed'); END;
--
CREATE TRIGGER all_part_laws_no_insert BEFORE INSERT ON all_part_laws WHEN NOT EXISTS (SELECT 1 FROM analyses WHERE id = NEW.analysis_id AND closed_s IS NULL) BEGIN SELECT RAISE(ABORT, 'all_part_laws: its analysis is closed'); END;
--
CREATE TRIGGER all_part_laws_no_replace BEFORE INSERT ON all_part_laws WHEN EXISTS (SELECT 1 FROM all_part_laws WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'all_part_laws: this row exists'); END;
--
CREATE TRIGGER samples_no_update_geometry BEFORE UPDATE OF thickness_after_m, thickness_after_u_m, thermal_expansion_per_k, thermal_expansion_u_per_k ON samples WHEN 1 BEGIN SELECT RAISE(ABORT, 'samples is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER runs_no_update_cell BEFORE UPDATE OF cell ON runs WHEN 1 BEGIN SELECT RAISE(ABORT, 'runs is append-only: a row cannot be changed'); END;
--
CREATE VIEW run_parts AS
SELECT
    -- [id] a run
    r.id AS run_id,
    -- [id] itself, and the earlier runs of its job that it continues
    p.id AS part_id
FROM runs r JOIN runs p ON p.id = r.id OR (
    p.job_id = r.job_id AND p.id < r.id AND p.cell IS r.cell AND NOT EXISTS (
        SELECT 1 FROM runs f
        WHERE f.job_id = r.job_id AND f.cell IS r.cell AND f.status = 'finished' AND f.id >= p.id
            AND f.id < r.id));
--
CREATE TABLE preflights (
    -- [id] key, in the order of the pre-flights
    id INTEGER PRIMARY KEY,
    -- [s since 1970-01-01 UTC] when it began, by the clock on the wall
    time_s REAL NOT NULL,
    -- [text] who asked for it
    person TEXT NOT NULL DEFAULT '',
    -- [text] name of the station
    station TEXT NOT NULL,
    -- [1] 1: simulated instruments
    simulated INTEGER NOT NULL CHECK (simulated IN (0, 1)),
    -- [text] name of the sample
    sample TEXT NOT NULL,
    -- [m] thickness of the sample as it was stated
    thickness_m REAL NOT NULL CHECK (thickness_m > 0),
    -- [m2] area of the electrodes as it was stated
    area_m2 REAL NOT NULL CHECK (area_m2 > 0),
    -- [V] amplitude, rms
    amplitude_v REAL NOT NULL CHECK (amplitude_v > 0),
    -- [text] passed, passed in part (something could not be told), or faults
    outcome TEXT NOT NULL CHECK (outcome IN ('passed', 'passed in part', 'faults')),
    -- [text] the verdict in one sentence
    words TEXT NOT NULL,
    -- [JSON] list of subject, verdict (ok, fault, unknown) and words
    findings TEXT NOT NULL CHECK (json_valid(findings)),
    -- [JSON] list of frequency in Hz, real and imaginary part in ohm, status
    points TEXT NOT NULL CHECK (json_valid(points)),
    -- [text] version of labctl that measured it
    labctl_version TEXT NOT NULL
) STRICT;
--
CREATE INDEX preflights_by_station ON preflights (station, time_s);
--
CREATE TRIGGER preflights_no_delete BEFORE DELETE ON preflights WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'preflights is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER preflights_no_update BEFORE UPDATE ON preflights WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'preflights is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER preflights_no_replace BEFORE INSERT ON preflights
    WHEN EXISTS (SELECT 1 FROM preflights WHERE id = NEW.id) BEGIN
    SELECT RAISE(ABORT, 'preflights is append-only: this row exists'); END;
--
CREATE TABLE monitor_readings (
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [1] order in the run
    number INTEGER NOT NULL CHECK (number >= 0),
    -- [s since 1970-01-01 UTC] when it was read, or when it did not answer
    time_s REAL NOT NULL,
    -- [text] name of the instrument in the station file
    instrument TEXT NOT NULL CHECK (instrument <> ''),
    -- [text] what was read, its name ends in its unit; empty: nothing, as the instrument did not answer
    quantity TEXT NOT NULL,
    -- [unit in the name of the quantity] the reading; NULL: no value
    value REAL CHECK (status <> 'ok' OR (value IS NOT NULL AND abs(value) < 9e999)),
    -- [text] ok, or why there is no value
    status TEXT NOT NULL CHECK (status <> ''),
    PRIMARY KEY (run_id, number)
) STRICT, WITHOUT ROWID;
--
CREATE TABLE thermal_steps (
    -- [id] the run
    run_id INTEGER NOT NULL REFERENCES runs,
    -- [1] place in the thermal history of the run, from 0
    number INTEGER NOT NULL CHECK (number >= 0),
    -- [text] its purpose, such as dry, melt, anneal
    name TEXT NOT NULL CHECK (name <> ''),
    -- [K] set point
    setpoint_k REAL NOT NULL CHECK (setpoint_k >= 0),
    -- [s] how long it was to be held, once settled
    hold_s REAL NOT NULL CHECK (hold_s >= 0),
    -- [s since 1970-01-01 UTC] when the oven was set
    started_s REAL NOT NULL,
    -- [s since 1970-01-01 UTC] when the hold began that ended it; NULL: it never settled
    settled_s REAL,
    -- [s since 1970-01-01 UTC] when it ended
    ended_s REAL NOT NULL,
    -- [K] mean of the readings since settled_s; NULL: none
    mean_k REAL CHECK (mean_k >= 0),
    -- [K] lowest reading of the whole step; NULL: none
    min_k REAL CHECK (min_k >= 0),
    -- [K] highest reading of the whole step; NULL: none
    max_k REAL CHECK (max_k >= 0),
    -- [text] finished, aborted: a person ended it, or failed
    state TEXT NOT NULL CHECK (state IN ('finished', 'aborted', 'failed')),
    PRIMARY KEY (run_id, number)
) STRICT, WITHOUT ROWID;
--
CREATE TABLE isolation_checks (
    -- [id] key, in the order of the checks
    id INTEGER PRIMARY KEY,
    -- [s since 1970-01-01 UTC] when it was measured, by the clock on the wall
    time_s REAL NOT NULL,
    -- [text] who opened or shorted the cell
    person TEXT NOT NULL DEFAULT '',
    -- [text] name of the station
    station TEXT NOT NULL,
    -- [text] name of the cell in the station file
    cell TEXT NOT NULL,
    -- [text] name of the analyser in the station file
    instrument TEXT NOT NULL,
    -- [JSON] channels of the switch that were closed
    channels TEXT NOT NULL CHECK (json_valid(channels)),
    -- [1] 1: a simulated instrument
    simulated INTEGER NOT NULL CHECK (simulated IN (0, 1)),
    -- [text] what was in place of the sample
    kind TEXT NOT NULL CHECK (kind IN ('open', 'short')),
    -- [V] amplitude, rms
    amplitude_v REAL NOT NULL,
    -- [ohm] open: resistance parallel to the sample, at least; short: |Z| in series; NULL: not known
    resistance_ohm REAL CHECK (resistance_ohm > 0 AND resistance_ohm < 9e999),
    -- [text] measured, or failed: it says nothing about the channel
    outcome TEXT NOT NULL CHECK (outcome IN ('measured', 'failed')),
    -- [text] why it failed; empty: it did not
    problem TEXT NOT NULL DEFAULT '',
    -- [JSON] list of frequency in Hz, real and imaginary part in ohm, status
    points TEXT NOT NULL CHECK (json_valid(points)),
    -- [text] version of labctl that measured it
    labctl_version TEXT NOT NULL
) STRICT;
--
CREATE INDEX isolation_checks_by_cell ON isolation_checks (station, cell, time_s);
--
CREATE TRIGGER isolation_checks_no_delete BEFORE DELETE ON isolation_checks WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'isolation_checks is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER isolation_checks_no_update BEFORE UPDATE ON isolation_checks WHEN 1 BEGIN
    SELECT RAISE(ABORT, 'isolation_checks is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER isolation_checks_no_replace BEFORE INSERT ON isolation_checks
    WHEN EXISTS (SELECT 1 FROM isolation_checks WHERE id = NEW.id) BEGIN
    SELECT RAISE(ABORT, 'isolation_checks is append-only: this row exists'); END;
--
CREATE TRIGGER monitor_readings_no_delete BEFORE DELETE ON monitor_readings WHEN 1 BEGIN SELECT RAISE(ABORT, 'monitor_readings is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER monitor_readings_no_update BEFORE UPDATE ON monitor_readings WHEN 1 BEGIN SELECT RAISE(ABORT, 'monitor_readings is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER monitor_readings_no_replace BEFORE INSERT ON monitor_readings WHEN EXISTS (SELECT 1 FROM monitor_readings WHERE run_id = NEW.run_id AND number = NEW.number) BEGIN SELECT RAISE(ABORT, 'monitor_readings is append-only: this row exists'); END;
--
CREATE TRIGGER monitor_readings_sealed BEFORE INSERT ON monitor_readings WHEN (SELECT status FROM runs WHERE id = NEW.run_id) <> 'running' BEGIN SELECT RAISE(ABORT, 'monitor_readings: its row in runs has ended'); END;
--
CREATE TRIGGER thermal_steps_no_delete BEFORE DELETE ON thermal_steps WHEN 1 BEGIN SELECT RAISE(ABORT, 'thermal_steps is append-only: a row cannot be deleted'); END;
--
CREATE TRIGGER thermal_steps_no_update BEFORE UPDATE ON thermal_steps WHEN 1 BEGIN SELECT RAISE(ABORT, 'thermal_steps is append-only: a row cannot be changed'); END;
--
CREATE TRIGGER thermal_steps_no_replace BEFORE INSERT ON thermal_steps WHEN EXISTS (SELECT 1 FROM thermal_steps WHERE run_id = NEW.run_id AND number = NEW.number) BEGIN SELECT RAISE(ABORT, 'thermal_steps is append-only: this row exists'); END;
--
CREATE TRIGGER thermal_steps_sealed BEFORE INSERT ON thermal_steps WHEN (SELECT status FROM runs WHERE id = NEW.run_id) <> 'running' BEGIN SELECT RAISE(ABORT, 'thermal_steps: its row in runs has ended'); END;
--
CREATE TRIGGER spectra_no_update_condition BEFORE UPDATE OF condition_quantity, condition_setpoint, condition_value ON spectra WHEN 1 BEGIN SELECT RAISE(ABORT, 'spectra is append-only: a row cannot be changed'); END;
