import type { Board } from "../board/board.ts";
import { VL53L0XChip } from "../chips/vl53l0x.ts";

export function solder(board: Board): void {
	new VL53L0XChip({ clock: board.clock, bus: board, pins: { data: 10, clock: 11 }, shutdown: board.net(2) });
}
