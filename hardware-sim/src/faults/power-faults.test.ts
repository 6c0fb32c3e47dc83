import { expect, test } from "vitest";
import { LoneMachine } from "../../test/lone-machine.ts";
import { createNodeEngine } from "../engine/node-engine.ts";

test("power is back when the last failure of the supply is over, whoever switches the controller on before", () => {
	const lone = new LoneMachine(createNodeEngine);
	const { machine } = lone;
	machine.powerUp();
	lone.run(3);
	const endFirst = machine.failSupply();
	const endSecond = machine.failSupply();
	lone.run(1);
	endFirst("power-on");
	endFirst("power-on");
	machine.powerUp("watchdog");
	lone.run(1);
	expect(machine.running).toBe(false);
	endSecond("power-on");
	lone.run(1);
	expect(machine.running).toBe(true);
	machine.close();
});
