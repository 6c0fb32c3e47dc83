import type { Board } from "../board/board.ts";
import { HallSensorChip } from "../chips/hall-sensor.ts";

export function solder(board: Board): void {
	new HallSensorChip({ clock: board.clock, output: board.net(13) });
}
