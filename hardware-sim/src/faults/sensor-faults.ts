import type { Stage } from "../scenario/stage.ts";
import type { Shelf } from "../world/shelf.ts";
import { type Fault, FaultNotHere, fault, type Heal } from "./fault.ts";

const unsound = { soundSensors: false } as const;
/** More than any converter of this class can tell. */
const farTooMuchMilligrams = 200_000_000;

function shelfOf({ machine }: Stage, number: number): Shelf {
	const shelf = machine.fridge.shelves[number];
	if (shelf === undefined) throw new FaultNotHere(`There is no shelf ${number}.`);
	return shelf;
}

function press(stage: Stage, number: number, milligrams: number): Heal {
	const shelf = shelfOf(stage, number);
	shelf.push(milligrams);
	return () => shelf.push(-milligrams);
}

/** The converter is at its highest value, as with a broken wire of the bridge. */
export function saturate(shelf: number): Fault {
	return fault(
		"sensor",
		`shelf-${shelf}-saturated`,
		`the load cell of shelf ${shelf} is at its highest value`,
		(stage) => press(stage, shelf, farTooMuchMilligrams),
		unsound,
	);
}

/** The zero of a cell wanders, `milligrams` in all, in steps of a tenth of a second. */
export function drift(shelf: number, milligrams: number, overMs = 4_000): Fault {
	return fault(
		"sensor",
		`shelf-${shelf}-drift`,
		`the zero of shelf ${shelf} wanders by ${milligrams / 1000} g`,
		(stage): Heal => {
			const place = shelfOf(stage, shelf);
			const { clock } = stage.machine.board;
			const steps = Math.max(1, Math.round(overMs / 100));
			const each = Math.round(milligrams / steps);
			let done = 0;
			let cancel: () => void = () => undefined;
			const next = () => {
				place.push(each);
				done++;
				if (done < steps) cancel = clock.after(1e8, next);
			};
			next();
			return () => {
				cancel();
				place.push(-each * done);
			};
		},
		unsound,
	);
}

/** The cell's cable has come off: its converter sees noise. */
export function detach(shelf: number): Fault {
	return fault(
		"sensor",
		`shelf-${shelf}-detached`,
		`the load cell of shelf ${shelf} has come off its converter`,
		(stage, random): Heal => {
			const place = shelfOf(stage, shelf);
			const { clock } = stage.machine.board;
			let pushed = 0;
			let cancel: () => void = () => undefined;
			const next = () => {
				const noise = Math.round(random.gaussian() * 20_000_000);
				place.push(noise - pushed);
				pushed = noise;
				cancel = clock.after(5e7, next);
			};
			next();
			return () => {
				cancel();
				place.push(-pushed);
			};
		},
		unsound,
	);
}

/** The door sensor's cable is cut: the door reads as open. */
export function hallDetached(): Fault {
	return fault(
		"sensor",
		"hall-detached",
		"the cable of the door sensor is cut",
		({ machine }): Heal => {
			machine.hall.setConnected(false);
			return () => machine.hall.setConnected(true);
		},
		unsound,
	);
}

/** A hand rests on a shelf. Nothing is broken: the scales tell the truth, which is not the goods' mass. */
export function handResting(shelf: number, milligrams = 1_500_000): Fault {
	return fault(
		"sensor",
		`hand-on-shelf-${shelf}`,
		`a hand rests on shelf ${shelf}`,
		(stage) => press(stage, shelf, milligrams),
		unsound,
	);
}
