import five from "johnny-five";
import { Board } from "../board/board.ts";
import { SimulationClock } from "../clock.ts";
import { SimIO } from "./sim-io.ts";
import { WallTime } from "./wall-time.ts";

/** A fridge door for johnny-five: the light follows the switch at the door. Calls `tell` with every change. */
export function run(tell: (line: string) => void): { readonly board: Board; readonly io: SimIO } {
	const board = new Board({ clock: new SimulationClock() });
	const io = new SimIO({ board, time: new WallTime() });
	const program = new five.Board({ io, repl: false, debug: false });
	program.on("ready", () => {
		const light = new five.Led({ pin: 4, board: program });
		const door = new five.Switch({ pin: 7, board: program });
		door.on("open", () => {
			light.on();
			tell("The door is open, the light is on.");
		});
		door.on("close", () => {
			light.off();
			tell("The door is closed, the light is off.");
		});
	});
	return { board, io };
}
