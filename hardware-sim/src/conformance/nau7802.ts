import type { Board } from "../board/board.ts";
import { NAU7802Chip } from "../chips/nau7802.ts";
import { SeededRandom } from "../random.ts";

export function solder(board: Board): void {
	const chip = new NAU7802Chip({ clock: board.clock, random: new SeededRandom(1) });
	board.attachI2C({ data: 10, clock: 11 }, 0x2a, chip);
}
