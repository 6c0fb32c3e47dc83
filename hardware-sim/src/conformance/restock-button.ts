import type { Board } from "../board/board.ts";
import { RestockButtonChip } from "../chips/restock-button.ts";

export function solder(board: Board): void {
	new RestockButtonChip({ clock: board.clock, contact: board.net(38) });
}
