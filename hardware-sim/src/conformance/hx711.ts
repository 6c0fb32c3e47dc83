import type { Board } from "../board/board.ts";
import { HX711Chip } from "../chips/hx711.ts";
import { SeededRandom } from "../random.ts";

export function solder(board: Board): void {
	const pins = { clock: board.net(14), data: board.net(15) };
	new HX711Chip({ clock: board.clock, pins, random: new SeededRandom(1) });
}
