import type { Board } from "../board/board.ts";
import { VL53L1XChip } from "../chips/vl53l1x.ts";

export function solder(board: Board): void {
	new VL53L1XChip({ clock: board.clock, bus: board, pins: { data: 10, clock: 11 }, shutdown: board.net(2) });
}
