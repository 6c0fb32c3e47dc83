import type { Board } from "../board/board.ts";
import { BuzzerChip } from "../chips/buzzer.ts";

export function solder(board: Board): void {
	new BuzzerChip({ clock: board.clock, input: board.net(47) });
}
