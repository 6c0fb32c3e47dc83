import { DispenseMotorChip } from "@visionvend/hardware-sim/chips/dispense-motor";
import { DropSensorChip } from "@visionvend/hardware-sim/chips/drop-sensor";
import { expect, test } from "vitest";
import { BareHost } from "../../test/bare-host.ts";
import { Rack } from "./rack.ts";

function rig({ emitter }: { readonly emitter?: number } = {}) {
	const bare = new BareHost();
	const beam = new DropSensorChip({
		clock: bare.clock,
		output: bare.board.net(1),
		...(emitter === undefined ? {} : { emitter: bare.board.net(emitter) }),
	});
	const spirals = [4, 5].map(
		(pin) =>
			new DispenseMotorChip({
				clock: bare.clock,
				gate: bare.board.net(pin),
				home: bare.board.net(2),
				products: 3,
				onDrop: () => beam.fall(),
			}),
	);
	const rack = new Rack(bare.host(), { motors: [4, 5], home: 2, drop: 1, emitter });
	const ended: string[] = [];
	const deliver = (slot: number) => rack.deliver(slot, (outcome, reason) => ended.push(`${outcome} ${reason}`.trim()));
	return { bare, beam, spirals, rack, ended, deliver };
}

test("what falls is delivered", () => {
	const { bare, rack, ended, deliver } = rig();
	deliver(1);
	bare.run(rack.longestMs / 1_000);
	expect(ended).toEqual(["delivered"]);
	expect(rack.faults).toEqual([]);
});

test("a turn that is stopped may have let something fall, and one that has not begun has not", () => {
	const { bare, rack, ended, deliver } = rig();
	deliver(0);
	bare.run(0.5);
	rack.stop();
	bare.run(1);
	expect(ended).toEqual(["unknown stopped"]);
	const fresh = rig();
	fresh.deliver(0);
	fresh.rack.stop();
	fresh.bare.run(1);
	expect(fresh.ended).toEqual(["failed stopped"]);
});

test("faults name the slot that jams and the sensor that is dark", () => {
	const { bare, beam, spirals, rack, ended, deliver } = rig();
	spirals[1]!.setJammed(true);
	deliver(1);
	bare.run(rack.longestMs / 1_000);
	expect(ended).toEqual(["failed jammed"]);
	beam.setDirty(true);
	expect(rack.faults).toContain("slot-1");
	expect(rack.faults).toContain("drop-sensor");
});

test("where the light of the drop sensor can be switched, a sensor that is dead is found before a motor turns", () => {
	const { bare, beam, spirals, rack, ended, deliver } = rig({ emitter: 48 });
	let lit = 0;
	bare.board.net(48).watch((level) => {
		lit += level;
	});
	deliver(0);
	bare.run(rack.longestMs / 1_000);
	expect([ended, lit, bare.board.net(48).level]).toEqual([["delivered"], 1, 0]);
	beam.setAlive(false);
	deliver(0);
	bare.run(rack.longestMs / 1_000);
	expect(ended).toEqual(["delivered", "failed drop-sensor"]);
	expect(Math.round(spirals[0]!.turns)).toBe(1);
	expect(rack.faults).toContain("drop-sensor");
});
