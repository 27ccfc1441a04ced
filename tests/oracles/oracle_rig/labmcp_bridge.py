"""Runs a labmcp simulator in its own environment, for another process: JSON lines on stdin and stdout.

    .oracles/labmcp-lakeshore/bin/python tests/oracles/oracle_rig/labmcp_bridge.py

Requests, each with one reply:

    {"do": "begin", "family": "lakeshore", "model": "336"}  a new simulator, as after power-on
    {"do": "hear", "now_s": 1.5, "message": "..."}          one message without its end; text, lines or null
    {"do": "truth", "now_s": 1.5}                           the state of the simulator
    {"do": "panel", "name": "unit", "value": 2}             a setting at the front panel

`now_s` is the time of the simulator; it never goes back.
"""

import importlib
import json
import sys


class Family:
    """One simulator, with its state and its front panel."""

    def __init__(self, model):
        self.now_s = 0.0
        self.simulator = self.build(model)

    def clock(self):
        return self.now_s

    def hear(self, message):
        return self.simulator.handle(message)

    def settings(self):
        """Settings at the panel: names and functions of the value."""
        return {}


class LakeShore(Family):
    def build(self, model):
        module = importlib.import_module("labmcp_lakeshore.simulator")
        return module.LakeShoreSimulator(model, clock=self.clock)

    def truth(self):
        self.simulator.advance()
        outputs, temperatures = self.simulator.outputs, self.simulator.temps
        return {
            "energised": any(output.range > 0 for output in outputs.values()),
            "ranges": {number: output.range for number, output in outputs.items()},
            "setpoint_k": outputs[1].setpoint_k,
            "ramps": bool(outputs[1].ramp_on),
            "ramp_k_min": outputs[1].ramp_rate,
            "temperature_k": temperatures["stage"],
        }

    def settings(self):
        first = self.simulator.outputs[1]

        def ramp(rate_k_min):
            first.ramp_on, first.ramp_rate = 1, rate_k_min

        def unit(number):
            self.simulator.inputs["A"].units = number

        def ranges(number):
            for output in self.simulator.outputs.values():
                output.range = number

        return {"ramp": ramp, "unit": unit, "ranges": ranges}


class Julabo(Family):
    def build(self, model):
        module = importlib.import_module("labmcp_julabo.simulator")
        return module.JulaboSimulator(clock=self.clock, corio_cd=model == "corio_cd")

    def truth(self):
        bath = self.simulator
        bath._advance()
        return {
            "energised": bath.running,
            "setpoint_k": bath.setpoint_c + 273.15,
            "temperature_k": bath.bath_c + 273.15,
        }

    def settings(self):
        bath = self.simulator

        def local(value):
            bath.remote = not value

        def alarm(text):
            bath.raise_alarm(text)

        return {"local": local, "alarm": alarm}


class Keithley(Family):
    def build(self, model):
        module = importlib.import_module("labmcp_keithley_smu.simulator")
        core = module.SMUCore(module.make_dut("resistor", 1000.0), max_v=210.0, max_i=1.05)
        return getattr(module, f"Keithley{model}Simulator")(core)

    def truth(self):
        core = self.simulator.core
        return {
            "energised": core.output,
            "source": core.func,
            "level": core.level[core.func],
            "resistance_ohm": core.dut.r,
            "current_limit_a": core.limit["CURR"],
            "four_wire": core.remote_sense,
            "terminals": self.simulator.terminals,
        }

    def settings(self):
        core = self.simulator.core

        def output(value):
            core.func, core.level["VOLT"], core.output = "VOLT", 1.0, bool(value)

        return {"output": output}


class Ika(Family):
    def build(self, model):
        return importlib.import_module("labmcp_ika.simulator").IKASimulator(model, clock=self.clock)

    def truth(self):
        self.simulator._advance()
        return {
            "energised": self.simulator.heating,
            "watchdog_s": self.simulator.wd_time_s if self.simulator.wd_mode == 1 else None,
            "has_tripped": self.simulator.wd_tripped,
        }

    def settings(self):
        def heating(value):
            self.simulator.heating, self.simulator.temp_setpoint_c = bool(value), 80.0

        return {"heating": heating}


class PalmSens(Family):
    """Its lines come when their time has come; here at once, since its time stands still between messages."""

    def build(self, model):
        simulator = importlib.import_module("labmcp_palmsens.simulator").MethodScriptSimulator()
        simulator._clock = self.clock
        return simulator

    def hear(self, message):
        replies = self.simulator.handle(message)
        lines = [replies] if isinstance(replies, str) else list(replies or [])
        if self.simulator.queue:
            self.now_s = max(self.now_s, max(due_s for due_s, *_ in self.simulator.queue))
        return lines + self.simulator.poll() or None

    def truth(self):
        return {"energised": self.simulator.cell_powered}

    def settings(self):
        def cell(value):
            self.simulator.cell_powered = bool(value)

        return {"cell": cell}


FAMILIES = {"lakeshore": LakeShore, "julabo": Julabo, "keithley": Keithley, "ika": Ika, "palmsens": PalmSens}


def serve(requests, replies):
    family = None
    for line in requests:
        request = json.loads(line)
        if request["do"] == "begin":
            family = FAMILIES[request["family"]](request["model"])
        family.now_s = max(family.now_s, request.get("now_s", 0.0))
        reply = None
        if request["do"] == "hear":
            reply = family.hear(request["message"])
        elif request["do"] == "truth":
            reply = family.truth()
        elif request["do"] == "panel":
            family.settings()[request["name"]](request["value"])
        replies.write(json.dumps({"reply": reply}) + "\n")
        replies.flush()


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
