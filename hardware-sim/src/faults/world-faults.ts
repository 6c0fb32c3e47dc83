import { type Fault, fault, nothing, wireOf } from "./fault.ts";

/** Something keeps the door from falling shut. */
export function doorAjar(): Fault {
	return fault("world", "door-ajar", "something keeps the door from falling shut", ({ machine }) => {
		const { door } = machine.fridge;
		if (door.latched || door.angleDegrees === 0) return nothing;
		door.leaveAt(8);
		return () => {
			door.release();
		};
	});
}

/** Somebody has moved a product from its shelf to another. Weights cannot know which. */
export function wrongShelf(): Fault {
	return fault(
		"world",
		"wrong-shelf",
		"a product lies on the shelf of others",
		({ machine }, random) => {
			const { fridge } = machine;
			const here = fridge.units.filter((unit) => fridge.placeOf(unit) !== undefined);
			const unit = here[Math.floor(random.next() * here.length)];
			const from = unit && fridge.placeOf(unit);
			const others = fridge.shelves.filter((shelf) => shelf !== from);
			const to = others[Math.floor(random.next() * others.length)];
			// A hand needs an open door.
			if (unit === undefined || from === undefined || to === undefined || fridge.door.angleDegrees < 20) return nothing;
			from.lift(unit);
			to.put(unit);
			return nothing;
		},
		{ usualMs: 0 },
	);
}

/** A magnet is taped over the door sensor: the door reads as shut. */
export function doorSensorCovered(): Fault {
	return fault(
		"world",
		"door-sensor-covered",
		"a magnet is taped over the door sensor",
		(stage) => wireOf(stage, "hall_sensor").distort(() => 0),
		{ soundSensors: false },
	);
}
