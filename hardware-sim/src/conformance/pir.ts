import type { Board } from "../board/board.ts";
import { PIRChip } from "../chips/pir.ts";

export function solder(board: Board): void {
	new PIRChip({ clock: board.clock, output: board.net(2) });
}
