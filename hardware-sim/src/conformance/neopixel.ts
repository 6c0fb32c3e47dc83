import type { Board } from "../board/board.ts";
import { NeoPixelChip } from "../chips/neopixel.ts";

export function solder(board: Board): void {
	new NeoPixelChip({ clock: board.clock, data: board.net(21), length: 1 });
}
